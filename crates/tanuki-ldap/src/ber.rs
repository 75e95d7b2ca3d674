//! BER, as far as LDAP uses it (RFC 4511, section 5.1): tags of one byte and
//! definite lengths. Nothing here follows nested values by itself, so no message
//! decides how deep a call goes.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// A message that is not BER, or not of the form that LDAP gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Writes values one after the other.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Writes a value with this tag.
    pub fn value(&mut self, tag: u8, content: &[u8]) {
        self.bytes.push(tag);
        let length = content.len().to_be_bytes();
        let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
        match length {
            [] => self.bytes.push(0),
            [short] if *short < 0x80 => self.bytes.push(*short),
            long => {
                // At most eight bytes.
                self.bytes.push(0x80 | long.len() as u8);
                self.bytes.extend_from_slice(long);
            }
        }
        self.bytes.extend_from_slice(content);
    }

    /// Writes an octet string.
    pub fn text(&mut self, text: &str) {
        self.value(OCTETS, text.as_bytes());
    }

    /// Writes a boolean.
    pub fn boolean(&mut self, flag: bool) {
        self.value(BOOLEAN, &[if flag { 0xff } else { 0 }]);
    }

    /// Writes a number in as few bytes as its sign allows.
    pub fn number(&mut self, tag: u8, number: i32) {
        let bytes = number.to_be_bytes();
        let is_redundant = |pair: &[u8]| {
            let sign = pair[1] & 0x80;
            (pair[0] == 0 && sign == 0) || (pair[0] == 0xff && sign != 0)
        };
        let redundant = bytes.windows(2).take_while(|pair| is_redundant(pair));
        self.value(tag, &bytes[redundant.count()..]);
    }

    /// Writes a value that contains others.
    pub fn nested(&mut self, tag: u8, write: impl FnOnce(&mut Self)) {
        let mut content = Self::default();
        write(&mut content);
        self.value(tag, &content.bytes);
    }

    /// Returns the bytes of all values.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads values one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Creates a reader of the values in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns whether all values were read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads a value, whatever its tag is.
    pub fn any(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let (start, length) = head(self.rest)?.ok_or(Malformed)?;
        let end = start.checked_add(length).ok_or(Malformed)?;
        let content = self.rest.get(start..end).ok_or(Malformed)?;
        let tag = self.rest[0];
        self.rest = &self.rest[end..];
        Ok((tag, content))
    }

    /// Reads a value with this tag.
    pub fn value(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.any()? {
            (found, content) if found == tag => Ok(content),
            _ => Err(Malformed),
        }
    }

    /// Reads a value with this tag, if it comes next.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        match self.rest.first() {
            Some(next) if *next == tag => self.value(tag).map(Some),
            _ => Ok(None),
        }
    }

    /// Reads a value that contains others.
    pub fn nested(&mut self, tag: u8) -> Result<Self, Malformed> {
        self.value(tag).map(Self::new)
    }

    /// Reads a number of up to 32 bits.
    pub fn number(&mut self, tag: u8) -> Result<i32, Malformed> {
        let content = self.value(tag)?;
        let (Some(first), true) = (content.first(), content.len() <= 4) else {
            return Err(Malformed);
        };
        let sign = if first & 0x80 == 0 { 0 } else { -1 };
        let shifted = |number: i32, byte: &u8| (number << 8) | i32::from(*byte);
        Ok(content.iter().fold(sign, shifted))
    }

    /// Reads a text; what is not UTF-8 in it is replaced.
    pub fn text(&mut self) -> Result<String, Malformed> {
        let content = self.value(OCTETS)?;
        Ok(String::from_utf8_lossy(content).into_owned())
    }
}

/// Returns where the content of a value begins and how long it is, in bytes;
/// `None` if that is not said yet.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let [tag, first, rest @ ..] = bytes else {
        return Ok(None);
    };
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    match first {
        ..=0x7f => Ok(Some((2, usize::from(*first)))),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let Some(length) = rest.get(..count) else {
                return Ok(None);
            };
            let length = length
                .iter()
                .fold(0, |length, byte| (length << 8) | usize::from(*byte));
            Ok(Some((2 + count, length)))
        }
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_and_read_in_all_their_lengths() {
        for number in [
            0,
            1,
            127,
            128,
            255,
            256,
            32_767,
            32_768,
            i32::MAX,
            -1,
            -128,
            -129,
            i32::MIN,
        ] {
            let mut writer = Writer::default();
            writer.number(INTEGER, number);
            let bytes = writer.finish();
            assert_eq!(Reader::new(&bytes).number(INTEGER), Ok(number));
        }
        let mut writer = Writer::default();
        writer.number(INTEGER, 128);
        assert_eq!(writer.finish(), [2, 2, 0, 128]);
    }

    #[test]
    fn lengths_are_written_and_read_in_all_their_forms() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let mut writer = Writer::default();
            writer.value(OCTETS, &content);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.value(OCTETS), Ok(&*content));
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn what_is_cut_off_or_of_another_form_is_malformed() {
        for bytes in [
            &[][..],
            &[4],
            &[4, 2, 1],
            &[4, 0x80, 0, 0],
            &[4, 0x85, 0, 0, 0, 0, 1, 1],
            &[4, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x1f, 1, 1],
            &[2, 1, 1],
        ] {
            assert_eq!(
                Reader::new(bytes).value(OCTETS),
                Err(Malformed),
                "{bytes:?}"
            );
        }
        assert_eq!(Reader::new(&[2, 0]).number(INTEGER), Err(Malformed));
        assert_eq!(
            Reader::new(&[2, 5, 1, 1, 1, 1, 1]).number(INTEGER),
            Err(Malformed)
        );
    }

    #[test]
    fn the_head_of_a_value_may_be_incomplete() {
        assert_eq!(head(&[0x30]), Ok(None));
        assert_eq!(head(&[0x30, 0x82, 1]), Ok(None));
        assert_eq!(head(&[0x30, 0x82, 1, 2]), Ok(Some((4, 258))));
        assert_eq!(head(&[0x30, 5]), Ok(Some((2, 5))));
    }
}
