//! The languages of messages: those of Zou's mails.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The texts of each language, by the first part of its locales.
const TEXTS: [(&str, &str); 8] = [
    ("en", include_str!("texts/en.txt")),
    ("de", include_str!("texts/de.txt")),
    ("es", include_str!("texts/es.txt")),
    ("fr", include_str!("texts/fr.txt")),
    ("ja", include_str!("texts/ja.txt")),
    ("nl", include_str!("texts/nl.txt")),
    ("pt", include_str!("texts/pt.txt")),
    ("zh", include_str!("texts/zh.txt")),
];

/// English, which is used for every other language.
const DEFAULT: Language = Language(0);

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Language(usize);

static SENTENCES: LazyLock<Vec<HashMap<&'static str, &'static str>>> = LazyLock::new(|| {
    let sentences = |(_, text): &(&'static str, &'static str)| {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = "))
            .collect()
    };
    TEXTS.iter().map(sentences).collect()
});

impl Language {
    /// Returns the language of a person's locale, or else that of the studio's.
    pub fn of(locale: Option<&str>, studio: &str) -> Self {
        let known = |locale: &str| {
            let name = locale.split(['_', '-']).next().unwrap_or_default();
            let index = TEXTS.iter().position(|(known, _)| *known == name)?;
            Some(Self(index))
        };
        locale
            .and_then(known)
            .or_else(|| known(studio))
            .unwrap_or(DEFAULT)
    }

    /// The language tag, as in `Content-Language`.
    pub fn tag(self) -> &'static str {
        TEXTS.get(self.0).map_or("en", |(name, _)| name)
    }

    /// Returns a sentence, with names in braces.
    pub(super) fn text(self, key: &str) -> &'static str {
        let find = |language: Self| SENTENCES.get(language.0)?.get(key).copied();
        find(self).or_else(|| find(DEFAULT)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect()
    }

    #[test]
    fn every_language_has_every_sentence_with_its_names() {
        let english = &SENTENCES[0];
        assert!(english.len() > 20);
        for ((language, _), sentences) in TEXTS.iter().zip(SENTENCES.iter()) {
            for (key, text) in english {
                let translated = sentences.get(key).copied().unwrap_or_default();
                assert_eq!(names(translated), names(text), "{language} {key}");
            }
            assert_eq!(sentences.len(), english.len(), "{language}");
        }
    }

    #[test]
    fn the_language_follows_the_locale() {
        let tag = |locale, studio| Language::of(locale, studio).tag();
        assert_eq!(tag(Some("fr_CA"), "en_US"), "fr");
        assert_eq!(tag(Some("zh_Hant_TW"), "en_US"), "zh");
        assert_eq!(tag(Some("xx"), "de_DE"), "de");
        assert_eq!(tag(None, "de_DE"), "de");
        assert_eq!(tag(Some(""), "xx"), "en");
    }
}
