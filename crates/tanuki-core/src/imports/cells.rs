//! Cells by the titles of their columns, and the values in them.

use std::collections::HashMap;

use super::file::SheetRow;

/// The columns of a file by their titles. Of several with the same title the last
/// one counts.
#[derive(Debug)]
pub(super) struct Titles {
    in_order: Vec<String>,
    exact: HashMap<String, usize>,
    /// In lower case.
    folded: HashMap<String, usize>,
}

impl Titles {
    /// Creates the columns of a file from its titles, in order.
    pub fn new(titles: &[String]) -> Self {
        let places = || titles.iter().enumerate();
        Self {
            in_order: titles.to_vec(),
            exact: places().map(|(at, title)| (title.clone(), at)).collect(),
            folded: places()
                .map(|(at, title)| (title.to_lowercase(), at))
                .collect(),
        }
    }

    fn place(&self, title: &str) -> Option<usize> {
        let exact = self.exact.get(title);
        exact
            .or_else(|| self.folded.get(&title.trim().to_lowercase()))
            .copied()
    }

    /// The place of the column behind that of a title, if it has the title
    /// `next`.
    pub fn behind(&self, title: &str, next: &str) -> Option<usize> {
        let place = self.place(title)? + 1;
        let found = self.in_order.get(place)?;
        (found == next).then_some(place)
    }

    /// Whether there is a column with the title, in any case.
    pub fn has(&self, title: &str) -> bool {
        self.place(title).is_some()
    }
}

/// A row of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub titles: &'a Titles,
    pub row: &'a SheetRow,
}

impl<'a> Row<'a> {
    /// The line of the file that the row ends on; the titles are line 1.
    pub fn line(self) -> u64 {
        self.row.line
    }

    /// The cell as it is; `None` if the file has no such column. A row may have
    /// fewer cells than there are titles: the others are empty.
    pub fn cell(self, title: &str) -> Option<&'a str> {
        self.titles.place(title).map(|place| self.at(place))
    }

    /// The cell at a place, empty if the row ends before.
    pub fn at(self, place: usize) -> &'a str {
        self.row.cells.get(place).map_or("", String::as_str)
    }

    /// The text of the cell without spaces around it; empty if there is none.
    pub fn trimmed(self, title: &str) -> &'a str {
        self.cell(title).unwrap_or_default().trim()
    }

    /// The first of the titles whose cell has a text, with that text.
    pub fn first_of<'t>(self, titles: &[&'t str]) -> Option<(&'t str, &'a str)> {
        titles
            .iter()
            .map(|title| (*title, self.trimmed(title)))
            .find(|(_, text)| !text.is_empty())
    }
}

/// Reads an integer: `1024`, `1 024` or `1024.0`, with a sign.
pub(super) fn integer(text: &str) -> Option<i64> {
    let plain = without_groups(text.trim())?;
    let whole = [".0", ",0", ".00", ",00"]
        .iter()
        .find_map(|zeros| plain.strip_suffix(zeros))
        .unwrap_or(&plain);
    let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.parse().ok().filter(|_| is_plain)
}

/// Reads a number with a decimal point or comma: `2.5`, `2,5` or `1 024.5`.
pub(super) fn number(text: &str) -> Option<f64> {
    let plain = without_groups(text.trim())?.replacen(',', ".", 1);
    let is_plain = plain
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    plain.parse().ok().filter(|_| is_plain)
}

/// Takes the spaces out of `1 024`: groups of three digits. `None` for spaces
/// elsewhere.
fn without_groups(text: &str) -> Option<String> {
    const SPACES: [char; 4] = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];
    let mut groups = text.split(SPACES);
    let mut number = groups.next()?.to_owned();
    for group in groups {
        let digits = group.split(['.', ',']).next().unwrap_or_default();
        if digits.len() != 3 {
            return None;
        }
        number.push_str(group);
    }
    Some(number)
}

/// Reads a yes or no as people write it.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_few_forms() {
        for (text, expected) in [
            ("12", Some(12)),
            (" +12 ", Some(12)),
            ("-5", Some(-5)),
            ("1 024", Some(1024)),
            ("1\u{202f}024\u{202f}000", Some(1_024_000)),
            ("96.0", Some(96)),
            ("96,00", Some(96)),
            ("10.5", None),
            ("1,024", None),
            ("1 02", None),
            ("", None),
            ("-", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_have_one_decimal_sign() {
        for (text, expected) in [
            ("2.5", Some(2.5)),
            ("2,5", Some(2.5)),
            ("1 024,5", Some(1024.5)),
            ("-3", Some(-3.0)),
            ("1,024.5", None),
            ("1e3", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn titles_are_found_in_any_case() {
        let titles = ["Name", "FX", "fx", "name"].map(str::to_owned);
        let titles = Titles::new(&titles);
        for (title, place) in [
            ("Name", Some(0)),
            ("name", Some(3)),
            ("NAME", Some(3)),
            ("FX", Some(1)),
            ("Fx", Some(2)),
            ("Type", None),
        ] {
            assert_eq!(titles.place(title), place, "{title}");
        }
    }
}
