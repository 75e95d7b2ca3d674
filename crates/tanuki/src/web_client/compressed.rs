//! Compressed variants of files, in memory.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use axum::body::Bytes;
use tanuki_http::compression::{Coding, compress_whole};

/// The maximum number of bytes that are kept. All of Kitsu is a few megabytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// When a file was modified, and its length in bytes.
type Version = (SystemTime, u64);

/// A cache of compressed files. Those that were not requested for longest are
/// dropped when it is full.
#[derive(Debug, Default)]
pub struct Compressed(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    variants: HashMap<(PathBuf, Coding), Variant>,
    /// The sum of the lengths, in bytes.
    bytes: usize,
    /// Counts requests.
    requests: u64,
}

#[derive(Debug)]
struct Variant {
    version: Version,
    content: Bytes,
    /// The number of the latest request for it.
    last_request: u64,
}

impl Compressed {
    /// Returns a file's compressed variant, which is made at its first request.
    /// Blocks for up to a second; while a file is compressed, other requests
    /// wait rather than compress it as well.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn get(&self, path: &Path, version: Version, coding: Coding) -> io::Result<Bytes> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.requests += 1;
        let last_request = kept.requests;
        let key = (path.to_owned(), coding);
        if let Some(variant) = kept.variants.get_mut(&key)
            && variant.version == version
        {
            variant.last_request = last_request;
            return Ok(variant.content.clone());
        }
        let content = compress_whole(coding, &std::fs::read(path)?)?;
        let variant = Variant {
            version,
            content: content.clone(),
            last_request,
        };
        kept.keep(key, variant);
        Ok(content)
    }
}

impl Kept {
    fn keep(&mut self, key: (PathBuf, Coding), variant: Variant) {
        self.bytes += variant.content.len();
        if let Some(old) = self.variants.insert(key, variant) {
            self.bytes -= old.content.len();
        }
        while self.bytes > MAX_BYTES {
            let oldest = self.variants.iter();
            let oldest = oldest.min_by_key(|(_, variant)| variant.last_request);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            if let Some(dropped) = self.variants.remove(&key) {
                self.bytes -= dropped.content.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_requested_for_longest_is_dropped() {
        let mut kept = Kept::default();
        for number in 0..5 {
            let variant = Variant {
                version: (SystemTime::UNIX_EPOCH, 0),
                content: vec![0; MAX_BYTES / 4].into(),
                last_request: number,
            };
            kept.keep((PathBuf::from(number.to_string()), Coding::Gzip), variant);
        }
        assert_eq!(kept.bytes, MAX_BYTES);
        let mut names: Vec<_> = kept.variants.keys().map(|(path, _)| path.clone()).collect();
        names.sort();
        assert_eq!(names, ["1", "2", "3", "4"].map(PathBuf::from));
    }
}
