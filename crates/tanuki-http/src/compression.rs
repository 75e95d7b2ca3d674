//! Content codings: which a client accepts, and an encoder that can be flushed
//! after each chunk.

use std::io::{self, Write as _};

use axum::http::HeaderValue;
use bytes::Bytes;
use flate2::write::GzEncoder;

/// A content coding (`Content-Encoding`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    Zstd,
    Brotli,
    Gzip,
}

impl Coding {
    /// All codings; a client that likes several equally gets the first.
    pub const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// Returns the name of the coding in headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Returns the coding that an `Accept-Encoding` header prefers (RFC 9110,
    /// section 12.5.3); `None` if the response should be sent as it is.
    pub fn preferred(accept_encoding: &HeaderValue) -> Option<Self> {
        let listed = accept_encoding.to_str().ok()?;
        let mut best = None;
        for coding in Self::ALL {
            let quality = quality(listed, coding.name());
            if quality > best.map_or(0, |(quality, _)| quality) {
                best = Some((quality, coding));
            }
        }
        let (quality, coding) = best?;
        let as_it_is = explicit_quality(listed, "identity").unwrap_or(0);
        (quality >= as_it_is).then_some(coding)
    }
}

/// Returns the q-value of a coding in thousandths: its own, or that of `*`.
fn quality(listed: &str, name: &str) -> u16 {
    let own = explicit_quality(listed, name);
    own.or_else(|| explicit_quality(listed, "*")).unwrap_or(0)
}

fn explicit_quality(listed: &str, name: &str) -> Option<u16> {
    listed.split(',').find_map(|item| {
        let (coding, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
        let coding = coding.trim();
        let is_gzip = name == "gzip" && coding.eq_ignore_ascii_case("x-gzip");
        (coding.eq_ignore_ascii_case(name) || is_gzip).then(|| q_value(parameter))
    })
}

/// Parses `q=0.5` to thousandths. A malformed one is 0: the coding is not used.
fn q_value(parameter: &str) -> u16 {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    let value: f32 = value.trim().parse().unwrap_or(0.0);
    if !name.trim().eq_ignore_ascii_case("q") || !(0.0..=1.0).contains(&value) {
        return 0;
    }
    // From 0 to 1000.
    (value * 1000.0) as u16
}

/// How much time an [`Encoder`] may take.
#[derive(Debug, Clone, Copy)]
pub enum Effort {
    /// For what is compressed for one response: a few milliseconds a megabyte.
    Fast,
    /// For what is compressed once and kept.
    Thorough,
}

/// The base 2 logarithm of the window of [`Effort::Fast`], in bytes: an encoder
/// uses several times as much memory.
const FAST_WINDOW: u32 = 18;

/// The base 2 logarithm of the window of [`Effort::Thorough`] with Brotli.
const THOROUGH_WINDOW: u32 = 22;

/// The size of Brotli's output buffer, in bytes.
const BUFFER: usize = 16 * 1024;

/// Compresses a body chunk by chunk.
pub struct Encoder(Kind);

enum Kind {
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl Encoder {
    /// # Errors
    ///
    /// If the memory for it cannot be allocated.
    pub fn new(coding: Coding, effort: Effort) -> io::Result<Self> {
        let out = Vec::new();
        Ok(Self(match (coding, effort) {
            (Coding::Zstd, Effort::Fast) => {
                let mut encoder = zstd::stream::write::Encoder::new(out, 1)?;
                encoder.window_log(FAST_WINDOW)?;
                Kind::Zstd(encoder)
            }
            (Coding::Zstd, Effort::Thorough) => {
                Kind::Zstd(zstd::stream::write::Encoder::new(out, 12)?)
            }
            (Coding::Brotli, Effort::Fast) => brotli(out, 1, FAST_WINDOW),
            (Coding::Brotli, Effort::Thorough) => brotli(out, 6, THOROUGH_WINDOW),
            (Coding::Gzip, Effort::Fast) => {
                Kind::Gzip(GzEncoder::new(out, flate2::Compression::fast()))
            }
            (Coding::Gzip, Effort::Thorough) => {
                Kind::Gzip(GzEncoder::new(out, flate2::Compression::best()))
            }
        }))
    }

    /// Compresses a chunk and returns all that a client needs to decompress it.
    ///
    /// # Errors
    ///
    /// If the encoder fails.
    pub fn chunk(&mut self, chunk: &[u8]) -> io::Result<Bytes> {
        let out = match &mut self.0 {
            Kind::Zstd(encoder) => {
                encoder.write_all(chunk)?;
                encoder.flush()?;
                encoder.get_mut()
            }
            Kind::Brotli(encoder) => {
                encoder.write_all(chunk)?;
                encoder.flush()?;
                encoder.get_mut()
            }
            Kind::Gzip(encoder) => {
                encoder.write_all(chunk)?;
                encoder.flush()?;
                encoder.get_mut()
            }
        };
        Ok(std::mem::take(out).into())
    }

    /// Returns the end of the compressed body.
    ///
    /// # Errors
    ///
    /// If the encoder fails.
    pub fn finish(self) -> io::Result<Bytes> {
        let out = match self.0 {
            Kind::Zstd(encoder) => encoder.finish()?,
            Kind::Brotli(encoder) => encoder.into_inner(),
            Kind::Gzip(encoder) => encoder.finish()?,
        };
        Ok(out.into())
    }
}

fn brotli(out: Vec<u8>, quality: u32, window: u32) -> Kind {
    let encoder = brotli::CompressorWriter::new(out, BUFFER, quality, window);
    Kind::Brotli(Box::new(encoder))
}

/// Compresses a whole file. Blocks for up to about a second for the megabytes
/// of a web client's script.
///
/// # Errors
///
/// If the encoder fails.
pub fn compress_whole(coding: Coding, content: &[u8]) -> io::Result<Bytes> {
    let mut encoder = Encoder::new(coding, Effort::Thorough)?;
    let begin = encoder.chunk(content)?;
    let end = encoder.finish()?;
    Ok([begin, end].concat().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coding_that_the_client_likes_best_is_chosen() {
        for (header, expected) in [
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("gzip, deflate, br", Some(Coding::Brotli)),
            ("gzip, deflate", Some(Coding::Gzip)),
            ("GZIP;Q=0.5", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("br;q=0.5, gzip;q=0.8, zstd;q=0", Some(Coding::Gzip)),
            ("gzip ; q=0.001", Some(Coding::Gzip)),
            ("*", Some(Coding::Zstd)),
            ("*;q=0.1, zstd;q=0", Some(Coding::Brotli)),
            ("gzip;q=0.5, identity", None),
            ("gzip;q=0", None),
            ("*;q=0", None),
            ("gzip;q=two", None),
            ("gzip;q=2", None),
            ("gzip;level=1", None),
            ("identity", None),
            ("deflate", None),
            ("", None),
        ] {
            let header = HeaderValue::from_static(header);
            assert_eq!(Coding::preferred(&header), expected, "{header:?}");
        }
    }

    fn decompress(coding: Coding, compressed: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        let reader: &mut dyn io::Read = match coding {
            Coding::Zstd => &mut zstd::stream::read::Decoder::new(compressed).unwrap(),
            Coding::Brotli => &mut brotli::Decompressor::new(compressed, BUFFER),
            Coding::Gzip => &mut flate2::read::GzDecoder::new(compressed),
        };
        // The beginning of a body ends before its stream does.
        let mut buffer = [0; 1024];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            plain.extend_from_slice(&buffer[..read]);
        }
        plain
    }

    #[test]
    fn each_chunk_can_be_read_before_the_next_is_there() {
        for coding in Coding::ALL {
            for effort in [Effort::Fast, Effort::Thorough] {
                let mut encoder = Encoder::new(coding, effort).unwrap();
                let mut compressed = encoder.chunk(b"[{\"name\": \"SH010\"},").unwrap().to_vec();
                assert_eq!(decompress(coding, &compressed), b"[{\"name\": \"SH010\"},");
                compressed.extend(encoder.chunk(b"{\"name\": \"SH020\"}").unwrap());
                assert!(decompress(coding, &compressed).ends_with(b"SH020\"}"));
                compressed.extend(encoder.chunk(b"]").unwrap());
                compressed.extend(encoder.finish().unwrap());
                let plain = decompress(coding, &compressed);
                assert_eq!(plain, b"[{\"name\": \"SH010\"},{\"name\": \"SH020\"}]");
            }
            let text = "tanuki".repeat(10_000);
            let compressed = compress_whole(coding, text.as_bytes()).unwrap();
            assert!(compressed.len() < 1000, "{coding:?}");
            assert_eq!(decompress(coding, &compressed), text.as_bytes());
        }
    }
}
