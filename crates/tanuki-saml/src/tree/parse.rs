//! From text to a tree, by rules that are stricter than those of XML.

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesStart, Event};

use super::characters::{
    attribute_value, is_absolute_uri, is_allowed, is_space, resolve, split_name,
};
use super::{Attribute, Child, ElementData, Result, XML};

/// The namespace of declarations, which nobody declares either.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// How deep elements may be in one another.
const MAX_DEPTH: usize = 64;

/// How many attributes and declarations an element may have.
const MAX_ATTRIBUTES: usize = 128;

/// How many declarations of namespaces may be in force at a time.
const MAX_BINDINGS: usize = 256;

/// The longest name of a namespace, in bytes: each element and attribute of it
/// has a copy.
const MAX_URI: usize = 256;

/// What a document may have. Neither kind may have a `DOCTYPE`, CDATA sections or
/// entities other than the five that need no declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// What people bring from a provider: no comments and no processing
    /// instructions, and not many elements.
    Message,
    /// What administrators have chosen: comments and processing instructions
    /// are left out.
    Metadata,
}

impl Rules {
    const fn max_elements(self) -> usize {
        match self {
            Self::Message => 5_000,
            Self::Metadata => 50_000,
        }
    }
}

/// Parses a document to its elements, in document order.
pub(super) fn parse(text: &str, rules: Rules) -> Result<Vec<ElementData>> {
    if !text.chars().all(is_allowed) {
        return Err("there are characters that XML does not have".into());
    }
    let mut parser = Parser {
        rules,
        elements: Vec::new(),
        open: Vec::new(),
        bindings: Vec::new(),
    };
    let mut reader = Reader::from_str(text);
    let mut is_first = true;
    loop {
        // The reader's own messages repeat what was sent.
        let event = reader.read_event();
        let event = event.map_err(|_| "the document is not well-formed XML")?;
        match event {
            Event::Decl(declaration) if is_first => check_declaration(&declaration)?,
            Event::Start(start) => parser.start(&start)?,
            Event::Empty(start) => {
                parser.start(&start)?;
                parser.end();
            }
            Event::End(_) => parser.end(),
            Event::Text(text) => parser.text(utf8(&text)?)?,
            Event::GeneralRef(reference) => parser.reference(utf8(&reference)?)?,
            Event::Comment(_) | Event::PI(_) if rules == Rules::Metadata => {}
            Event::Comment(_) | Event::PI(_) => {
                return Err("there are comments or processing instructions".into());
            }
            Event::Decl(_) => return Err("there is a declaration within the document".into()),
            Event::DocType(_) => return Err("there is a DOCTYPE".into()),
            Event::CData(_) => return Err("there is a CDATA section".into()),
            Event::Eof => break,
        }
        is_first = false;
    }
    match parser.open.is_empty() {
        true => Ok(parser.elements),
        false => Err("the document breaks off".into()),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| "the text is not UTF-8".into())
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<()> {
    let is_known = declaration
        .version()
        .is_ok_and(|version| version.as_ref() == b"1.0");
    if !is_known {
        return Err("the document is of another version of XML".into());
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case(b"utf-8") => Ok(()),
        Some(_) => Err("the document is not in UTF-8".into()),
    }
}

struct Parser {
    rules: Rules,
    elements: Vec<ElementData>,
    /// The elements that have no end yet, outermost first.
    open: Vec<usize>,
    /// The namespaces in force, by prefix, with the depth of their elements.
    bindings: Vec<(usize, String, String)>,
}

impl Parser {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<()> {
        let index = self.elements.len();
        let depth = self.open.len();
        if depth == 0 && index > 0 {
            return Err("there are several root elements".into());
        }
        if depth >= MAX_DEPTH || index >= self.rules.max_elements() {
            return Err("there are too many elements".into());
        }
        let written = split_attributes(utf8(start.attributes_raw())?)?;
        let declarations = self.declare(&written)?;
        let name = start.name();
        let (prefix, local) = split_name(utf8(name.as_ref())?)?;
        let attributes = self.attributes(&written)?;
        let parent = self.open.last().copied();
        self.elements.push(ElementData {
            prefix: prefix.to_owned(),
            local: local.to_owned(),
            namespace: self.namespace(prefix)?.to_owned(),
            attributes,
            declarations,
            parent,
            children: Vec::new(),
        });
        if let Some(parent) = parent {
            self.elements[parent].children.push(Child::Element(index));
        }
        self.open.push(index);
        Ok(())
    }

    /// Puts the namespaces in force that an element declares.
    fn declare(&mut self, written: &[(&str, &str)]) -> Result<Vec<(String, String)>> {
        let mut declarations: Vec<(String, String)> = Vec::new();
        for (name, value) in written {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => match rest.strip_prefix(':') {
                    Some(prefix) => split_name(prefix)?.1,
                    None => continue,
                },
                None => continue,
            };
            let uri = attribute_value(value)?;
            let is_usable = match uri.as_str() {
                "" => prefix.is_empty(),
                XML | XMLNS => false,
                uri => uri.len() <= MAX_URI && is_absolute_uri(uri),
            };
            if !is_usable || ["xml", "xmlns"].contains(&prefix) || name.matches(':').count() > 1 {
                return Err("a namespace is declared that is none".into());
            }
            if declarations.iter().any(|(known, _)| known == prefix) {
                return Err("a namespace is declared twice".into());
            }
            declarations.push((prefix.to_owned(), uri));
        }
        if self.bindings.len() + declarations.len() > MAX_BINDINGS {
            return Err("there are too many namespaces".into());
        }
        let depth = self.open.len();
        for (prefix, uri) in &declarations {
            self.bindings.push((depth, prefix.clone(), uri.clone()));
        }
        Ok(declarations)
    }

    fn namespace(&self, prefix: &str) -> Result<&str> {
        if prefix == "xml" {
            return Ok(XML);
        }
        let mut bound = self.bindings.iter().rev();
        match bound.find(|(_, name, _)| name == prefix) {
            Some((_, _, uri)) => Ok(uri),
            None if prefix.is_empty() => Ok(""),
            None => Err("a prefix is not declared".into()),
        }
    }

    fn attributes(&self, written: &[(&str, &str)]) -> Result<Vec<Attribute>> {
        let mut attributes: Vec<Attribute> = Vec::new();
        for (name, value) in written {
            let (prefix, local) = split_name(name)?;
            if *name == "xmlns" || prefix == "xmlns" {
                continue;
            }
            let namespace = match prefix {
                "" => "",
                _ => self.namespace(prefix)?,
            };
            let is_same = |known: &Attribute| known.local == local && known.namespace == namespace;
            if attributes.iter().any(is_same) {
                return Err("an attribute is there twice".into());
            }
            attributes.push(Attribute {
                prefix: prefix.to_owned(),
                local: local.to_owned(),
                namespace: namespace.to_owned(),
                value: attribute_value(value)?,
            });
        }
        Ok(attributes)
    }

    /// Ends the innermost element; the reader has checked its name.
    fn end(&mut self) {
        self.open.pop();
        let depth = self.open.len();
        let is_in_force = |(of, _, _): &(usize, String, String)| *of < depth;
        let kept = self.bindings.iter().take_while(|b| is_in_force(b)).count();
        self.bindings.truncate(kept);
    }

    fn text(&mut self, text: &str) -> Result<()> {
        if self.open.is_empty() {
            return match text.chars().all(is_space) {
                true => Ok(()),
                false => Err("there is text outside of the root element".into()),
            };
        }
        if text.contains("]]>") || text.contains('&') {
            return Err("the text is not well-formed".into());
        }
        self.push_text(&text.replace("\r\n", "\n").replace('\r', "\n"));
        Ok(())
    }

    fn reference(&mut self, reference: &str) -> Result<()> {
        if self.open.is_empty() {
            return Err("there is text outside of the root element".into());
        }
        self.push_text(resolve(reference)?.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    /// Adds text to the innermost element: to the text that it ends with, if it
    /// does.
    fn push_text(&mut self, text: &str) {
        let Some(&open) = self.open.last() else {
            return;
        };
        let children = &mut self.elements[open].children;
        match children.last_mut() {
            Some(Child::Text(before)) => before.push_str(text),
            _ => children.push(Child::Text(text.to_owned())),
        }
    }
}

/// Splits what is written in a tag after its name into names and values, as
/// these are written.
fn split_attributes(written: &str) -> Result<Vec<(&str, &str)>> {
    let malformed = || "an attribute is malformed".to_owned();
    let mut found = Vec::new();
    let mut rest = written;
    loop {
        let trimmed = rest.trim_start_matches(is_space);
        if trimmed.is_empty() {
            return Ok(found);
        }
        if trimmed.len() == rest.len() || found.len() == MAX_ATTRIBUTES {
            return Err(malformed());
        }
        let (name, after) = trimmed.split_once('=').ok_or_else(malformed)?;
        let after = after.trim_start_matches(is_space);
        let quote = after
            .chars()
            .next()
            .filter(|quote| ['"', '\''].contains(quote));
        let quote = quote.ok_or_else(malformed)?;
        let (value, after) = after[1..].split_once(quote).ok_or_else(malformed)?;
        found.push((name.trim_end_matches(is_space), value));
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Document;
    use super::*;

    fn refused(text: &str) -> String {
        Document::parse(text, Rules::Message).unwrap_err()
    }

    #[test]
    fn texts_and_namespaces_are_read() {
        let text = "\u{feff}";
        assert!(Document::parse(text, Rules::Metadata).is_err());
        let text = "<?xml version=\"1.0\" encoding='utf-8'?>\r\n<a xmlns='urn:a' xmlns:b=\"urn:b\" \
                    b:x = 'y' x=\"z\"><b:c>one\r\n&amp;&#x9;two</b:c><c xmlns=''/></a>\n";
        let document = Document::parse(text, Rules::Message).unwrap();
        let root = document.root();
        assert!(root.is("urn:a", "a"));
        assert_eq!(root.attribute("x"), Some("z"));
        let children: Vec<_> = root.children().collect();
        assert!(children[0].is("urn:b", "c"));
        assert_eq!(children[0].text().unwrap(), "one\n&\ttwo");
        assert!(children[1].is("", "c"));
        assert!(root.text().is_err());
        assert_eq!(children[1].namespace_of("b"), Some("urn:b"));
        assert_eq!(children[1].namespace_of(""), Some(""));
        assert_eq!(root.namespace_of("c"), None);
    }

    #[test]
    fn long_names_of_namespaces_are_refused() {
        let named = |length: usize| format!("<a xmlns=\"urn:{}\"/>", "x".repeat(length - 4));
        assert!(Document::parse(&named(MAX_URI), Rules::Message).is_ok());
        refused(&named(MAX_URI + 1));
    }

    #[test]
    fn what_other_parsers_may_read_otherwise_is_refused() {
        for text in [
            "",
            " ",
            "text",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a/>text",
            "<a/>&amp;",
            "&#32;<a/>",
            "<a><!-- --></a>",
            "<!-- --><a/>",
            "<a/><!-- -->",
            "<a><?x y?></a>",
            "<?x y?><a/>",
            "<a><![CDATA[b]]></a>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "<?xml version=\"1.1\"?><a/>",
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>",
            " <?xml version=\"1.0\"?><a/>",
            "<a><?xml version=\"1.0\"?></a>",
            "<a>&nbsp;</a>",
            "<a>&#0;</a>",
            "<a>& b</a>",
            "<a>]]></a>",
            "<a>\u{1}</a>",
            "<a>\u{ffff}</a>",
            "<a b='c' b='d'/>",
            "<a xmlns:p='urn:a' xmlns:q='urn:a' p:b='' q:b=''/>",
            "<a xmlns:p='urn:a' xmlns:p='urn:b'/>",
            "<a xmlns='urn:a' xmlns='urn:b'/>",
            "<a xmlns:p=''/>",
            "<a xmlns:p='relative'/>",
            "<a xmlns='../b'/>",
            "<a xmlns:xml='urn:a'/>",
            "<a xmlns:xmlns='urn:a'/>",
            "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
            "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
            "<p:a/>",
            "<a p:b=''/>",
            "<xmlns:a/>",
            "<a:b:c xmlns:a='urn:a'/>",
            "<:a/>",
            "<a:/>",
            "<1/>",
            "<a b=c/>",
            "<a b/>",
            "<a b='c'd='e'/>",
            "<a b='<'/>",
            "<a b='&c;'/>",
            "<a =''/>",
            "<a 'b'='c'/>",
        ] {
            refused(text);
        }
        assert!(refused("<!DOCTYPE a><a/>").contains("DOCTYPE"));
        assert!(refused("<a><!-- --></a>").contains("comments"));
    }

    #[test]
    fn comments_of_metadata_are_left_out() {
        let text = "<!-- a --><a><?b c?>d<!-- e -->f</a>";
        let document = Document::parse(text, Rules::Metadata).unwrap();
        assert_eq!(document.root().text().unwrap(), "df");
    }

    #[test]
    fn there_are_bounds() {
        let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(Document::parse(&deep(MAX_DEPTH), Rules::Message).is_ok());
        assert!(refused(&deep(MAX_DEPTH + 1)).contains("too many"));
        let many = format!("<a>{}</a>", "<b/>".repeat(5_000));
        assert!(refused(&many).contains("too many"));
        assert!(Document::parse(&many, Rules::Metadata).is_ok());
        let attributes = |count: usize| {
            let all: String = (0..count).map(|i| format!(" a{i}=''")).collect();
            format!("<a{all}/>")
        };
        assert!(Document::parse(&attributes(MAX_ATTRIBUTES), Rules::Message).is_ok());
        refused(&attributes(MAX_ATTRIBUTES + 1));
        let nested = |level: usize| {
            let all: String = (0..100)
                .map(|i| format!(" xmlns:p{level}x{i}='urn:a'"))
                .collect();
            format!("<a{all}>")
        };
        let open: String = (0..3).map(nested).collect();
        assert!(refused(&format!("{open}</a></a></a>")).contains("namespaces"));
        // Those of siblings are not in force together.
        let siblings: String = (0..5).map(|level| nested(level) + "</a>").collect();
        assert!(Document::parse(&format!("<a>{siblings}</a>"), Rules::Message).is_ok());
    }
}
