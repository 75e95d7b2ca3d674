//! Keys of metadata fields, made of the names that people give them.

use deunicode::deunicode;

/// The key under which `data` holds the values of a field of that name: plain
/// letters and digits with underscores between the words. The rules are those
/// of python-slugify, which the reference makes keys with: scripts call them.
pub(super) fn field_name(name: &str) -> String {
    // Typed apostrophes part words, typographic ones do not.
    let plain = deunicode(&name.replace('\'', "-")).to_lowercase();
    let letters: Vec<char> = plain.chars().filter(|letter| *letter != '\'').collect();
    let is_digit = |place: Option<usize>| {
        place
            .and_then(|place| letters.get(place))
            .is_some_and(char::is_ascii_digit)
    };
    let mut key = String::with_capacity(letters.len());
    for (place, letter) in letters.iter().enumerate() {
        if letter.is_ascii_alphanumeric() {
            key.push(*letter);
        } else if *letter == ',' && is_digit(place.checked_sub(1)) && is_digit(Some(place + 1)) {
            // 1,000 is one number.
        } else if !key.ends_with('_') {
            key.push('_');
        }
    }
    key.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::field_name;

    #[test]
    fn keys_are_plain_letters_and_digits() {
        for (name, key) in [
            ("Is Outdoor", "is_outdoor"),
            ("don't", "don_t"),
            ("l\u{2019}\u{e9}t\u{e9}", "lete"),
            ("1,000 x, y", "1000_x_y"),
            ("__a--b__", "a_b"),
            ("100%", "100"),
            ("\u{65e5}\u{672c}", "ri_ben"),
            ("!!!", ""),
        ] {
            assert_eq!(field_name(name), key, "{name}");
        }
    }
}
