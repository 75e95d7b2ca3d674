//! What entries of Active Directory say about accounts, and why it refuses a
//! login.

use crate::message::Entry;

/// The bit of `userAccountControl` of an account that is disabled.
const DISABLED: i64 = 2;

/// The bits of `userAccountControl` of accounts that are another domain's, a
/// computer's or a domain controller's.
const TRUST: i64 = 0x800 | 0x1000 | 0x2000;

/// How many seconds lie between the beginning of Active Directory's times, 1601,
/// and 1970.
const EPOCH: i64 = 11_644_473_600;

/// How many units of Active Directory's times are a second.
const UNITS: i64 = 10_000_000;

/// Whether an account is neither disabled nor expired. `now` is in seconds since
/// 1970. An account without an end has 0, or the largest number.
pub(crate) fn is_active(entry: &Entry, now: i64) -> bool {
    let is_disabled = control(entry).is_some_and(|flags| flags & DISABLED != 0);
    let expires = number(entry, "accountExpires").filter(|time| *time > 0);
    let is_expired = expires.is_some_and(|time| time / UNITS - EPOCH <= now);
    !is_disabled && !is_expired
}

/// Whether an account is no person's: it is that of another domain, or of a
/// computer.
pub(crate) fn is_trust(entry: &Entry) -> bool {
    control(entry).is_some_and(|flags| flags & TRUST != 0)
}

fn control(entry: &Entry) -> Option<i64> {
    number(entry, "userAccountControl")
}

fn number(entry: &Entry, attribute: &str) -> Option<i64> {
    entry.text(attribute)?.parse().ok()
}

/// Returns an `objectGUID` as text: in braces, its first three numbers with the
/// last byte first.
pub(crate) fn guid(bytes: &[u8]) -> Option<String> {
    let bytes: &[u8; 16] = bytes.try_into().ok()?;
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::from("{");
    for (at, byte) in order.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02x}", bytes[byte]));
    }
    text.push('}');
    Some(text)
}

/// Returns why Active Directory refuses a login, other than for a wrong name or
/// password: it says so by a code of Windows in its message,
/// `80090308: LdapErr: …, data 773, v1db1`.
pub(crate) fn reason(message: &str) -> Option<&'static str> {
    let (_, code) = message.split_once(", data ")?;
    let code = code.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    match code {
        "530" => Some("the account may not log in at this time"),
        "531" => Some("the account may not log in from here"),
        "532" => Some("the password has expired"),
        "533" => Some("the account is disabled"),
        "701" => Some("the account has expired"),
        "773" => Some("the password has to be changed first"),
        "775" => Some("the account is locked"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &str)]) -> Entry {
        let values = |value: &str| vec![value.as_bytes().to_vec()];
        let attributes = attributes.iter();
        let attributes = attributes.map(|(name, value)| ((*name).to_owned(), values(value)));
        Entry::new("cn=ada", attributes.collect())
    }

    #[test]
    fn who_is_disabled_or_expired_is_not_active() {
        // 2024-01-01T00:00:00Z
        let (now, expires) = (1_704_067_200, "133485408000000000");
        for (flags, expires, active) in [
            ("512", "0", true),
            ("512", "9223372036854775807", true),
            ("514", "0", false),
            ("66050", "0", false),
            ("512", expires, false),
            ("512", "133485408010000000", true),
            ("nothing", "soon", true),
        ] {
            let entry = entry(&[("userAccountControl", flags), ("accountExpires", expires)]);
            assert_eq!(is_active(&entry, now), active, "{flags} {expires}");
        }
        assert!(is_active(&entry(&[]), now));
    }

    #[test]
    fn accounts_of_domains_and_computers_are_no_peoples() {
        for (flags, trust) in [
            ("512", false),
            ("2080", true),
            ("4096", true),
            ("532480", true),
        ] {
            let entry = entry(&[("userAccountControl", flags)]);
            assert_eq!(is_trust(&entry), trust, "{flags}");
        }
        assert!(!is_trust(&entry(&[])));
    }

    #[test]
    fn an_object_guid_is_text_as_windows_shows_it() {
        let bytes: Vec<u8> = (0..16).collect();
        let text = "{03020100-0504-0706-0809-0a0b0c0d0e0f}";
        assert_eq!(guid(&bytes).as_deref(), Some(text));
        assert_eq!(guid(&bytes[1..]), None);
    }

    #[test]
    fn a_reason_is_read_from_the_message() {
        let said = |data: &str| {
            reason(&format!(
                "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1"
            ))
        };
        assert_eq!(said("775"), Some("the account is locked"));
        // A wrong password, and an unknown name.
        assert_eq!((said("52e"), said("525")), (None, None));
        assert_eq!((reason(""), reason("x, data ")), (None, None));
    }
}
