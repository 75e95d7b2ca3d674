//! Encrypted objects, as Zou writes them with `FS_S3_AES256_ENCRYPTED`: Fernet
//! (<https://github.com/fernet/spec>) without its base64. The version `0x80`, the
//! time in seconds (8 bytes, big endian), the initialization vector (16), the
//! content encrypted by AES-128-CBC with PKCS7 padding, and the HMAC-SHA256 of all
//! that (32).

use std::time::{SystemTime, UNIX_EPOCH};

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of a block of AES.
pub(crate) const BLOCK: usize = 16;

/// Bytes before the encrypted content. The last of them are the initialization
/// vector.
pub(crate) const HEADER: usize = 25;

/// Bytes after it.
pub(crate) const TAG: usize = 32;

const VERSION: u8 = 0x80;

/// A key of encrypted objects.
#[derive(Clone)]
pub struct EncryptionKey {
    signing: [u8; BLOCK],
    cipher: Aes128,
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("EncryptionKey")
    }
}

/// An object is not what was stored: it was changed, cut off, or encrypted with
/// another key.
#[derive(Debug, thiserror::Error)]
#[error("it is not encrypted with FS_S3_AES256_KEY, or was changed after it was stored")]
pub(crate) struct NotAuthentic;

impl EncryptionKey {
    /// Reads a key (`FS_S3_AES256_KEY`): 32 bytes in the URL-safe alphabet of
    /// base64. `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let config = GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true);
        let key = GeneralPurpose::new(&URL_SAFE, config).decode(text.trim());
        let key: [u8; 2 * BLOCK] = key.ok()?.try_into().ok()?;
        let (signing, encryption) = key.split_at(BLOCK);
        Some(Self {
            signing: signing.try_into().ok()?,
            cipher: Aes128::new_from_slice(encryption).ok()?,
        })
    }

    fn mac(&self) -> Hmac<Sha256> {
        // Shorter keys are filled up with zeros by definition of HMAC.
        let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
        key[..BLOCK].copy_from_slice(&self.signing);
        <Hmac<Sha256> as Mac>::new(&key)
    }
}

/// Returns the size of an encrypted object with so many bytes of content.
pub(crate) fn encrypted_size(content: u64) -> u64 {
    let blocks = content / BLOCK as u64 + 1;
    blocks * BLOCK as u64 + (HEADER + TAG) as u64
}

/// Encrypts an object piece by piece.
pub(crate) struct Encryptor {
    cipher: Aes128,
    mac: Hmac<Sha256>,
    previous: [u8; BLOCK],
    /// Less than a block.
    rest: Vec<u8>,
}

impl Encryptor {
    /// Begins an object and appends its header to `out`. `iv` must be random.
    pub fn begin(
        key: &EncryptionKey,
        (iv, time): ([u8; BLOCK], SystemTime),
        out: &mut Vec<u8>,
    ) -> Self {
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = out.len();
        out.push(VERSION);
        out.extend_from_slice(&seconds.as_secs().to_be_bytes());
        out.extend_from_slice(&iv);
        let mut mac = key.mac();
        mac.update(&out[start..]);
        Self {
            cipher: key.cipher.clone(),
            mac,
            previous: iv,
            rest: Vec::with_capacity(BLOCK),
        }
    }

    /// Appends what these bytes become, but for the rest of less than a block.
    pub fn update(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        if !self.rest.is_empty() {
            let (more, others) = bytes.split_at(bytes.len().min(BLOCK - self.rest.len()));
            self.rest.extend_from_slice(more);
            bytes = others;
            if self.rest.len() < BLOCK {
                return;
            }
            let rest = std::mem::take(&mut self.rest);
            self.encrypt(&rest, out);
        }
        let whole = bytes.len() - bytes.len() % BLOCK;
        for block in bytes[..whole].chunks_exact(BLOCK) {
            self.encrypt(block, out);
        }
        self.rest.extend_from_slice(&bytes[whole..]);
        self.mac.update(&out[start..]);
    }

    /// Appends the last block and the HMAC.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        let padding = BLOCK - self.rest.len();
        let start = out.len();
        let mut last = std::mem::take(&mut self.rest);
        last.resize(BLOCK, padding as u8);
        self.encrypt(&last, out);
        self.mac.update(&out[start..]);
        out.extend_from_slice(&self.mac.finalize().into_bytes());
    }

    fn encrypt(&mut self, block: &[u8], out: &mut Vec<u8>) {
        for (byte, other) in self.previous.iter_mut().zip(block) {
            *byte ^= other;
        }
        let mut encrypted = Array::from(self.previous);
        self.cipher.encrypt_block(&mut encrypted);
        self.previous.copy_from_slice(&encrypted);
        out.extend_from_slice(&encrypted);
    }
}

/// Checks the version and HMAC of an object piece by piece.
pub(crate) struct Verifier {
    mac: Hmac<Sha256>,
    /// The last bytes, which may be the HMAC.
    tail: Vec<u8>,
    is_first: bool,
    is_known: bool,
}

impl Verifier {
    /// Begins an object of which no byte was read.
    pub fn new(key: &EncryptionKey) -> Self {
        Self {
            mac: key.mac(),
            tail: Vec::with_capacity(TAG),
            is_first: true,
            is_known: true,
        }
    }

    /// Takes the next bytes of the object, which may be of any number.
    pub fn update(&mut self, bytes: &[u8]) {
        if let (true, Some(version)) = (self.is_first, bytes.first()) {
            self.is_known = *version == VERSION;
            self.is_first = false;
        }
        if bytes.len() >= TAG {
            self.mac.update(&self.tail);
            let (content, tail) = bytes.split_at(bytes.len() - TAG);
            self.mac.update(content);
            self.tail.clear();
            self.tail.extend_from_slice(tail);
            return;
        }
        self.tail.extend_from_slice(bytes);
        let known = self.tail.len().saturating_sub(TAG);
        self.mac.update(&self.tail[..known]);
        self.tail.drain(..known);
    }

    /// # Errors
    ///
    /// [`NotAuthentic`] if the object is not what was stored.
    pub fn finish(self) -> Result<(), NotAuthentic> {
        // In constant time.
        let is_right = self.mac.verify_slice(&self.tail).is_ok();
        if is_right && self.is_known {
            Ok(())
        } else {
            Err(NotAuthentic)
        }
    }
}

/// Decrypts consecutive blocks.
pub(crate) struct Decryptor {
    cipher: Aes128,
    previous: [u8; BLOCK],
}

impl Decryptor {
    /// Begins behind a block, which is the initialization vector if the first
    /// block is decrypted.
    pub fn behind(key: &EncryptionKey, previous: [u8; BLOCK]) -> Self {
        Self {
            cipher: key.cipher.clone(),
            previous,
        }
    }

    /// Decrypts whole blocks in place; a rest of less than a block is left
    /// alone.
    pub fn decrypt(&mut self, bytes: &mut [u8]) {
        for block in bytes.chunks_exact_mut(BLOCK) {
            let mut encrypted = [0; BLOCK];
            encrypted.copy_from_slice(block);
            let mut decrypted = Array::from(encrypted);
            self.cipher.decrypt_block(&mut decrypted);
            for (byte, (plain, previous)) in
                block.iter_mut().zip(decrypted.iter().zip(&self.previous))
            {
                *byte = plain ^ previous;
            }
            self.previous = encrypted;
        }
    }
}

/// Returns the number of bytes of padding at the end of the last block.
///
/// # Errors
///
/// [`NotAuthentic`] if the block is not padded.
pub(crate) fn padding(last: &[u8]) -> Result<usize, NotAuthentic> {
    match last.last() {
        Some(&length @ 1..=16)
            if last.len() >= usize::from(length)
                && last[last.len() - usize::from(length)..]
                    .iter()
                    .all(|byte| *byte == length) =>
        {
            Ok(usize::from(length))
        }
        _ => Err(NotAuthentic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

    fn encrypted(content: &[u8], piece: usize) -> Vec<u8> {
        let key = EncryptionKey::parse(KEY).unwrap();
        let mut out = Vec::new();
        let time = UNIX_EPOCH + std::time::Duration::from_secs(499_162_800);
        let iv = std::array::from_fn(|index| index as u8);
        let mut encryptor = Encryptor::begin(&key, (iv, time), &mut out);
        for piece in content.chunks(piece) {
            encryptor.update(piece, &mut out);
        }
        encryptor.finish(&mut out);
        out
    }

    fn is_authentic(object: &[u8], piece: usize) -> bool {
        let mut verifier = Verifier::new(&EncryptionKey::parse(KEY).unwrap());
        object
            .chunks(piece)
            .for_each(|piece| verifier.update(piece));
        verifier.finish().is_ok()
    }

    #[test]
    fn the_example_of_the_specification_is_written() {
        let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
        let expected = base64::engine::general_purpose::URL_SAFE.decode(token);
        assert_eq!(encrypted(b"hello", 2), expected.unwrap());
    }

    #[test]
    fn pieces_of_any_size_make_the_same_object() {
        for size in [0, 1, 15, 16, 17, 31, 32, 33, 1000] {
            let content: Vec<u8> = (0..size).map(|byte| byte as u8).collect();
            let whole = encrypted(&content, size.max(1));
            assert_eq!(whole.len() as u64, encrypted_size(size as u64));
            for piece in [1, 5, 16, 33, 100] {
                assert_eq!(encrypted(&content, piece), whole);
                assert!(is_authentic(&whole, piece));
            }
        }
    }

    #[test]
    fn what_was_changed_or_cut_off_is_not_authentic() {
        let object = encrypted(b"a film of a studio", 7);
        for at in 0..object.len() {
            let mut changed = object.clone();
            changed[at] ^= 1;
            assert!(!is_authentic(&changed, 9), "{at}");
            assert!(!is_authentic(&object[..at], 64), "{at}");
        }
    }

    #[test]
    fn any_block_is_decrypted_by_itself() {
        let content: Vec<u8> = (0..100).collect();
        let key = EncryptionKey::parse(KEY).unwrap();
        let object = encrypted(&content, 100);
        let mut blocks = object[HEADER + 2 * BLOCK..HEADER + 4 * BLOCK].to_vec();
        let previous = object[HEADER + BLOCK..][..BLOCK].try_into().unwrap();
        Decryptor::behind(&key, previous).decrypt(&mut blocks);
        assert_eq!(blocks, content[32..64]);
        let mut last = object[object.len() - TAG - BLOCK..][..BLOCK].to_vec();
        let previous = object[object.len() - TAG - 2 * BLOCK..][..BLOCK]
            .try_into()
            .unwrap();
        Decryptor::behind(&key, previous).decrypt(&mut last);
        assert_eq!(padding(&last).unwrap(), 12);
    }

    #[test]
    fn a_key_is_32_bytes() {
        for text in [
            "",
            "c2hvcnQ=",
            &KEY[1..],
            "cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4=",
        ] {
            assert!(EncryptionKey::parse(text).is_none(), "{text}");
        }
    }
}
