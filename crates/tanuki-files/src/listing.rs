//! Lists of stored files.

use std::io;
use std::path::{Path, PathBuf};

use crate::key::path_of;
use crate::present;

/// A file of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFile {
    /// Name within the bucket, of a [`Key`](crate::Key) or not. That of a file
    /// which no name leads to is its path, with slashes.
    pub name: String,
    /// Size as it is stored, in bytes: of an encrypted file, more than that of
    /// its content.
    pub size: u64,
    /// Where the store lists it.
    pub md5: Option<ListedMd5>,
}

/// The MD5 of an object, as its ETag has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMd5 {
    /// Hexadecimal digits, in lower case. Of an object that was sent in parts, the
    /// MD5 of the MD5s of its parts.
    pub digits: String,
    /// How many parts these are.
    pub parts: Option<u64>,
}

impl ListedMd5 {
    /// Reads an ETag; `None` if it is no MD5.
    pub(crate) fn parse(tag: &str) -> Option<Self> {
        let tag = tag.trim_matches('"');
        let (digits, parts) = match tag.split_once('-') {
            Some((digits, parts)) => (digits, Some(parts.parse().ok()?)),
            None => (tag, None),
        };
        let is_md5 = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_md5.then(|| Self {
            digits: digits.to_ascii_lowercase(),
            parts,
        })
    }
}

/// A folder, or a file, within a bucket's folder.
#[derive(Debug)]
pub(crate) struct Entry {
    path: PathBuf,
    /// The path below the bucket's folder.
    below: String,
}

impl Entry {
    /// Returns the entries of a bucket's folder in the order of their names;
    /// none if it does not exist.
    pub fn of_bucket(root: &Path) -> io::Result<Vec<Self>> {
        Ok(present(sorted(root, ""))?.unwrap_or_default())
    }

    /// Returns the entries of a folder in the order of their names; a file is
    /// its only entry.
    pub fn entries(self) -> io::Result<Vec<Self>> {
        match sorted(&self.path, &format!("{}/", self.below)) {
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(vec![self]),
            // It may have been deleted meanwhile.
            entries => Ok(present(entries)?.unwrap_or_default()),
        }
    }

    /// Returns the files of a folder and of the folders in it, in the order of
    /// their names.
    pub fn files(self) -> io::Result<Vec<ListedFile>> {
        let mut files = Vec::new();
        for entry in self.entries()? {
            for entry in entry.entries()? {
                if let Some(about) = present(entry.path.symlink_metadata())? {
                    files.push(entry.listed(about.len()));
                }
            }
        }
        Ok(files)
    }

    fn listed(self, size: u64) -> ListedFile {
        let (folder, _) = self.below.split_once('/').unwrap_or_default();
        let (_, file) = self.below.rsplit_once('/').unwrap_or_default();
        let name = format!("{folder}-{file}");
        let leads_here = path_of(&name).is_some_and(|path| path == Path::new(&self.below));
        ListedFile {
            name: if leads_here { name } else { self.below },
            size,
            md5: None,
        }
    }
}

fn sorted(folder: &Path, below: &str) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        entries.push(Entry {
            below: format!("{below}{}", entry.file_name().to_string_lossy()),
            path: entry.path(),
        });
    }
    entries.sort_by(|one, other| one.below.cmp(&other.below));
    Ok(entries)
}
