//! Compares the rows that say which files are stored with the stored files.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use tanuki_files::{Bucket, FileKind, Key, ListedFile};
use tanuki_store::query::files::expected;
use uuid::Uuid;

use super::failed;
use crate::{Files, Result};

/// Rows that are read at once.
const PAGE_SIZE: u64 = 1000;

/// Files whose rows are looked for at once.
const BATCH_SIZE: usize = 500;

/// How many missing files are looked for once more, in case they were stored
/// while the check ran.
const MAX_SECOND_LOOKS: u64 = 1000;

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileProblem {
    /// A row says that it is stored, but it is not.
    Missing,
    /// Its size is not that of the row.
    WrongSize,
    /// There is no row that it belongs to.
    Orphaned,
    /// Its name is none that Tanuki gives.
    Unknown,
}

/// A step of a check.
#[derive(Debug)]
pub enum CheckStep<'a> {
    /// So many stored files have been looked at so far.
    Looked(u64),
    /// A file of a bucket, by its name.
    Found(FileProblem, Bucket, &'a str),
}

/// The result of a check.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Stored files.
    pub files: u64,
    /// Their size in bytes, as they are stored.
    pub bytes: u64,
    /// Files of deleted rows that are kept, because `REMOVE_FILES` is not set.
    pub deleted: u64,
    /// How many files have each problem.
    pub problems: BTreeMap<FileProblem, u64>,
}

/// A running check of one bucket.
struct Check<'a, F> {
    files: Files<'a>,
    bucket: Bucket,
    expected: Expected<'a>,
    /// Stored files that no row of `expected` says are stored.
    unexpected: Vec<Key>,
    report: &'a mut CheckReport,
    on_step: &'a mut F,
}

impl Files<'_> {
    /// Compares rows and stored files, of which a few thousand are in memory at
    /// once. `on_step` gets each file with a problem. For the command line: not
    /// for requests.
    ///
    /// # Errors
    ///
    /// If the database or the storage cannot be read.
    pub async fn check(self, mut on_step: impl FnMut(CheckStep<'_>)) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        for bucket in Bucket::ALL {
            let check = Check {
                files: self,
                bucket,
                expected: Expected::of(self, bucket),
                unexpected: Vec::new(),
                report: &mut report,
                on_step: &mut on_step,
            };
            check.run(self.core.storage().list(bucket)).await?;
        }
        Ok(report)
    }
}

impl<F: FnMut(CheckStep<'_>)> Check<'_, F> {
    /// Joins both lists, which are in the order of the files' names.
    async fn run(mut self, mut listed: BoxStream<'static, io::Result<ListedFile>>) -> Result<()> {
        let mut awaited = self.expected.next().await?;
        while let Some(file) = listed.try_next().await.map_err(failed)? {
            self.report.files += 1;
            self.report.bytes += file.size;
            (self.on_step)(CheckStep::Looked(self.report.files));
            let Some(key) = Key::parse(self.bucket, &file.name) else {
                self.found(FileProblem::Unknown, &file.name);
                continue;
            };
            while let Some((name, _)) = awaited.take_if(|(name, _)| *name < file.name) {
                self.missing(&name).await?;
                awaited = self.expected.next().await?;
            }
            match awaited.take_if(|(name, _)| *name == file.name) {
                Some((name, size)) => {
                    let storage = self.files.core.storage();
                    if size.is_some_and(|size| storage.stored_size(size) != file.size) {
                        self.found(FileProblem::WrongSize, &name);
                    }
                    awaited = self.expected.next().await?;
                }
                None => self.unexpected.push(key),
            }
            if self.unexpected.len() >= BATCH_SIZE {
                self.look_for_rows().await?;
            }
        }
        while let Some((name, _)) = awaited {
            self.missing(&name).await?;
            awaited = self.expected.next().await?;
        }
        self.look_for_rows().await
    }

    fn found(&mut self, problem: FileProblem, name: &str) {
        *self.report.problems.entry(problem).or_default() += 1;
        (self.on_step)(CheckStep::Found(problem, self.bucket, name));
    }

    /// Reports a missing file, unless it was stored, or its row deleted, while
    /// the check ran.
    async fn missing(&mut self, name: &str) -> Result<()> {
        let counted = self.report.problems.get(&FileProblem::Missing);
        let is_rare = counted.is_none_or(|counted| *counted < MAX_SECOND_LOOKS);
        if let (true, Some(key)) = (is_rare, Key::parse(self.bucket, name)) {
            let core = self.files.core;
            let stored = core.storage().open(key).await.map_err(failed)?;
            let place = (self.bucket.name(), key.prefix());
            let rows = expected::owners(core.database(), place, &[key.id]).await?;
            if stored.is_some() || rows.is_empty() {
                return Ok(());
            }
        }
        self.found(FileProblem::Missing, name);
        Ok(())
    }

    /// Reports those of the unexpected files that belong to no row.
    async fn look_for_rows(&mut self) -> Result<()> {
        let keys = std::mem::take(&mut self.unexpected);
        let database = self.files.core.database();
        let mut orphans = Vec::new();
        for kind in FileKind::ALL {
            let ids: Vec<Uuid> = keys
                .iter()
                .filter(|key| key.kind == kind)
                .map(|key| key.id)
                .collect();
            if ids.is_empty() {
                continue;
            }
            let place = (self.bucket.name(), kind.prefix());
            let rows = expected::owners(database, place, &ids).await?;
            let are_gone = ids.into_iter().filter(|id| !rows.contains(id));
            orphans.extend(are_gone.map(|id| Key::new(kind, id).name()));
        }
        if orphans.is_empty() {
            return Ok(());
        }
        let deleted = expected::deleted(database, self.bucket.name(), &orphans).await?;
        for name in orphans {
            if deleted.contains(&name) {
                self.report.deleted += 1;
            } else {
                self.found(FileProblem::Orphaned, &name);
            }
        }
        Ok(())
    }
}

/// The files of a bucket that rows say are stored, in the order of their names.
struct Expected<'a> {
    files: Files<'a>,
    /// Kinds that are left, the next one last.
    kinds: Vec<FileKind>,
    /// Files whose rows have been read.
    page: VecDeque<(String, Option<u64>)>,
    /// The id behind which the next page begins.
    after: Option<Uuid>,
}

impl<'a> Expected<'a> {
    fn of(files: Files<'a>, bucket: Bucket) -> Self {
        let kinds = FileKind::ALL.into_iter();
        let mut kinds: Vec<FileKind> = kinds.filter(|kind| kind.bucket() == bucket).collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(format!("{}-", kind.prefix())));
        Self {
            files,
            kinds,
            page: VecDeque::new(),
            after: None,
        }
    }

    /// Returns the name of the next file, and its size in bytes if its row has
    /// it.
    async fn next(&mut self) -> Result<Option<(String, Option<u64>)>> {
        while self.page.is_empty() {
            let Some(kind) = self.kinds.last() else {
                return Ok(None);
            };
            let place = (kind.bucket().name(), kind.prefix());
            let database = self.files.core.database();
            let page = expected::page(database, place, self.after, PAGE_SIZE).await?;
            let files = page.files.into_iter().map(|file| {
                let size = file.size.and_then(|size| u64::try_from(size).ok());
                (Key::new(*kind, file.id).name(), size)
            });
            self.page.extend(files);
            self.after = page.next;
            if self.after.is_none() {
                self.kinds.pop();
            }
        }
        Ok(self.page.pop_front())
    }
}
