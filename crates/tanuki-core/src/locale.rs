//! Whether a text names a locale.

/// Whether the reference takes that locale for a person: one of the CLDR, in
/// any case of letters, in at most ten characters. Empty means none.
pub fn is_locale(text: &str) -> bool {
    let name = text.trim();
    name.is_empty()
        || (name.chars().count() <= 10 && tanuki_domain::locale::canonical(name).is_some())
}
