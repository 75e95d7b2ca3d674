//! How well names, descriptions and metadata match the words of a search.

use serde_json::Value;
use tanuki_domain::search::{fold, mismatch, words_of};
use uuid::Uuid;

use super::SHORTEST;
use crate::JsonRow;

/// What a word that is found in the name of the sequence, the episode or the
/// asset type adds to the mismatch.
const ABOVE: u32 = 10;

/// What a word that is found in the description or the metadata adds.
const DETAILS: u32 = 20;

/// Metadata of shots that is not searched.
const FRAMES: [&str; 5] = ["frame_in", "frame_out", "fps", "handle_in", "handle_out"];

/// The words of an entity's names.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Of its own name.
    own: Vec<String>,
    /// Of its asset type, or of its sequence and episode.
    above: Vec<String>,
}

impl Names {
    /// Splits the names of an entity and of what it belongs to (`above`: parents,
    /// or the entity type) into folded words.
    pub fn new<'a>(own: &str, above: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            own: words_of(own),
            above: above.into_iter().flat_map(words_of).collect(),
        }
    }

    /// Returns how badly a word matches; `None` if it does not.
    pub fn mismatch(&self, word: &str, with_typos: bool) -> Option<u32> {
        let own = mismatch(word, &self.own, with_typos);
        let above = mismatch(word, &self.above, with_typos).map(|found| found + ABOVE);
        own.into_iter().chain(above).min()
    }

    /// Returns how badly all words match; `None` if one of them does not.
    pub fn mismatch_all(&self, words: &[String], with_typos: bool) -> Option<u32> {
        let each = words.iter().map(|word| self.mismatch(word, with_typos));
        each.sum()
    }
}

/// The texts of an entity that are searched besides its names, by the name of
/// the column or of the metadata.
#[derive(Debug)]
pub(super) struct Details(Vec<(String, String)>);

impl Details {
    /// Reads them from the row of an entity.
    pub fn of(row: &JsonRow, is_shot: bool) -> Self {
        let mut texts = Vec::new();
        if let Some(Value::String(text)) = row.get("description") {
            texts.push(("description".to_owned(), fold(text)));
        }
        let data = row.get("data").and_then(Value::as_object);
        for (key, value) in data.into_iter().flatten() {
            if is_shot && FRAMES.contains(&key.as_str()) {
                continue;
            }
            let text = match value {
                Value::String(text) => fold(text),
                Value::Null => continue,
                other => fold(&other.to_string()),
            };
            texts.push((key.clone(), text));
        }
        Self(texts)
    }

    /// Returns how badly all words match the names or these texts; `None` if
    /// one of them is in neither.
    pub fn mismatch_all(&self, names: &Names, words: &[String]) -> Option<u32> {
        let each = words.iter().map(|word| {
            let is_there = self.0.iter().any(|(_, text)| text.contains(word));
            let names = names.mismatch(word, false);
            names.or(is_there.then_some(DETAILS))
        });
        each.sum()
    }

    /// Returns the names of the columns and of the metadata that contain one of
    /// the words. A match in any of the names is reported as `name`.
    pub fn matched_terms(&self, names: &Names, words: &[String]) -> Vec<String> {
        let in_names = |word: &String| names.mismatch(word, true).is_some();
        let in_text = |(key, text): &(String, String)| {
            let is_there = words.iter().any(|word| text.contains(word));
            is_there.then(|| key.clone())
        };
        let mut terms: Vec<String> = self.0.iter().filter_map(in_text).collect();
        if terms.is_empty() || words.iter().any(in_names) {
            terms.insert(0, "name".to_owned());
        }
        terms
    }
}

/// Returns the words of a query, then those with which the search goes on when
/// it finds too little: without the last, and the first alone. One or two
/// letters are not searched for alone.
pub(super) fn fewer_and_fewer(words: &[String]) -> impl Iterator<Item = &[String]> {
    let count = words.len();
    let mut counts = vec![count];
    if count > 1 {
        counts.push(count - 1);
    }
    if count > 2 {
        counts.push(1);
    }
    let rounds = counts.into_iter().filter_map(|count| words.get(..count));
    rounds.filter(move |round| {
        let letters = round.iter().flat_map(|word| word.chars()).count();
        letters >= SHORTEST || (letters > 0 && round.len() == count)
    })
}

/// Returns the ids of those whose names match, the best first.
pub(super) fn by_name(named: Vec<(Uuid, String)>, words: &[String]) -> Vec<Uuid> {
    let mut found: Vec<(usize, u32, String, Uuid)> = Vec::new();
    for (id, name) in named {
        let names = Names::new(&name, []);
        let best = fewer_and_fewer(words)
            .enumerate()
            .find_map(|(round, words)| {
                let mismatch = names.mismatch_all(words, true)?;
                Some((round, mismatch))
            });
        if let Some((round, mismatch)) = best {
            found.push((round, mismatch, fold(&name), id));
        }
    }
    found.sort();
    found.into_iter().map(|(.., id)| id).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        words_of(text)
    }

    #[test]
    fn the_own_name_counts_more_than_that_of_the_sequence() {
        let shot = Names::new("SH010 dragon", ["SQ01", "Pilot"]);
        let of = |text: &str| shot.mismatch_all(&words(text), true);
        assert_eq!(of("sh010"), Some(0));
        assert_eq!(of("sq01 sh010"), Some(10));
        assert_eq!(of("pil sh0"), Some(12));
        assert_eq!(of("sq02 sh010"), None);
    }

    #[test]
    fn details_have_the_words_that_the_names_lack() {
        let row = json!({
            "description": "The dragon wakes up",
            "data": {"mood": "Sombre", "fps": "25", "takes": [3, "Wide"], "empty": null}
        });
        let names = Names::new("SH010", ["SQ01"]);
        let details = Details::of(row.as_object().unwrap(), true);
        assert_eq!(
            details.mismatch_all(&names, &words("sh010 sombre")),
            Some(20)
        );
        assert_eq!(
            details.mismatch_all(&names, &words("wide dragon")),
            Some(40)
        );
        assert_eq!(details.mismatch_all(&names, &words("25")), None);
        assert_eq!(
            details.matched_terms(&names, &words("sh010 dragon sombre")),
            ["name", "description", "mood"]
        );
        assert_eq!(details.matched_terms(&names, &words("sombre")), ["mood"]);
    }

    #[test]
    fn fewer_words_are_looked_for_round_by_round() {
        let rounds = |text: &str| {
            let words = words(text);
            let rounds = fewer_and_fewer(&words).map(|words| words.join(" "));
            rounds.collect::<Vec<_>>()
        };
        assert_eq!(rounds("ab cd ef gh"), ["ab cd ef gh", "ab cd ef"]);
        assert_eq!(rounds("abc d"), ["abc d", "abc"]);
        assert_eq!(rounds("o neil"), ["o neil"]);
        assert_eq!(rounds("a"), ["a"]);
        assert_eq!(rounds(""), [""; 0]);
    }

    #[test]
    fn people_are_sorted_by_how_well_they_match() {
        let ids: Vec<Uuid> = (0..4).map(Uuid::from_u128).collect();
        let names = ["Peter Dragan", "Anna Petersen", "Petra Novak", "Bob Peters"];
        let named = || ids.iter().copied().zip(names.map(str::to_owned)).collect();
        let found = |text: &str| -> Vec<usize> {
            let found = by_name(named(), &words(text)).into_iter();
            found
                .map(|id| ids.iter().position(|other| *other == id).unwrap())
                .collect()
        };
        assert_eq!(found("peter"), [0, 1, 3, 2]);
        assert_eq!(found("peters bob"), [3, 1, 0]);
        assert_eq!(found("zzz"), [0; 0]);
    }
}
