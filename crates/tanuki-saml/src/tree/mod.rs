//! An XML document as a tree that nothing changes once it is parsed.
//!
//! The tree keeps prefixes and declarations of namespaces, which
//! canonicalization needs. Elements are in one list, so that nothing recurses.

mod characters;
mod parse;

pub(crate) use parse::Rules;

/// Why a document, or a part of it, is refused. For the log.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// The namespace of the prefix `xml`, which nobody declares.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

#[derive(Debug)]
pub(crate) struct Attribute {
    /// Empty if there is none.
    pub prefix: String,
    pub local: String,
    /// Empty if there is none, which is so without a prefix.
    pub namespace: String,
    pub value: String,
}

#[derive(Debug)]
enum Child {
    Element(usize),
    Text(String),
}

#[derive(Debug)]
struct ElementData {
    prefix: String,
    local: String,
    namespace: String,
    attributes: Vec<Attribute>,
    /// The namespaces that the element declares, by prefix; the default one has
    /// an empty prefix, and an empty namespace where it is taken back.
    declarations: Vec<(String, String)>,
    parent: Option<usize>,
    children: Vec<Child>,
}

/// A document. Its elements are in document order; the first is the root.
#[derive(Debug)]
pub(crate) struct Document(Vec<ElementData>);

/// An element of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    elements: &'a [ElementData],
    data: &'a ElementData,
}

/// A child of an element.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Node<'a> {
    Element(Element<'a>),
    Text(&'a str),
}

impl Document {
    /// Parses a document.
    ///
    /// # Errors
    /// If it is not well-formed, or breaks the rules.
    pub fn parse(text: &str, rules: Rules) -> Result<Self> {
        let elements = parse::parse(text, rules)?;
        if elements.is_empty() {
            return Err("there is no element".into());
        }
        Ok(Self(elements))
    }

    /// Returns the root element.
    pub fn root(&self) -> Element<'_> {
        // A document is not made without one.
        self.element(0)
    }

    /// Returns all elements, in document order.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        (0..self.0.len()).map(|index| self.element(index))
    }

    fn element(&self, index: usize) -> Element<'_> {
        Element {
            elements: &self.0,
            data: &self.0[index],
        }
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.data, other.data)
    }
}

impl<'a> Element<'a> {
    fn at(self, index: usize) -> Self {
        Self {
            data: &self.elements[index],
            ..self
        }
    }

    pub fn prefix(self) -> &'a str {
        &self.data.prefix
    }

    pub fn local(self) -> &'a str {
        &self.data.local
    }

    /// Whether the element has this name.
    pub fn is(self, namespace: &str, local: &str) -> bool {
        self.data.namespace == namespace && self.data.local == local
    }

    pub fn attributes(self) -> &'a [Attribute] {
        &self.data.attributes
    }

    /// Returns the value of an attribute without a namespace.
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        let is_it =
            |attribute: &&Attribute| attribute.namespace.is_empty() && attribute.local == name;
        let found = self.data.attributes.iter().find(is_it);
        found.map(|attribute| attribute.value.as_str())
    }

    /// Returns the namespaces that the element declares, by prefix.
    pub fn declarations(self) -> &'a [(String, String)] {
        &self.data.declarations
    }

    pub fn parent(self) -> Option<Self> {
        self.data.parent.map(|index| self.at(index))
    }

    /// Returns the namespace of a prefix at this element; empty where the
    /// default one is not declared. `None` for an unknown prefix.
    pub fn namespace_of(self, prefix: &str) -> Option<&'a str> {
        let declared = std::iter::successors(Some(self), |element| element.parent())
            .flat_map(|element| element.declarations())
            .find(|(name, _)| name == prefix);
        let declared = declared.map(|(_, namespace)| namespace.as_str());
        declared.or_else(|| prefix.is_empty().then_some(""))
    }

    pub fn nodes(self) -> impl DoubleEndedIterator<Item = Node<'a>> {
        self.data.children.iter().map(move |child| match child {
            Child::Element(index) => Node::Element(self.at(*index)),
            Child::Text(text) => Node::Text(text),
        })
    }

    /// Returns the child elements.
    pub fn children(self) -> impl Iterator<Item = Element<'a>> {
        self.nodes().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Returns the child elements of a name.
    pub fn all(self, namespace: &str, local: &str) -> impl Iterator<Item = Element<'a>> {
        self.children()
            .filter(move |child| child.is(namespace, local))
    }

    /// Returns the child element of a name, which is there at most once.
    ///
    /// # Errors
    /// If it is there several times.
    pub fn optional(self, namespace: &str, local: &str) -> Result<Option<Element<'a>>> {
        let mut found = self.all(namespace, local);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(format!("there are several {local} in {}", self.local())),
            (found, None) => Ok(found),
        }
    }

    /// Returns the child element of a name, which is there exactly once.
    ///
    /// # Errors
    /// If it is not.
    pub fn only(self, namespace: &str, local: &str) -> Result<Element<'a>> {
        let found = self.optional(namespace, local)?;
        found.ok_or_else(|| format!("there is no {local} in {}", self.local()))
    }

    /// Returns the whole text of an element that has nothing but text.
    ///
    /// # Errors
    /// If it has child elements, in which other parsers end the text.
    pub fn text(self) -> Result<String> {
        self.nodes()
            .map(|node| match node {
                Node::Text(text) => Ok(text),
                Node::Element(_) => Err(format!("there are elements in {}", self.local())),
            })
            .collect()
    }

    /// Returns the text of an element without the whitespace around it.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn trimmed(self) -> Result<String> {
        Ok(self.text()?.trim_matches(characters::is_space).to_owned())
    }
}
