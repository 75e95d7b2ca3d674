//! Time zones by IANA name.

use std::collections::HashMap;
use std::sync::LazyLock;

static TIMEZONES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    include_str!("timezones.txt")
        .lines()
        .map(|name| (name.to_ascii_lowercase(), name))
        .collect()
});

/// Returns the canonical spelling of a time zone's name, case-insensitively.
/// `None` if it is unknown.
pub fn canonical(name: &str) -> Option<&'static str> {
    TIMEZONES.get(&name.to_ascii_lowercase()).copied()
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn it_knows_names_in_any_case() {
        assert_eq!(canonical("europe/paris"), Some("Europe/Paris"));
        assert_eq!(canonical("Europe/Nowhere"), None);
    }
}
