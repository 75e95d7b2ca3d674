//! Exclusive canonicalization without comments
//! (<https://www.w3.org/TR/xml-exc-c14n/>): the bytes that are signed.

#[cfg(test)]
mod differential;

use crate::tree::{Attribute, Element, Node, XML};

/// The name of this algorithm.
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Namespaces that are written, by prefix.
type Written<'a> = Vec<(&'a str, &'a str)>;

/// An element whose end is not written yet.
struct Open<'a> {
    element: Element<'a>,
    nodes: Box<dyn Iterator<Item = Node<'a>> + 'a>,
    /// How many namespaces were written before it.
    written: usize,
}

/// Returns the canonical form of an element with everything in it but `omitted`.
/// The prefixes of `inclusive` (`InclusiveNamespaces`; `#default` for the
/// default namespace) are written wherever they are declared.
pub(crate) fn exclusive(
    apex: Element<'_>,
    omitted: Option<Element<'_>>,
    inclusive: &[String],
) -> String {
    let mut out = String::new();
    let mut written = Written::new();
    let mut open = vec![begin(&mut out, &mut written, apex, inclusive)];
    while let Some(innermost) = open.last_mut() {
        match innermost.nodes.next() {
            Some(Node::Text(text)) => escape_text(&mut out, text),
            Some(Node::Element(element)) if omitted == Some(element) => {}
            Some(Node::Element(element)) => {
                open.push(begin(&mut out, &mut written, element, inclusive));
            }
            None => {
                out.push_str("</");
                push_name(
                    &mut out,
                    innermost.element.prefix(),
                    innermost.element.local(),
                );
                out.push('>');
                written.truncate(innermost.written);
                open.pop();
            }
        }
    }
    out
}

/// Writes the start tag of an element.
fn begin<'a>(
    out: &mut String,
    written: &mut Written<'a>,
    element: Element<'a>,
    inclusive: &'a [String],
) -> Open<'a> {
    let before = written.len();
    let mut prefixes = used_prefixes(element);
    prefixes.extend(inclusive.iter().map(|prefix| match prefix.as_str() {
        "#default" => "",
        prefix => prefix,
    }));
    prefixes.sort_unstable();
    prefixes.dedup();
    out.push('<');
    push_name(out, element.prefix(), element.local());
    for prefix in prefixes.into_iter().filter(|prefix| *prefix != "xml") {
        let Some(namespace) = element.namespace_of(prefix) else {
            // A prefix of the list that is not declared here.
            continue;
        };
        let mut known = written.iter().rev();
        let known = known.find(|(name, _)| *name == prefix);
        let known = known.map_or("", |(_, namespace)| *namespace);
        if known != namespace {
            written.push((prefix, namespace));
            let name = if prefix.is_empty() { "" } else { ":" };
            push_attribute(out, &format!("xmlns{name}{prefix}"), namespace);
        }
    }
    let mut attributes: Vec<&Attribute> = element.attributes().iter().collect();
    attributes.sort_by_key(|attribute| (&attribute.namespace, &attribute.local));
    for attribute in attributes {
        let mut name = String::new();
        push_name(&mut name, &attribute.prefix, &attribute.local);
        push_attribute(out, &name, &attribute.value);
    }
    out.push('>');
    Open {
        element,
        nodes: Box::new(element.nodes()),
        written: before,
    }
}

/// Returns the prefixes that an element and its attributes have; empty for that
/// of the default namespace, which attributes do not use.
fn used_prefixes(element: Element<'_>) -> Vec<&str> {
    let of_attributes = element
        .attributes()
        .iter()
        .filter(|attribute| !attribute.prefix.is_empty() && attribute.namespace != XML)
        .map(|attribute| attribute.prefix.as_str());
    std::iter::once(element.prefix())
        .chain(of_attributes)
        .collect()
}

fn push_name(out: &mut String, prefix: &str, local: &str) {
    if !prefix.is_empty() {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(local);
}

fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
    out.push('"');
}

fn escape_text(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Document, Rules};

    fn canonical(text: &str, apex: &str, inclusive: &[&str]) -> String {
        let document = Document::parse(text, Rules::Metadata).unwrap();
        let inclusive: Vec<String> = inclusive.iter().map(|name| (*name).to_owned()).collect();
        let apex = document
            .elements()
            .find(|element| element.local() == apex)
            .unwrap();
        exclusive(apex, None, &inclusive)
    }

    /// Section 3.2 of Canonical XML, without its DOCTYPE.
    #[test]
    fn whitespace_stays() {
        let text = "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      \
                    A\n      <clean>   </clean>\n      B\n      <dirty>   A   B   </dirty>\n      \
                    C\n   </mixed>\n</doc>";
        assert_eq!(canonical(text, "doc", &[]), text);
    }

    /// Section 3.3 of Canonical XML, which is of the inclusive kind: namespaces
    /// that nothing uses are left out here.
    #[test]
    fn tags_are_in_one_form() {
        let text = "<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   \
                    <e4   name=\"elem4\"   id=\"elem4\"   ></e4>\n   \
                    <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      \
                    xmlns:b=\"http://www.ietf.org\"\n      xmlns:a=\"http://www.w3.org\"\n      \
                    xmlns=\"http://example.org\"/>\n   \
                    <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n      \
                    <e7 xmlns=\"http://www.ietf.org\">\n         \
                    <e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n            \
                    <e9 xmlns=\"\" xmlns:a=\"http://www.ietf.org\"/>\n         </e8>\n      </e7>\n   \
                    </e6>\n</doc>";
        let expected = "<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   \
                        <e4 id=\"elem4\" name=\"elem4\"></e4>\n   \
                        <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" \
                        xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" \
                        b:attr=\"sorted\" a:attr=\"out\"></e5>\n   \
                        <e6>\n      <e7 xmlns=\"http://www.ietf.org\">\n         \
                        <e8 xmlns=\"\">\n            <e9></e9>\n         </e8>\n      </e7>\n   \
                        </e6>\n</doc>";
        assert_eq!(canonical(text, "doc", &[]), expected);
    }

    /// Section 3.4 of Canonical XML, without what a DOCTYPE is needed for.
    #[test]
    fn special_characters_are_escaped() {
        let text = "<doc>\r\n<text>First line&#x0d;&#10;Second line</text><value>&#x32;</value>\
                    <compute expr='value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'/>\
                    <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/></doc>";
        let expected = "<doc>\n<text>First line&#xD;\nSecond line</text><value>2</value>\
                        <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; \
                        ?&quot;valid&quot;:&quot;error&quot;\"></compute>\
                        <norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm></doc>";
        assert_eq!(canonical(text, "doc", &[]), expected);
    }

    /// Section 2.2 of Exclusive XML Canonicalization: the element is the same in
    /// whatever document it is.
    #[test]
    fn the_context_does_not_matter() {
        let alone = "<n1:elem2 xmlns:n0=\"http://a.example\" xmlns:n1=\"http://b.example\" \
                     xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"/></n1:elem2>";
        let expected = "<n1:elem2 xmlns:n1=\"http://b.example\" xml:lang=\"en\">\
                        <n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>";
        assert_eq!(canonical(alone, "elem2", &[]), expected);
        let in_pdu = "<n0:pdu xmlns:n0='http://a.example' xml:lang='fr' xml:space='preserve'>\
                      <n1:elem2 xmlns:n1='http://b.example' xml:lang='en'>\
                      <n3:stuff xmlns:n3='ftp://example.org'/></n1:elem2></n0:pdu>";
        assert_eq!(canonical(in_pdu, "elem2", &[]), expected);
        let local = "<n0:local xmlns:n0='http://something.example' xmlns:n3='ftp://example.org'>\
                     <n1:elem2 xmlns:n1=\"http://b.example\" xml:lang=\"en\">\
                     <n3:stuff/></n1:elem2></n0:local>";
        assert_eq!(canonical(local, "elem2", &[]), expected);
    }

    #[test]
    fn listed_prefixes_are_written_where_they_are_declared() {
        let text = "<a xmlns='urn:d' xmlns:x='urn:x' xmlns:y='urn:y'>\
                    <p:b xmlns:p='urn:p'><p:c xmlns:x='urn:z' xmlns=''/></p:b></a>";
        let plain = "<p:b xmlns:p=\"urn:p\"><p:c></p:c></p:b>";
        assert_eq!(canonical(text, "b", &["none"]), plain);
        let listed = "<p:b xmlns:p=\"urn:p\" xmlns:x=\"urn:x\">\
                      <p:c xmlns:x=\"urn:z\"></p:c></p:b>";
        assert_eq!(canonical(text, "b", &["x"]), listed);
        let default = "<p:b xmlns=\"urn:d\" xmlns:p=\"urn:p\"><p:c xmlns=\"\"></p:c></p:b>";
        assert_eq!(canonical(text, "b", &["#default"]), default);
    }

    #[test]
    fn comments_are_left_out() {
        let text = "<a>b<!-- c -->d<?e f?></a>";
        assert_eq!(canonical(text, "a", &[]), "<a>bd</a>");
    }
}
