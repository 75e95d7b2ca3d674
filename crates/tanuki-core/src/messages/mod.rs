//! The texts that people get by mail and in chats: one wording in each
//! language, written as plain text, HTML or the markup of a chat.

mod format;
mod languages;

pub(crate) use format::Format;
pub(crate) use languages::Language;

/// A message before it is written in a language and a format.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The subject of a mail.
    pub subject: Sentence,
    pub paragraphs: Vec<Paragraph>,
}

/// A sentence of the texts, with what is inserted for its names in braces.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    /// The name of the sentence in `texts/en.txt`.
    pub key: &'static str,
    pub values: Vec<(&'static str, Part)>,
}

/// A paragraph of a message.
#[derive(Debug, Clone)]
pub(crate) enum Paragraph {
    Sentence(Sentence),
    /// What a person wrote.
    Quote(String),
    /// An address alone.
    Link(String),
}

/// What is inserted into a sentence.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Plain(String),
    Strong(String),
    Link { text: String, url: String },
}

impl Sentence {
    /// Creates a sentence from its key in the files of texts and the values of
    /// its placeholders.
    pub fn new(key: &'static str, values: Vec<(&'static str, Part)>) -> Self {
        Self { key, values }
    }

    /// Writes the sentence.
    pub fn write(&self, language: Language, format: Format) -> String {
        let mut text = String::new();
        let mut rest = language.text(self.key);
        while let Some((before, name, after)) = next_name(rest) {
            text.push_str(&format.plain(before));
            match self.values.iter().find(|(known, _)| *known == name) {
                Some((_, part)) => text.push_str(&format.part(part)),
                // A test finds names that no sentence may have.
                None => tracing::error!(key = self.key, name, "a message lacks a value"),
            }
            rest = after;
        }
        text.push_str(&format.plain(rest));
        text
    }
}

/// Splits a text at its first name in braces.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

impl Message {
    /// Writes the subject, in one line.
    pub fn subject(&self, language: Language) -> String {
        let text = self.subject.write(language, Format::Subject);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Writes the paragraphs.
    pub fn paragraphs(&self, language: Language, format: Format) -> Vec<String> {
        let written = |paragraph: &Paragraph| match paragraph {
            Paragraph::Sentence(sentence) => sentence.write(language, format),
            Paragraph::Quote(text) => format.quote(text),
            Paragraph::Link(url) => format.link(url, url),
        };
        self.paragraphs.iter().map(written).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_escaped_in_every_format() {
        let link = Part::Link {
            text: "<b> & *x*".into(),
            url: "https://studio/?a=1&b=\"2".into(),
        };
        let values = vec![("author", Part::Strong("A<b>".into())), ("task", link)];
        let message = Message {
            subject: Sentence::new("mention.subject", values.clone()),
            paragraphs: vec![
                Paragraph::Sentence(Sentence::new("mention.text", values)),
                Paragraph::Quote("one <i>\n*two*".into()),
            ],
        };
        let english = Language::of(Some("en_US"), "fr_FR");
        assert_eq!(message.subject(english), "A<b> mentioned you on <b> & *x*");
        for (format, sentence, quote) in [
            (
                Format::Text,
                "A<b> mentioned you in a comment on <b> & *x* <https://studio/?a=1&b=\"2>:",
                "> one <i>\n> *two*",
            ),
            (
                Format::Html,
                "<strong>A&lt;b&gt;</strong> mentioned you in a comment on \
                 <a href=\"https://studio/?a=1&amp;b=&quot;2\">&lt;b&gt; &amp; *x*</a>:",
                "one &lt;i&gt;<br>*two*",
            ),
            (
                Format::Slack,
                "*A&lt;b&gt;* mentioned you in a comment on \
                 <https://studio/?a=1&amp;b=%222|&lt;b&gt; &amp; *x*>:",
                "> one &lt;i&gt;\n> *two*",
            ),
            (
                Format::Markdown,
                "**A\\<b\\>** mentioned you in a comment on \
                 [\\<b\\> & \\*x\\*](https://studio/?a=1&b=%222):",
                "> one \\<i\\>\n> \\*two\\*",
            ),
        ] {
            assert_eq!(message.paragraphs(english, format), [sentence, quote]);
        }
    }

    #[test]
    fn a_subject_is_one_line() {
        let values = vec![("task", Part::Plain("a\r\nBcc: x@y.z".into()))];
        let message = Message {
            subject: Sentence::new("assignation.subject", values),
            paragraphs: Vec::new(),
        };
        let english = Language::of(None, "en_US");
        assert!(!message.subject(english).contains(['\r', '\n']));
    }
}
