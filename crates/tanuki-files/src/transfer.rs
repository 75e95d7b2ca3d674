//! Copying all files of one storage into another.

use std::io;

use futures_util::stream::{self, BoxStream, Stream, StreamExt as _, TryStreamExt as _};
use md5::{Digest as _, Md5};
use sha2::Sha256;

use crate::key::path_of;
use crate::listing::ListedMd5;
use crate::s3::parts_of;
use crate::{Bucket, Files, ListedFile, StoredFile};

/// How many files are copied at once.
const AT_ONCE: usize = 8;

/// What a copy did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopyReport {
    /// Files that were copied, and read again from where they are now.
    pub copied: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Files that were there already.
    pub skipped: u64,
}

/// A step of a copy.
#[derive(Debug, Clone)]
pub enum CopyStep {
    /// A file was copied, of so many bytes.
    Copied(u64),
    /// It was there already, or was deleted meanwhile.
    Skipped,
    /// It has no name that Zou or Tanuki could have given, and is left out.
    LeftOut(Bucket, String),
}

/// A file to copy, and the one of its name where it is copied to.
struct Pair {
    from: ListedFile,
    to: Option<ListedFile>,
}

/// Copies all files. Those that are there already are skipped: of the same size,
/// and with the same MD5 where one side has it without being asked for the
/// file. Every file is read again after it was copied.
///
/// # Errors
///
/// If a file cannot be read or written, or is another after it was copied. What
/// was copied stays, so that the copy can be repeated.
pub async fn copy_all(
    from: &Files,
    to: &Files,
    mut on_step: impl FnMut(&CopyStep),
) -> io::Result<CopyReport> {
    let mut report = CopyReport::default();
    for bucket in Bucket::ALL {
        let pairs = pairs(from.list(bucket), to.list(bucket));
        let mut steps = pairs
            .map_ok(|pair| copy_one(from, to, bucket, pair))
            .try_buffer_unordered(AT_ONCE)
            .boxed();
        while let Some(step) = steps.try_next().await? {
            match &step {
                CopyStep::Copied(bytes) => {
                    report.copied += 1;
                    report.bytes += bytes;
                }
                CopyStep::Skipped => report.skipped += 1,
                CopyStep::LeftOut(..) => {}
            }
            on_step(&step);
        }
    }
    Ok(report)
}

type Listed = BoxStream<'static, io::Result<ListedFile>>;

/// Joins two lists, both in the order of names.
fn pairs(from: Listed, to: Listed) -> impl Stream<Item = io::Result<Pair>> {
    // Other names are in no order.
    let to = to.try_filter(|file| std::future::ready(path_of(&file.name).is_some()));
    let state = (from, to.boxed(), None::<ListedFile>);
    stream::try_unfold(state, async |(mut from, mut to, mut next)| {
        let Some(file) = from.try_next().await? else {
            return Ok(None);
        };
        if path_of(&file.name).is_none() {
            return Ok(Some((
                Pair {
                    from: file,
                    to: None,
                },
                (from, to, next),
            )));
        }
        while next.as_ref().is_none_or(|next| next.name < file.name) {
            next = to.try_next().await?;
            if next.is_none() {
                break;
            }
        }
        let to_file = next.take_if(|next| next.name == file.name);
        let pair = Pair {
            from: file,
            to: to_file,
        };
        Ok(Some((pair, (from, to, next))))
    })
}

async fn copy_one(from: &Files, to: &Files, bucket: Bucket, pair: Pair) -> io::Result<CopyStep> {
    let name = pair.from.name.clone();
    if path_of(&name).is_none() {
        return Ok(CopyStep::LeftOut(bucket, name));
    }
    let copied = copy_named(from, to, bucket, pair).await;
    copied.map_err(|error| {
        let reason = format!("{}/{name}: {error}", bucket.name());
        io::Error::new(error.kind(), reason)
    })
}

async fn copy_named(from: &Files, to: &Files, bucket: Bucket, pair: Pair) -> io::Result<CopyStep> {
    let name = &pair.from.name;
    let Some(file) = from.open_as(bucket, name).await? else {
        return Ok(CopyStep::Skipped);
    };
    let size = file.size;
    if let Some(there) = pair.to
        && there.size == to.stored_size(size)
        && have_same_md5((from, &pair.from), (to, &there), bucket).await?
    {
        return Ok(CopyStep::Skipped);
    }
    let mut digest = Sha256::default();
    let mut copy = to.receive().await?;
    let mut pieces = file.read_whole().await?;
    while let Some(piece) = pieces.try_next().await? {
        sha2::Digest::update(&mut digest, &piece);
        copy.write(&piece).await?;
    }
    to.keep_as(copy.finish().await?, bucket, name).await?;
    let copied = to.open_as(bucket, name).await?;
    let copied = copied.ok_or(io::ErrorKind::NotFound)?;
    if copied.size != size || sha256(copied).await? != sha2::Digest::finalize(digest).as_slice() {
        let reason = "it is not the same after it was copied";
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(CopyStep::Copied(size))
}

async fn sha256(file: StoredFile) -> io::Result<Vec<u8>> {
    let mut digest = Sha256::default();
    let mut pieces = file.read_whole().await?;
    while let Some(piece) = pieces.try_next().await? {
        sha2::Digest::update(&mut digest, &piece);
    }
    Ok(sha2::Digest::finalize(digest).to_vec())
}

/// Compares the MD5 of two files of the same size, if at least one store knows
/// it and the other's file is on this machine; otherwise they count as the same.
async fn have_same_md5(
    (from, from_file): (&Files, &ListedFile),
    (to, to_file): (&Files, &ListedFile),
    bucket: Bucket,
) -> io::Result<bool> {
    match (&from_file.md5, &to_file.md5) {
        (Some(one), Some(other)) => Ok(one == other || one.parts != other.parts),
        (Some(md5), None) if to.is_folder() => has_md5(to, (bucket, to_file), md5).await,
        (None, Some(md5)) if from.is_folder() => has_md5(from, (bucket, from_file), md5).await,
        _ => Ok(true),
    }
}

/// Whether the MD5 of a file is this. One that was sent in parts of another size
/// than ours cannot be compared, and counts as the same.
async fn has_md5(
    files: &Files,
    (bucket, file): (Bucket, &ListedFile),
    expected: &ListedMd5,
) -> io::Result<bool> {
    let (count, part) = parts_of(file.size);
    if expected.parts.is_some_and(|parts| parts != count) {
        return Ok(true);
    }
    let Some(open) = files.open_as(bucket, &file.name).await? else {
        return Ok(false);
    };
    let size = open.size;
    let mut pieces = open.read_whole().await?;
    let (mut whole, mut of_part, mut left) = (Md5::new(), Md5::new(), part);
    while let Some(mut piece) = pieces.try_next().await? {
        if expected.parts.is_none() {
            whole.update(&piece);
            continue;
        }
        while !piece.is_empty() {
            let length = usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()));
            of_part.update(piece.split_to(length));
            left -= length as u64;
            if left == 0 {
                whole.update(of_part.finalize_reset());
                left = part;
            }
        }
    }
    if expected.parts.is_some() && (left < part || size == 0) {
        whole.update(of_part.finalize_reset());
    }
    let digest = whole.finalize();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(digits == expected.digits)
}
