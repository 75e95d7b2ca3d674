//! Validation of locale names.

/// Whether Zou accepts the locale for a person: a name of the CLDR,
/// case-insensitive, of at most ten characters. Empty means none and is
/// accepted.
pub fn is_locale(text: &str) -> bool {
    let name = text.trim();
    name.is_empty()
        || (name.chars().count() <= 10 && tanuki_domain::locale::canonical(name).is_some())
}
