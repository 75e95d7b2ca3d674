//! Distinguished names as text (RFC 4514).

/// Escapes a value, so that it stays one value of a distinguished name whatever
/// is in it.
pub(crate) fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    let last = value.len().saturating_sub(1);
    for (at, letter) in value.char_indices() {
        let is_edge = at == 0 || at == last;
        match letter {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            ' ' if is_edge => escaped.push_str("\\ "),
            '#' if at == 0 => escaped.push_str("\\#"),
            _ if letter.is_ascii_control() => {
                escaped.push_str(&format!("\\{:02X}", u32::from(letter)));
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Returns a form of a distinguished name that is the same for all its
/// spellings: case, spaces and escapes. `None` if it is malformed.
pub(crate) fn normalized(dn: &str) -> Option<String> {
    let parts = split(dn, &[',', ';']);
    let parts: Option<Vec<String>> = parts.into_iter().map(normalized_part).collect();
    Some(parts?.join(","))
}

/// The same, of the values of one level, in any order.
fn normalized_part(part: &str) -> Option<String> {
    let values = split(part, &['+']).into_iter().map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim().to_lowercase();
        let value = unescape(trim_value(value))?.to_lowercase();
        let words: Vec<&str> = value.split(' ').filter(|word| !word.is_empty()).collect();
        (!name.is_empty()).then(|| format!("{name}={}", escape(&words.join(" "))))
    });
    let mut values: Vec<String> = values.collect::<Option<_>>()?;
    values.sort();
    Some(values.join("+"))
}

/// Returns the values of an attribute at the first level of a distinguished
/// name.
pub(crate) fn first_values(dn: &str, attribute: &str) -> Vec<String> {
    let parts = split(dn, &[',', ';']);
    let first = parts.first().copied().unwrap_or_default();
    let pairs = split(first, &['+']).into_iter();
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case(attribute))
        .filter_map(|(_, value)| unescape(trim_value(value)))
        .collect()
}

/// Returns the domain that a distinguished name ends with, its last `DC=…`
/// levels; `None` if it ends with another.
pub(crate) fn domain(dn: &str) -> Option<String> {
    let parts = split(dn, &[',', ';']);
    let is_domain = |part: &&&str| {
        let name = part.split_once('=').map(|(name, _)| name.trim());
        name.is_some_and(|name| name.eq_ignore_ascii_case("dc"))
    };
    let levels = parts.iter().rev().take_while(is_domain).count();
    let levels = &parts[parts.len() - levels..];
    let levels: Vec<&str> = levels.iter().map(|level| level.trim()).collect();
    (!levels.is_empty()).then(|| levels.join(","))
}

/// Splits at separators that are not escaped.
fn split<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut is_escaped) = (0, false);
    for (at, letter) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if letter == '\\' {
            is_escaped = true;
        } else if separators.contains(&letter) {
            parts.push(&text[start..at]);
            start = at + letter.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Takes the spaces off a value that are not escaped.
fn trim_value(value: &str) -> &str {
    let value = value.trim_start_matches(' ');
    let trimmed = value.trim_end_matches(' ');
    let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    match backslashes % 2 == 1 && trimmed.len() < value.len() {
        true => &value[..=trimmed.len()],
        false => trimmed,
    }
}

/// Resolves escapes; `None` if they are malformed or what they say is not UTF-8.
fn unescape(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        match rest {
            [high, low, after @ ..] if digit(high).is_some() && digit(low).is_some() => {
                let code = digit(high)? * 16 + digit(low)?;
                bytes.push(u8::try_from(code).ok()?);
                rest = after;
            }
            [letter, after @ ..] => {
                bytes.push(*letter);
                rest = after;
            }
            [] => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value() {
        for (value, escaped) in [
            ("ada", "ada"),
            ("ada,ou=admins", "ada\\,ou\\=admins"),
            (" a+b ", "\\ a\\+b\\ "),
            ("#1", "\\#1"),
            ("a#1", "a#1"),
            ("\"<\\>;\"", "\\\"\\<\\\\\\>\\;\\\""),
            ("a\0b\nc", "a\\00b\\0Ac"),
            ("Zoë", "Zoë"),
            (" ", "\\ "),
            ("", ""),
        ] {
            assert_eq!(escape(value), escaped);
            assert_eq!(unescape(escaped).as_deref(), Some(value));
            let dn = format!("uid={escaped},dc=studio");
            assert_eq!(first_values(&dn, "UID"), [value]);
        }
    }

    #[test]
    fn spellings_of_a_name_are_one() {
        let normal = normalized("uid=ada lovelace,ou=people,dc=studio,dc=local").unwrap();
        for same in [
            "UID=Ada Lovelace,OU=People,DC=studio,DC=local",
            "uid = ada  lovelace , ou=people,dc=studio;dc=local",
            "uid=\\61da lovelace,ou=people,dc=studio,dc=local",
        ] {
            assert_eq!(normalized(same).unwrap(), normal, "{same}");
        }
        for other in [
            "uid=ada\\, lovelace,ou=people,dc=studio,dc=local",
            "uid=ada lovelace,ou=people,dc=studio",
            "uid=ada lovelace\\,ou\\=people,dc=studio,dc=local",
        ] {
            assert_ne!(normalized(other).unwrap(), normal, "{other}");
        }
        assert_eq!(normalized("cn=a+uid=b,dc=c"), normalized("UID=B+CN=A,dc=c"));
        assert_eq!(normalized("nothing"), None);
        assert_eq!(normalized("uid=a\\"), None);
    }
}
