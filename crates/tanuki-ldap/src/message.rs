//! The messages of LDAP (RFC 4511) that a client needs to check passwords and to
//! search.

use crate::ber::{BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTETS, Reader, SEQUENCE, SET, Writer};

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
const CONTROLS: u8 = 0xa0;

const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// Simple paged results (RFC 2696).
const PAGED: &str = "1.2.840.113556.1.4.319";

/// The most bytes of a page's cookie, which a server gives and gets back.
const MAX_COOKIE: usize = 64 * 1024;

/// The result codes (RFC 4511, appendix A) that this client handles.
pub(crate) mod code {
    pub const SUCCESS: i32 = 0;
    pub const CONSTRAINT_VIOLATION: i32 = 19;
    pub const NO_SUCH_OBJECT: i32 = 32;
    pub const INVALID_CREDENTIALS: i32 = 49;
    pub const UNWILLING_TO_PERFORM: i32 = 53;
}

/// A condition on entries. It is never text, so no value can become another
/// condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Equals(&'static str, String),
    Has(&'static str),
    /// A value that matches by a rule, which is an object identifier.
    Matches {
        rule: &'static str,
        attribute: &'static str,
        value: String,
    },
}

impl Filter {
    /// Matches the entries of an object class.
    pub fn is_of_class(class: &str) -> Self {
        Self::Equals("objectClass", class.to_owned())
    }

    // The depth is that of the filters in this crate.
    fn write(&self, to: &mut Writer) {
        let list = |tag: u8, filters: &[Self], to: &mut Writer| {
            to.nested(tag, |to| filters.iter().for_each(|filter| filter.write(to)));
        };
        match self {
            Self::All(filters) => list(0xa0, filters, to),
            Self::Any(filters) => list(0xa1, filters, to),
            Self::Not(filter) => to.nested(0xa2, |to| filter.write(to)),
            Self::Equals(attribute, value) => to.nested(0xa3, |to| {
                to.text(attribute);
                to.text(value);
            }),
            Self::Has(attribute) => to.value(0x87, attribute.as_bytes()),
            Self::Matches {
                rule,
                attribute,
                value,
            } => to.nested(0xa9, |to| {
                to.value(0x81, rule.as_bytes());
                to.value(0x82, attribute.as_bytes());
                to.value(0x83, value.as_bytes());
            }),
        }
    }
}

/// Where a search looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// At the entry itself.
    Entry = 0,
    /// At the entry and all below.
    Below = 2,
}

/// A search.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub base: String,
    pub scope: Scope,
    pub filter: Filter,
    pub attributes: Vec<&'static str>,
    /// The most entries of a page.
    pub page: i32,
}

/// A request.
#[derive(Debug)]
pub(crate) enum Request<'a> {
    /// A simple bind.
    Bind {
        name: &'a str,
        password: &'a str,
    },
    Unbind,
    StartTls,
    /// The page after that with the cookie, which is empty for the first.
    Page {
        search: &'a Search,
        cookie: &'a [u8],
    },
}

impl Request<'_> {
    pub fn encode(&self, id: i32) -> Vec<u8> {
        let mut message = Writer::default();
        message.nested(SEQUENCE, |message| {
            message.number(INTEGER, id);
            self.write(message);
        });
        message.finish()
    }

    fn write(&self, to: &mut Writer) {
        match self {
            Self::Bind { name, password } => to.nested(BIND_REQUEST, |to| {
                to.number(INTEGER, 3);
                to.text(name);
                to.value(0x80, password.as_bytes());
            }),
            Self::Unbind => to.value(UNBIND_REQUEST, &[]),
            Self::StartTls => to.nested(EXTENDED_REQUEST, |to| {
                to.value(0x80, START_TLS.as_bytes());
            }),
            Self::Page { search, cookie } => {
                to.nested(SEARCH_REQUEST, |to| search.write(to));
                to.nested(CONTROLS, |to| {
                    to.nested(SEQUENCE, |to| write_paging(to, search.page, cookie));
                });
            }
        }
    }
}

impl Search {
    fn write(&self, to: &mut Writer) {
        to.text(&self.base);
        to.number(ENUMERATED, self.scope as i32);
        // Aliases are not followed; no limits but the server's and the caller's.
        to.number(ENUMERATED, 0);
        to.number(INTEGER, 0);
        to.number(INTEGER, 0);
        to.boolean(false);
        self.filter.write(to);
        to.nested(SEQUENCE, |to| {
            self.attributes.iter().for_each(|name| to.text(name));
        });
    }
}

/// Writes the control of paged results. It is not critical: a server without it
/// answers as a whole.
fn write_paging(to: &mut Writer, page: i32, cookie: &[u8]) {
    to.text(PAGED);
    let mut value = Writer::default();
    value.nested(SEQUENCE, |value| {
        value.number(INTEGER, page);
        value.value(OCTETS, cookie);
    });
    to.value(OCTETS, &value.finish());
}

/// How a server ends an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub code: i32,
    /// What it says about that; may be empty.
    pub message: String,
}

/// An entry that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    #[cfg(test)]
    pub fn new(dn: &str, attributes: Vec<(String, Vec<Vec<u8>>)>) -> Self {
        let dn = dn.to_owned();
        Self { dn, attributes }
    }

    /// Returns the values of an attribute.
    pub fn values(&self, name: &str) -> &[Vec<u8>] {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map_or(&[], |(_, values)| values)
    }

    /// Returns the values of an attribute that are texts, without spaces around
    /// them and without empty ones.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let values = self.values(name).iter();
        values
            .filter_map(|value| std::str::from_utf8(value).ok())
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .collect()
    }

    /// Returns the first of [`texts`](Self::texts).
    pub fn text(&self, name: &str) -> Option<String> {
        self.texts(name).into_iter().next()
    }
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Response {
    Bound(Outcome),
    Entry(Entry),
    /// Other servers have more of what was searched for.
    Reference,
    /// The search, or the page of it, is over. The cookie is empty after the
    /// last.
    Done {
        outcome: Outcome,
        cookie: Vec<u8>,
    },
    Extended(Outcome),
}

impl Response {
    /// Reads a message; returns the id of the request that it answers, 0 if it
    /// answers none.
    pub fn decode(bytes: &[u8]) -> Result<(i32, Self), Malformed> {
        let mut message = Reader::new(bytes).nested(SEQUENCE)?;
        let id = message.number(INTEGER)?;
        let (tag, content) = message.any()?;
        let mut content = Reader::new(content);
        let response = match tag {
            BIND_RESPONSE => Self::Bound(outcome(&mut content)?),
            SEARCH_ENTRY => Self::Entry(entry(&mut content)?),
            SEARCH_REFERENCE => Self::Reference,
            SEARCH_DONE => Self::Done {
                outcome: outcome(&mut content)?,
                cookie: cookie(message)?,
            },
            EXTENDED_RESPONSE => Self::Extended(outcome(&mut content)?),
            _ => return Err(Malformed),
        };
        Ok((id, response))
    }
}

fn outcome(content: &mut Reader<'_>) -> Result<Outcome, Malformed> {
    let code = content.number(ENUMERATED)?;
    content.value(OCTETS)?;
    Ok(Outcome {
        code,
        message: content.text()?,
    })
}

fn entry(content: &mut Reader<'_>) -> Result<Entry, Malformed> {
    let dn = content.text()?;
    let mut list = content.nested(SEQUENCE)?;
    let mut attributes = Vec::new();
    while !list.is_empty() {
        let mut attribute = list.nested(SEQUENCE)?;
        let name = attribute.text()?;
        let mut values = attribute.nested(SET)?;
        let mut found = Vec::new();
        while !values.is_empty() {
            found.push(values.value(OCTETS)?.to_vec());
        }
        attributes.push((name, found));
    }
    Ok(Entry { dn, attributes })
}

/// Reads the cookie of the next page after the response in a message.
fn cookie(mut message: Reader<'_>) -> Result<Vec<u8>, Malformed> {
    let Some(controls) = message.optional(CONTROLS)? else {
        return Ok(Vec::new());
    };
    let mut controls = Reader::new(controls);
    while !controls.is_empty() {
        let mut control = controls.nested(SEQUENCE)?;
        let kind = control.text()?;
        control.optional(BOOLEAN)?;
        let value = control.optional(OCTETS)?;
        if kind == PAGED {
            let mut value = Reader::new(value.ok_or(Malformed)?).nested(SEQUENCE)?;
            value.value(INTEGER)?;
            let cookie = value.value(OCTETS)?;
            let fits = cookie.len() <= MAX_COOKIE;
            return fits.then(|| cookie.to_vec()).ok_or(Malformed);
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_has_the_bytes_of_the_standard() {
        let bind = Request::Bind {
            name: "cn=a",
            password: "pw",
        };
        let expected = [
            0x30, 0x12, 2, 1, 1, 0x60, 0x0d, 2, 1, 3, 4, 4, b'c', b'n', b'=', b'a', 0x80, 2, b'p',
            b'w',
        ];
        assert_eq!(bind.encode(1), expected);
    }

    #[test]
    fn a_filter_keeps_values_as_they_are() {
        let filter = Filter::All(vec![
            Filter::is_of_class("person"),
            Filter::Not(Box::new(Filter::Has("x"))),
            Filter::Equals("cn", "*)(uid=*".into()),
        ]);
        let mut writer = Writer::default();
        filter.write(&mut writer);
        let bytes = writer.finish();
        let mut all = Reader::new(&bytes).nested(0xa0).unwrap();
        let mut equals = all.nested(0xa3).unwrap();
        assert_eq!(equals.text().unwrap(), "objectClass");
        assert_eq!(all.nested(0xa2).unwrap().value(0x87).unwrap(), b"x");
        let mut equals = all.nested(0xa3).unwrap();
        equals.text().unwrap();
        assert_eq!(equals.text().unwrap(), "*)(uid=*");
    }

    #[test]
    fn entries_and_cookies_are_read() {
        let mut message = Writer::default();
        message.nested(SEQUENCE, |to| {
            to.number(INTEGER, 2);
            to.nested(SEARCH_ENTRY, |to| {
                to.text("uid=a");
                to.nested(SEQUENCE, |to| {
                    to.nested(SEQUENCE, |to| {
                        to.text("Mail");
                        to.nested(SET, |to| {
                            to.text(" a@b ");
                            to.value(OCTETS, &[0xff]);
                            to.text("");
                        });
                    });
                });
            });
        });
        let (id, response) = Response::decode(&message.finish()).unwrap();
        let Response::Entry(entry) = response else {
            panic!("{response:?}")
        };
        assert_eq!((id, &*entry.dn), (2, "uid=a"));
        assert_eq!(entry.texts("mail"), ["a@b"]);
        assert_eq!(entry.values("mail").len(), 3);
        assert_eq!(entry.text("cn"), None);

        let mut message = Writer::default();
        message.nested(SEQUENCE, |to| {
            to.number(INTEGER, 2);
            to.nested(SEARCH_DONE, |to| {
                to.number(ENUMERATED, 0);
                to.text("");
                to.text("fine");
            });
            to.nested(CONTROLS, |to| {
                to.nested(SEQUENCE, |to| {
                    to.text("1.2.3");
                    to.boolean(true);
                });
                to.nested(SEQUENCE, |to| write_paging(to, 0, b"next"));
            });
        });
        let done = Response::Done {
            outcome: Outcome {
                code: 0,
                message: "fine".into(),
            },
            cookie: b"next".to_vec(),
        };
        assert_eq!(Response::decode(&message.finish()), Ok((2, done)));
    }

    #[test]
    fn other_messages_are_malformed() {
        assert_eq!(Response::decode(b""), Err(Malformed));
        assert_eq!(Response::decode(&[0x30, 3, 2, 1, 1]), Err(Malformed));
        let request = Request::StartTls.encode(1);
        assert_eq!(Response::decode(&request), Err(Malformed));
    }
}
