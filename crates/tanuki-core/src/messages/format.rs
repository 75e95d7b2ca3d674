//! Markup: how emphasis, links and quotes are written, and what is escaped.

use super::Part;

/// A format of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The subject of a mail: plain text without addresses.
    Subject,
    /// The plain text of a mail.
    Text,
    Html,
    /// Slack's `mrkdwn`.
    Slack,
    /// Markdown, as Discord and Mattermost read it.
    Markdown,
}

impl Format {
    /// Escapes a text.
    pub fn plain(self, text: &str) -> String {
        match self {
            Self::Subject | Self::Text => text.to_owned(),
            Self::Html => escaped(text, |c| match c {
                '&' => Some("&amp;"),
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                '"' => Some("&quot;"),
                '\'' => Some("&#39;"),
                _ => None,
            }),
            Self::Slack => escaped(text, |c| match c {
                '&' => Some("&amp;"),
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                _ => None,
            }),
            Self::Markdown => {
                let mut out = String::with_capacity(text.len());
                for c in text.chars() {
                    if "\\`*_~|[]<>#".contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                }
                out
            }
        }
    }

    /// Writes what is inserted into a sentence.
    pub fn part(self, part: &Part) -> String {
        match part {
            Part::Plain(text) => self.plain(text),
            Part::Strong(text) => {
                let text = self.plain(text);
                match self {
                    Self::Subject | Self::Text => text,
                    Self::Html => format!("<strong>{text}</strong>"),
                    Self::Slack => format!("*{text}*"),
                    Self::Markdown => format!("**{text}**"),
                }
            }
            Part::Link { text, url } => self.link(text, url),
        }
    }

    /// Writes a link.
    pub fn link(self, text: &str, url: &str) -> String {
        let shown = self.plain(text);
        match self {
            Self::Subject => shown,
            Self::Text if text == url => shown,
            Self::Text => format!("{shown} <{url}>"),
            Self::Html => format!("<a href=\"{}\">{shown}</a>", self.plain(url)),
            Self::Slack => format!("<{}|{shown}>", self.plain(&url_escaped(url))),
            Self::Markdown => format!("[{shown}]({})", url_escaped(url)),
        }
    }

    /// Writes what somebody wrote as a quote, with its lines.
    pub fn quote(self, text: &str) -> String {
        let lines = text.trim().lines().map(|line| self.plain(line.trim_end()));
        match self {
            Self::Html => lines.collect::<Vec<_>>().join("<br>"),
            _ => {
                let lines = lines.map(|line| format!("> {line}"));
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

fn escaped(text: &str, entity: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match entity(c) {
            Some(entity) => out.push_str(entity),
            None => out.push(c),
        }
    }
    out
}

/// Percent-encodes what would end an address in a chat's markup.
fn url_escaped(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '"' | '<' | '>' | '|' | '(' | ')' | ' ' => {
                out.push_str(&format!("%{:02X}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out
}
