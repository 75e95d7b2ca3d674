//! Parsing of a form part's `Content-Disposition`.
//!
//! Implemented here because clients differ in how they write names with special
//! characters: browsers and requests escape quotes as `%22`, others with a
//! backslash, older ones write `filename*=UTF-8''…`.

use percent_encoding::percent_decode_str;

/// The names of a part.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Names {
    /// The name of the field.
    pub field: Option<String>,
    /// The name of the file; a part without one is a text field.
    pub file: Option<String>,
}

/// Parses a `Content-Disposition` header.
pub(super) fn names(head: &[u8]) -> Names {
    let text = String::from_utf8_lossy(head);
    let mut names = Names::default();
    let mut encoded = Names::default();
    let mut rest = text.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((key, after)) = rest.split_once('=') {
        let (value, after) = value(after.trim_start());
        rest = after.split_once(';').map_or("", |(_, rest)| rest);
        match key.trim().to_ascii_lowercase().as_str() {
            "name" => names.field = Some(value),
            "filename" => names.file = Some(value),
            "name*" => encoded.field = decoded(&value),
            "filename*" => encoded.file = decoded(&value),
            _ => {}
        }
    }
    Names {
        field: encoded.field.or(names.field),
        file: encoded.file.or(names.file),
    }
}

/// Splits a parameter's value from the rest of the header.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value.replace("%22", "\""), &quoted[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

/// Decodes an extended value, `UTF-8''…` (RFC 8187). `None` if it is malformed.
fn decoded(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, text) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    if charset.eq_ignore_ascii_case("iso-8859-1") {
        return Some(bytes.into_iter().map(char::from).collect());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(head: &str) -> Option<String> {
        names(head.as_bytes()).file
    }

    #[test]
    fn a_part_has_a_name_and_a_file_has_another() {
        let both = names(b"form-data; name=\"file-1\"; filename=\"a b.txt\"");
        assert_eq!(both.field.as_deref(), Some("file-1"));
        assert_eq!(both.file.as_deref(), Some("a b.txt"));
        let text = names(b"form-data; name=comment");
        assert_eq!(text.field.as_deref(), Some("comment"));
        assert_eq!(text.file, None);
        assert_eq!(names(b"form-data"), Names::default());
    }

    #[test]
    fn names_are_escaped_in_several_ways() {
        for (head, name) in [
            (r#"form-data; filename="q\"q.txt""#, "q\"q.txt"),
            (r#"form-data; filename="q%22q.txt""#, "q\"q.txt"),
            (r#"form-data; filename="a\\b.txt""#, "a\\b.txt"),
            (r#"form-data; filename="a;b=c.txt"; name="x""#, "a;b=c.txt"),
            (r#"form-data; FileName = "é.txt""#, "é.txt"),
            ("form-data; filename*=UTF-8''%C3%A9%20x.txt", "é x.txt"),
            ("form-data; filename=\"e\"; filename*=utf-8'en'%C3%A9", "é"),
            ("form-data; filename*=iso-8859-1''%E9", "é"),
            (r#"form-data; filename="""#, ""),
        ] {
            assert_eq!(file(head).as_deref(), Some(name), "{head}");
        }
    }
}
