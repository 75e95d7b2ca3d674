//! Objects that are encrypted.
//!
//! No byte of an object is given out before its HMAC has been checked. A short
//! object is read once and checked in memory. A long one is read in two passes:
//! the first checks the whole of it, the second decrypts what is wanted, and the
//! ETag must be the same. Which objects were checked is remembered, so that a
//! player that seeks in a film does not read all of it each time.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::{Object, PART};
use crate::encryption::{
    BLOCK, Decryptor, EncryptionKey, Encryptor, HEADER, NotAuthentic, TAG, Verifier,
    encrypted_size, padding,
};

/// How many checked objects are remembered.
const REMEMBERED: usize = 1024;

/// Encryption of the objects of a store.
#[derive(Debug)]
pub(super) struct Encrypted {
    key: EncryptionKey,
    checked: Arc<Mutex<VecDeque<Checked>>>,
}

/// An object as it was checked: its name and ETag.
type Checked = (String, String);

impl Encrypted {
    /// Encrypts with that key; no object is checked yet.
    pub fn new(key: EncryptionKey) -> Self {
        Self {
            key,
            checked: Arc::default(),
        }
    }

    /// Begins to encrypt a file that was written at a time.
    pub fn encrypt(&self, written: SystemTime) -> io::Result<Encrypting> {
        let mut iv = [0; BLOCK];
        getrandom::fill(&mut iv).map_err(|error| io::Error::other(error.to_string()))?;
        let mut begun = Vec::with_capacity(HEADER);
        let encryptor = Encryptor::begin(&self.key, (iv, written), &mut begun);
        Ok(Encrypting {
            encryptor: Some(encryptor),
            ready: begun,
        })
    }

    /// Opens an object. Its size is that of the content, which the padding
    /// decides.
    pub async fn open(&self, object: Object) -> io::Result<EncryptedObject> {
        let size = object.size();
        if size < encrypted_size(0) || !(size - (HEADER + TAG) as u64).is_multiple_of(BLOCK as u64)
        {
            return Err(not_authentic(NotAuthentic));
        }
        let end = size - TAG as u64;
        let last = object.bytes(end - 2 * BLOCK as u64..end).await?;
        let (previous, last) = last.split_at_checked(BLOCK).unwrap_or_default();
        let mut last = last.to_vec();
        let previous = previous.try_into().map_err(io::Error::other)?;
        Decryptor::behind(&self.key, previous).decrypt(&mut last);
        let padding = padding(&last).map_err(not_authentic)?;
        let content = end - HEADER as u64 - padding as u64;
        Ok(EncryptedObject {
            object,
            key: self.key.clone(),
            checked: Arc::clone(&self.checked),
            content,
        })
    }
}

/// A file that is being encrypted.
pub(super) struct Encrypting {
    /// `None` once the file has ended.
    encryptor: Option<Encryptor>,
    ready: Vec<u8>,
}

impl Encrypting {
    /// Returns the next part, of exactly this size but for the last; empty at
    /// the end.
    pub async fn next_part(&mut self, file: &mut File, size: u64) -> io::Result<Vec<u8>> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut piece = vec![0; 64 * 1024];
        while self.ready.len() < size
            && let Some(encryptor) = &mut self.encryptor
        {
            match file.read(&mut piece).await? {
                0 => {
                    if let Some(encryptor) = self.encryptor.take() {
                        encryptor.finish(&mut self.ready);
                    }
                }
                read => encryptor.update(&piece[..read], &mut self.ready),
            }
        }
        let rest = self.ready.split_off(self.ready.len().min(size));
        Ok(std::mem::replace(&mut self.ready, rest))
    }
}

/// An encrypted object that exists.
#[derive(Debug, Clone)]
pub(crate) struct EncryptedObject {
    object: Object,
    key: EncryptionKey,
    checked: Arc<Mutex<VecDeque<Checked>>>,
    /// Size of the content, in bytes.
    content: u64,
}

impl EncryptedObject {
    /// Returns the size of the content, in bytes.
    pub fn size(&self) -> u64 {
        self.content
    }

    /// Returns the time of the last modification.
    pub fn written(&self) -> SystemTime {
        self.object.written()
    }

    /// Streams a range of the content.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](io::ErrorKind::InvalidData) if the object is not what
    /// was stored.
    pub async fn read(
        self,
        range: Range<u64>,
    ) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        if range.is_empty() {
            return Ok(stream::empty().boxed());
        }
        if range.end > self.content {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let block = BLOCK as u64;
        // From the block before the first, which is the initialization vector
        // at the beginning of the content.
        let before = HEADER as u64 - block + range.start / block * block;
        let end = HEADER as u64 + range.end.div_ceil(block) * block;
        let blocks = if self.object.size() <= PART {
            let whole = self.object.bytes(0..self.object.size()).await?;
            let mut verifier = Verifier::new(&self.key);
            verifier.update(&whole);
            verifier.finish().map_err(not_authentic)?;
            let blocks = Bytes::from(whole).slice(before as usize..end as usize);
            stream::iter([Ok(blocks)]).boxed()
        } else {
            self.check().await?;
            self.object.read(before..end)
        };
        let decrypting = Decrypting {
            key: self.key,
            blocks,
            decryptor: None,
            waiting: BytesMut::new(),
            skip: (range.start % block) as usize,
            left: range.end - range.start,
        };
        Ok(stream::try_unfold(decrypting, Decrypting::next).boxed())
    }

    /// Reads the whole object and checks it, unless this one was checked
    /// before.
    async fn check(&self) -> io::Result<()> {
        let about = &self.object.about;
        let tag = about.e_tag.clone().unwrap_or_default();
        let this = (format!("{}/{}", self.object.store, about.location), tag);
        let remembered = || self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered().contains(&this) {
            return Ok(());
        }
        let mut verifier = Verifier::new(&self.key);
        let mut pieces = self.object.read(0..self.object.size());
        while let Some(piece) = pieces.try_next().await? {
            verifier.update(&piece);
        }
        verifier.finish().map_err(not_authentic)?;
        // Without an ETag the second pass could read another object.
        if !this.1.is_empty() {
            let mut remembered = remembered();
            remembered.push_back(this);
            let too_many = remembered.len().saturating_sub(REMEMBERED);
            remembered.drain(..too_many);
        }
        Ok(())
    }
}

/// Decrypts a range of blocks.
struct Decrypting {
    key: EncryptionKey,
    /// Begins with the block before the first.
    blocks: BoxStream<'static, io::Result<Bytes>>,
    /// `None` until that block is there.
    decryptor: Option<Decryptor>,
    /// What is encrypted yet.
    waiting: BytesMut,
    /// Bytes of the content that are left out.
    skip: usize,
    /// Bytes of the content that are wanted behind these.
    left: u64,
}

impl Decrypting {
    /// Returns the next piece; `None` at the end of the range.
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        while self.left > 0 {
            let whole = self.waiting.len() - self.waiting.len() % BLOCK;
            if whole == 0 {
                match self.blocks.try_next().await? {
                    Some(piece) => self.waiting.extend_from_slice(&piece),
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
                continue;
            }
            let Some(decryptor) = &mut self.decryptor else {
                let mut previous = [0; BLOCK];
                previous.copy_from_slice(&self.waiting.split_to(BLOCK));
                self.decryptor = Some(Decryptor::behind(&self.key, previous));
                continue;
            };
            let mut piece = self.waiting.split_to(whole);
            decryptor.decrypt(&mut piece);
            let _skipped = piece.split_to(self.skip.min(whole));
            self.skip = 0;
            piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= piece.len() as u64;
            if !piece.is_empty() {
                return Ok(Some((piece.freeze(), self)));
            }
        }
        Ok(None)
    }
}

fn not_authentic(error: NotAuthentic) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
