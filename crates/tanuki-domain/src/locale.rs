//! Locales that Zou accepts: those of the Unicode CLDR, by the names that
//! Python's Babel accepts.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Locale names by alias. Each line of the file is a name, followed by the
/// canonical name if it differs.
static LOCALES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("locales.txt")
        .lines()
        .map(|line| line.split_once(' ').unwrap_or((line, line)))
        .collect()
});

/// Returns the canonical name of a locale (`zh_Hans_CN` for `zh_CN`),
/// case-insensitively. `None` if the locale is unknown.
pub fn canonical(name: &str) -> Option<&'static str> {
    if let Some(full) = LOCALES.get(name) {
        return Some(full);
    }
    let mut parts = name.split('_');
    let mut usual = parts.next()?.to_ascii_lowercase();
    for part in parts {
        usual.push('_');
        if part.len() == 4 && part.is_ascii() {
            usual.push_str(&part[..1].to_ascii_uppercase());
            usual.push_str(&part[1..].to_ascii_lowercase());
        } else {
            usual.push_str(&part.to_ascii_uppercase());
        }
    }
    LOCALES.get(usual.as_str()).copied()
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn it_knows_names_in_any_case_and_completes_them() {
        assert_eq!(canonical("en_US"), Some("en_US"));
        assert_eq!(canonical("FR_fr"), Some("fr_FR"));
        assert_eq!(canonical("zh_CN"), Some("zh_Hans_CN"));
    }

    #[test]
    fn it_refuses_what_is_no_locale() {
        for name in ["", "fr-FR", "xx", "fr_US", "english", "é_FR", "fr_éé"] {
            assert_eq!(canonical(name), None, "{name}");
        }
    }
}
