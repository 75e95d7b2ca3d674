//! Characters and names of XML 1.0 and of Namespaces in XML.

use super::Result;

/// Whether a document may have this character.
pub(super) const fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a character is whitespace in XML.
pub(crate) const fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' ')
}

/// Whether a text is a name without a colon (`NCName`).
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(begins_name) && characters.all(continues_name)
}

const fn begins_name(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '_' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}'
        | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

const fn continues_name(character: char) -> bool {
    begins_name(character)
        || matches!(character,
            '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Splits a qualified name into prefix, which may be empty, and local name.
///
/// # Errors
/// If it is no such name.
pub(super) fn split_name(name: &str) -> Result<(&str, &str)> {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) if is_name(prefix) => (prefix, local),
        Some(_) => return Err("a name begins with a colon".into()),
        None => ("", name),
    };
    match is_name(local) {
        true => Ok((prefix, local)),
        false => Err("a name has characters that no name has".into()),
    }
}

/// Whether a text is an absolute URI. Relative ones as names of namespaces are
/// what canonicalization is not defined for.
pub(super) fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else {
        return false;
    };
    let begins = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    let continues = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    begins && scheme.bytes().all(continues)
}

/// Resolves a character or entity reference: one of the five predefined names
/// that need no declaration, or a number.
///
/// # Errors
/// If there is no such reference, or no such character.
pub(super) fn resolve(reference: &str) -> Result<char> {
    let number = |digits: &str, radix: u32| {
        let is_digit = |digit: char| digit.is_digit(radix);
        let digits = Some(digits).filter(|digits| digits.chars().all(is_digit))?;
        let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
        is_allowed(character).then_some(character)
    };
    let found = match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match reference.strip_prefix("#x") {
            Some(digits) => number(digits, 16),
            None => reference
                .strip_prefix('#')
                .and_then(|digits| number(digits, 10)),
        },
    };
    found.ok_or_else(|| "there is an unknown reference".into())
}

/// Returns the value of an attribute as it is written between its quotes:
/// references resolved, and other whitespace than spaces made into these
/// (XML 1.0, 2.11 and 3.3.3).
///
/// # Errors
/// If it has a `<` or an unknown reference.
pub(super) fn attribute_value(written: &str) -> Result<String> {
    let mut value = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find(['&', '<', '\t', '\n', '\r']) {
        value.push_str(&rest[..at]);
        let special = &rest[at..];
        if special.starts_with('<') {
            return Err("an attribute has a <".into());
        }
        rest = match special.strip_prefix('&') {
            Some(reference) => {
                let (name, after) = reference.split_once(';').ok_or("a reference has no end")?;
                value.push(resolve(name)?);
                after
            }
            None => {
                value.push(' ');
                special.strip_prefix("\r\n").unwrap_or(&special[1..])
            }
        };
    }
    value.push_str(rest);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_characters_of_xml() {
        for (reference, expected) in [
            ("amp", Some('&')),
            ("#65", Some('A')),
            ("#x1F600", Some('\u{1f600}')),
            ("#xd", Some('\r')),
            ("#0", None),
            ("#x1", None),
            ("#xFFFF", None),
            ("#xD800", None),
            ("#", None),
            ("#+65", None),
            ("#x-1", None),
            ("#X41", None),
            ("#99999999999", None),
            ("nbsp", None),
            ("", None),
        ] {
            assert_eq!(resolve(reference).ok(), expected, "{reference}");
        }
    }

    #[test]
    fn values_are_normalized_but_not_what_references_say() {
        let value = attribute_value("a\r\nb\tc&#xA;d&#9;&quot;&#13;").unwrap();
        assert_eq!(value, "a b c\nd\t\"\r");
        for wrong in ["a<b", "&amp", "& ", "&lt", "&undeclared;"] {
            assert!(attribute_value(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn namespaces_are_absolute() {
        for (uri, expected) in [
            ("urn:oasis:names", true),
            ("http://a.b/", true),
            ("a", false),
            ("/a:b", false),
            (":a", false),
            ("1a:b", false),
            ("#a", false),
        ] {
            assert_eq!(is_absolute_uri(uri), expected, "{uri}");
        }
    }
}
