//! Validation of email addresses.
//!
//! The rules and messages are those of Python's email-validator 2.3, which Zou
//! uses: clients show its messages.

/// Special-use domains to which no mail can be sent (RFC 2606, 6761 and
/// others).
const RESERVED: &[&str] = &["arpa", "invalid", "local", "localhost", "onion", "test"];

/// Maximum length of an address (RFC 5321) and of a label of its domain (RFC
/// 1035), in bytes.
const ADDRESS_LENGTH: usize = 254;
const LABEL_LENGTH: usize = 63;

/// Returns the address with its domain in lower case; the error is the message
/// for the client. `public` requires a domain with a top-level domain, not a
/// host name of the local network.
pub(crate) fn validate(address: &str, public: bool) -> Result<String, String> {
    if address.ends_with('>') && address.contains('<') {
        return Err(
            "A display name and angle brackets around the email address are not \
                    permitted here."
                .into(),
        );
    }
    if address.starts_with('"') && address.contains("\"@") {
        return Err("Quoting the part before the @-sign is not allowed here.".into());
    }
    let Some((local, domain)) = address.split_once('@') else {
        return Err("An email address must have an @-sign.".into());
    };
    if domain.starts_with('[') && domain.ends_with(']') {
        return Err("A bracketed IP address after the @-sign is not allowed here.".into());
    }
    let local = check_local(local)?;
    let domain = check_domain(domain, public)?;
    let whole = format!("{local}@{domain}");
    let excess = whole.len().saturating_sub(ADDRESS_LENGTH);
    if excess > 0 {
        return Err(format!(
            "The email address is too long ({}).",
            too_many(excess)
        ));
    }
    Ok(whole)
}

fn too_many(excess: usize) -> String {
    let plural = if excess == 1 { "" } else { "s" };
    format!("{excess} character{plural} too many")
}

fn check_local(local: &str) -> Result<&str, String> {
    if local.is_empty() {
        return Err("There must be something before the @-sign.".into());
    }
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    let wrong = listed(local.chars().filter(|c| !allowed(*c)));
    if !wrong.is_empty() {
        return Err(format!(
            "The email address contains invalid characters before the @-sign: {wrong}."
        ));
    }
    check_dots(
        local,
        "An email address cannot start with a period.",
        "An email address cannot have a period immediately before the @-sign.",
    )?;
    Ok(local)
}

fn check_domain(domain: &str, public: bool) -> Result<String, String> {
    if domain.is_empty() {
        return Err("There must be something after the @-sign.".into());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || !c.is_ascii();
    let wrong = listed(domain.chars().filter(|c| !allowed(*c)));
    if !wrong.is_empty() {
        return Err(format!(
            "The part after the @-sign contains invalid characters: {wrong}."
        ));
    }
    check_dots(
        domain,
        "An email address cannot have a period immediately after the @-sign.",
        "An email address cannot end with a period.",
    )?;
    if domain.ends_with('-') {
        return Err("An email address cannot end with a hyphen.".into());
    }
    if domain.starts_with('-') {
        return Err("An email address cannot have a hyphen immediately after the @-sign.".into());
    }
    if domain.contains(".-") || domain.contains("-.") {
        return Err(
            "An email address cannot have a period and a hyphen next to each other.".into(),
        );
    }
    let domain = domain.to_lowercase();
    let longest = domain.split('.').map(str::len).max().unwrap_or_default();
    if longest > LABEL_LENGTH {
        return Err(format!(
            "After the @-sign, periods cannot be separated by so many characters ({}).",
            too_many(longest - LABEL_LENGTH)
        ));
    }
    if public {
        if !domain.contains('.') {
            return Err("The part after the @-sign is not valid. It should have a period.".into());
        }
        if !domain.ends_with(|c: char| c.is_alphabetic()) {
            return Err("The part after the @-sign is not valid. \
                        It is not within a valid top-level domain."
                .into());
        }
    }
    let reserved = RESERVED
        .iter()
        .any(|name| domain == *name || domain.ends_with(&format!(".{name}")));
    if reserved {
        return Err(
            "The part after the @-sign is a special-use or reserved name \
                    that cannot be used with email."
                .into(),
        );
    }
    Ok(domain)
}

fn check_dots(text: &str, at_start: &str, at_end: &str) -> Result<(), String> {
    if text.ends_with('.') {
        return Err(at_end.into());
    }
    if text.starts_with('.') {
        return Err(at_start.into());
    }
    if text.contains("..") {
        return Err("An email address cannot have two periods in a row.".into());
    }
    Ok(())
}

/// Formats a set of characters for a message: sorted, without duplicates.
fn listed(characters: impl Iterator<Item = char>) -> String {
    let sorted: std::collections::BTreeSet<char> = characters.collect();
    let shown: Vec<String> = sorted
        .into_iter()
        .map(|c| match c {
            ' ' => "SPACE".into(),
            '\'' => "\"'\"".into(),
            c if c.is_control() => format!("U+{:04X}", u32::from(c)),
            c => format!("'{c}'"),
        })
        .collect();
    shown.join(", ")
}

/// Percent-encodes an address for a query string.
pub(crate) fn in_query(address: &str) -> String {
    let mut text = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(byte.into());
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_accepts_usual_addresses_and_lowers_the_domain() {
        assert_eq!(
            validate("Jane.Doe+x@Studio.COM", true),
            Ok("Jane.Doe+x@studio.com".into())
        );
        assert_eq!(validate("jane@studio", false), Ok("jane@studio".into()));
    }

    #[test]
    fn it_says_what_is_wrong() {
        for (address, message) in [
            ("x", "An email address must have an @-sign."),
            ("@studio.com", "There must be something before the @-sign."),
            ("jane@", "There must be something after the @-sign."),
            (
                " jane@studio.com",
                "The email address contains invalid characters before the @-sign: SPACE.",
            ),
            (
                "jane@studio",
                "The part after the @-sign is not valid. It should have a period.",
            ),
            (
                "jane@studio.test",
                "The part after the @-sign is a special-use or reserved name that cannot be used with email.",
            ),
            (
                "a..b@studio.com",
                "An email address cannot have two periods in a row.",
            ),
        ] {
            assert_eq!(validate(address, true), Err(message.into()), "{address}");
        }
    }

    #[test]
    fn it_escapes_addresses_for_links() {
        assert_eq!(in_query("a+b@c.d"), "a%2Bb%40c.d");
    }
}
