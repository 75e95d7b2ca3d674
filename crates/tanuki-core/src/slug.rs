//! Slugs: names as ASCII, for keys and file names.

use deunicode::deunicode;

/// Converts a name to ASCII letters and digits with underscores between the
/// words. The rules are those of python-slugify, which Zou uses: scripts depend
/// on the resulting names.
pub(crate) fn slug(name: &str) -> String {
    // ASCII apostrophes separate words, typographic ones do not.
    let plain = deunicode(&name.replace('\'', "-"));
    let letters: Vec<char> = plain.chars().filter(|letter| *letter != '\'').collect();
    let is_digit = |place: Option<usize>| {
        place
            .and_then(|place| letters.get(place))
            .is_some_and(char::is_ascii_digit)
    };
    let mut slug = String::with_capacity(letters.len());
    for (place, letter) in letters.iter().enumerate() {
        if letter.is_ascii_alphanumeric() {
            slug.push(*letter);
        } else if *letter == ',' && is_digit(place.checked_sub(1)) && is_digit(Some(place + 1)) {
            // A comma between digits separates thousands: `1,000` is one
            // number.
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.trim_matches('_').to_owned()
}

/// Like [`slug`], in lower case.
pub(crate) fn small_slug(name: &str) -> String {
    slug(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{slug, small_slug};

    #[test]
    fn slugs_are_plain_letters_and_digits() {
        for (name, plain) in [
            ("Is Outdoor", "Is_Outdoor"),
            ("don't", "don_t"),
            ("l\u{2019}\u{e9}t\u{e9}", "lete"),
            ("1,000 x, y", "1000_x_y"),
            ("__a--b__", "a_b"),
            ("100%", "100"),
            ("\u{65e5}\u{672c}", "Ri_Ben"),
            ("!!!", ""),
        ] {
            assert_eq!(slug(name), plain, "{name}");
            assert_eq!(small_slug(name), plain.to_lowercase(), "{name}");
        }
    }
}
