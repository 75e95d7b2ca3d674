//! What a client says about an upload: the header `Upload-Metadata` of the tus
//! protocol.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::{Error, Result};

/// The maximum length of the header, in bytes.
const MAX_LENGTH: usize = 8 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The metadata of an upload: keys, each with a value or alone.
#[derive(Debug, Clone, Default)]
pub struct UploadMetadata {
    text: String,
    pairs: Vec<(String, String)>,
}

impl UploadMetadata {
    /// Parses the header: keys, each with a value in Base64 or alone, separated
    /// by commas.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if it is malformed, too long or has a key twice.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let wrong = || {
            Error::invalid(format!(
                "Upload-Metadata must have different keys, each with a value in Base64 or alone, \
                 separated by commas, and at most {MAX_LENGTH} bytes."
            ))
        };
        if text.len() > MAX_LENGTH {
            return Err(wrong());
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split(',').filter(|_| !text.is_empty()) {
            let pair = pair.trim();
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
            let value = BASE64.decode(value).map_err(|_| wrong())?;
            if !is_key || pairs.iter().any(|(known, _)| known == key) {
                return Err(wrong());
            }
            let value = String::from_utf8_lossy(&value).into_owned();
            pairs.push((key.to_owned(), value));
        }
        let text = text.to_owned();
        Ok(Self { text, pairs })
    }

    /// Returns the metadata as the client sent them.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the name of the file: `filename`, or `name` as Uppy has it.
    pub fn file_name(&self) -> Option<&str> {
        self.value("filename").or_else(|| self.value("name"))
    }

    /// Returns the media type of the file: `filetype`, or `type` as Uppy has
    /// it.
    pub fn media_type(&self) -> Option<&str> {
        self.value("filetype").or_else(|| self.value("type"))
    }

    /// Returns the value of a key, if there is one and it is not empty.
    fn value(&self, key: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(known, _)| known == key)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_are_keys_with_values_in_base64() {
        for text in [
            "",
            "filename d29ybGQ=",
            "filename d29ybGQ",
            "filename d29ybGQ=,is_confidential",
            "a YQ==, b Yg==",
            "a ,b",
        ] {
            assert_eq!(UploadMetadata::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "filename w.rld",
            "filename wor",
            ",",
            "a b c",
            "a YQ==,,b",
            "a YQ==,a Yg==",
            "é YQ==",
        ] {
            assert!(UploadMetadata::parse(text).is_err(), "{text}");
        }
        assert!(UploadMetadata::parse(&"a".repeat(MAX_LENGTH + 1)).is_err());
    }

    #[test]
    fn the_name_of_the_file_is_read() {
        let read = |text: &str| {
            let metadata = UploadMetadata::parse(text).unwrap();
            let name = metadata.file_name().map(str::to_owned);
            (name, metadata.media_type().map(str::to_owned))
        };
        let text = "filename ZmlsbSDDqS5tb3Y=,filetype dmlkZW8vbXA0";
        let both = (Some("film é.mov".to_owned()), Some("video/mp4".to_owned()));
        assert_eq!(read(text), both);
        let of_uppy = "relativePath bnVsbA==,name YS5wbmc=,type aW1hZ2UvcG5n";
        let both = (Some("a.png".to_owned()), Some("image/png".to_owned()));
        assert_eq!(read(of_uppy), both);
        assert_eq!(read("filename,filetype "), (None, None));
    }
}
