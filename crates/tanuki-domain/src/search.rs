//! The words of a search: how a query is split into them, which names they
//! match, and which typos are forgiven.
//!
//! Case and accents do not count. A word matches the beginning of a word of a
//! name, or a part of it. If it has five letters or more, one typo is forgiven,
//! and two if it has nine: a letter too many, too few or wrong, or two that
//! changed places; not in the first letter. Words with digits are codes, of
//! which each differs from the next by one character: they have no typos.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Letters with accents, in the order of [`PLAIN`].
pub const ACCENTED: &str = "àáâãäåāăąçćčďđèéêëēėęěğìíîïīįıłñńňòóôõöøōőŕřśšşșťțùúûüūůűýÿźżž\
                            ÀÁÂÃÄÅĀĂĄÇĆČĎĐÈÉÊËĒĖĘĚĞÌÍÎÏĪĮİŁÑŃŇÒÓÔÕÖØŌŐŔŘŚŠŞȘŤȚÙÚÛÜŪŮŰÝŸŹŻŽ";

/// The letters that [`ACCENTED`] are compared as.
pub const PLAIN: &str = "aaaaaaaaacccddeeeeeeeegiiiiiiilnnnoooooooorrssssttuuuuuuuyyzzz\
                         aaaaaaaaacccddeeeeeeeegiiiiiiilnnnoooooooorrssssttuuuuuuuyyzzz";

/// Accents that follow their letter as a character of their own.
pub const MARKS: &str = "\u{300}\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}\u{308}\u{30a}\u{30b}\
                         \u{30c}\u{327}\u{328}";

/// Characters that separate words in the names that the database compares.
pub const SEPARATORS: &str = "_-./:,()[]#";

/// Words of a query that count; those after them are ignored.
const MAX_WORDS: usize = 10;

/// The longest word that is searched for. No name is longer.
const MAX_WORD: usize = 160;

/// Letters of a word in which one typo is forgiven.
const ONE_TYPO: usize = 5;

/// Letters of a word in which two typos are forgiven.
const TWO_TYPOS: usize = 9;

/// Returns the text in lower case and without accents.
pub fn fold(text: &str) -> String {
    static LETTERS: LazyLock<HashMap<char, char>> =
        LazyLock::new(|| ACCENTED.chars().zip(PLAIN.chars()).collect());
    let plain = |letter: char| LETTERS.get(&letter).copied().unwrap_or(letter);
    text.chars()
        .flat_map(|letter| plain(letter).to_lowercase())
        .filter(|letter| letter.is_ascii() || !MARKS.contains(*letter))
        .collect()
}

/// Returns the words of a text: folded, without what is neither letter nor
/// digit.
pub fn words_of(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|letter: char| !letter.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns the words to search for: the first ten of the query, up to one that
/// is longer than every name.
pub fn query_words(query: &str) -> Vec<String> {
    let words = words_of(query).into_iter();
    words
        .take(MAX_WORDS)
        .take_while(|word| word.chars().count() <= MAX_WORD)
        .collect()
}

/// Returns how many typos are forgiven in a word of a query.
pub fn typos_forgiven(word: &str) -> usize {
    if word.chars().any(char::is_numeric) {
        return 0;
    }
    match word.chars().count() {
        TWO_TYPOS.. => 2,
        ONE_TYPO.. => 1,
        _ => 0,
    }
}

/// Returns substrings of the word, at least three characters long. A name that
/// contains the word with at most [`typos_forgiven`] typos contains one of them.
/// A leading space matches the beginning of a word. Empty if no typo is
/// forgiven.
pub fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let count = letters.len();
    let text = |from: usize, to: usize| letters.get(from..to).unwrap_or_default().iter();
    let first = |to: usize| std::iter::once(&' ').chain(text(0, to)).collect();
    let third = count / 3;
    match typos_forgiven(word) {
        0 => Vec::new(),
        // Two letters that changed places in the middle are in neither piece.
        1 => vec![
            first((count / 2 - 1).max(2)),
            text(count / 2, count).collect(),
        ],
        _ => vec![
            first(third),
            text(third, 2 * third).collect(),
            text(2 * third, count).collect(),
        ],
    }
}

/// Returns how badly a word of a query matches the words of a name: 0 if it is
/// one of them, more if it is the beginning of one, a part of one, or one with
/// typos. `None` if it does not match. Typos are forgiven `with_typos`.
pub fn mismatch(word: &str, name: &[String], with_typos: bool) -> Option<u32> {
    let typos = if with_typos { typos_forgiven(word) } else { 0 };
    let letters: Vec<char> = word.chars().collect();
    let of_one = |name: &String| {
        if name == word {
            return Some(0);
        }
        if name.starts_with(word) {
            return Some(1);
        }
        if name.contains(word) {
            return Some(2);
        }
        if typos == 0 {
            return None;
        }
        let name: Vec<char> = name.chars().take(letters.len() + typos).collect();
        let typos = prefix_distance(&letters, &name).filter(|found| *found <= typos)?;
        u32::try_from(2 + typos).ok()
    };
    name.iter().filter_map(of_one).min()
}

/// Returns the number of typos between a word and the beginning of a name that
/// is most like it. `None` if their first letters differ.
fn prefix_distance(word: &[char], name: &[char]) -> Option<usize> {
    if word.first() != name.first() {
        return None;
    }
    let mut before = Vec::new();
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (place, letter) in word.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(place + 1);
        for (column, other) in name.iter().enumerate() {
            let mut typos = (row[column] + usize::from(letter != other))
                .min(row[column + 1] + 1)
                .min(next[column] + 1);
            let swapped =
                place > 0 && column > 0 && word[place - 1] == *other && name[column - 1] == *letter;
            if swapped {
                let ahead: &Vec<usize> = &before;
                typos = typos.min(ahead[column - 1] + 1);
            }
            next.push(typos);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_with_accents_have_plain_ones() {
        assert_eq!(ACCENTED.chars().count(), PLAIN.chars().count());
        for (accented, plain) in ACCENTED.chars().zip(PLAIN.chars()) {
            assert_eq!(fold(&accented.to_string()), plain.to_string(), "{accented}");
        }
        assert_eq!(fold("E\u{301}LE\u{300}ve Жар"), "eleve жар");
    }

    #[test]
    fn words_are_what_is_between_other_characters() {
        for (query, words) in [
            ("Big_Dragon-01", vec!["big", "dragon", "01"]),
            ("\"dragon\" OR *", vec!["dragon", "or"]),
            ("100% \0 o'neil", vec!["100", "o", "neil"]),
            ("進撃の巨人 жар", vec!["進撃の巨人", "жар"]),
            ("  %_  ", vec![]),
        ] {
            assert_eq!(query_words(query), words, "{query}");
        }
        assert_eq!(query_words(&"a b ".repeat(5000)).len(), 10);
        assert_eq!(
            query_words(&format!("dragon {}", "a".repeat(9000))),
            ["dragon"]
        );
    }

    #[test]
    fn better_matches_come_first() {
        let name = words_of("Red Dragonfly dragon");
        let of = |word: &str| mismatch(word, &name, true);
        assert_eq!(of("dragon"), Some(0));
        assert_eq!(of("drag"), Some(1));
        assert_eq!(of("agonf"), Some(2));
        assert_eq!(of("dragn"), Some(3));
        assert_eq!(of("blue"), None);
        assert_eq!(mismatch("dragn", &name, false), None);
    }

    #[test]
    fn typos_are_forgiven_in_long_words() {
        let is_found = |word: &str, name: &str| mismatch(word, &words_of(name), true).is_some();
        for typed in [
            "dragom", "dragoon", "dragn", "darg", "drgaon", "xragon", "bragon",
        ] {
            let expected = !matches!(typed, "darg" | "xragon" | "bragon");
            assert_eq!(is_found(typed, "Dragon"), expected, "{typed}");
        }
        assert!(is_found("charecter", "Character sheet"));
        assert!(!is_found("carecter", "Character sheet"), "two");
        assert!(is_found("enviromnet", "Environment"));
        assert!(!is_found("envirxxxent", "Environment"));
        assert!(!is_found("sh00100", "SH00200"), "a code");
    }

    #[test]
    fn a_name_with_a_typo_contains_a_piece() {
        let name = " environment";
        for typed in [
            "enviroment",
            "envronment",
            "environmemt",
            "enviromnet",
            "envvironment",
        ] {
            assert!(mismatch(typed, &words_of(name), true).is_some(), "{typed}");
            let pieces = pieces(typed);
            assert!(
                pieces.iter().any(|piece| name.contains(piece)),
                "{typed}: {pieces:?}"
            );
            assert!(
                pieces.iter().all(|piece| piece.chars().count() >= 3),
                "{pieces:?}"
            );
        }
        for word in ["dragon", "drago", "dragons", "dragoness", "environments"] {
            let letters: Vec<char> = word.chars().collect();
            for place in 1..letters.len() {
                let mut typed = letters.clone();
                typed[place] = 'x';
                let typed: String = typed.into_iter().collect();
                let pieces = pieces(&typed);
                let name = format!(" {word}");
                assert!(
                    pieces.iter().any(|piece| name.contains(piece)),
                    "{typed}: {pieces:?}"
                );
            }
        }
        assert_eq!(pieces("sh00100"), [""; 0]);
        assert_eq!(pieces("drag"), [""; 0]);
    }
}
