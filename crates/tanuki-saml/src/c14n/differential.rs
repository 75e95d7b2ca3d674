//! Random documents, canonicalized here and by libxml2.

use std::process::Command;

use serde_json::Value;
use tanuki_testkit::tools;

use super::exclusive;
use crate::tree::{Document, Element, Rules};

fn numbered<'a>(document: &'a Document, number: &Value) -> Option<Element<'a>> {
    let number = number.as_str()?;
    document
        .elements()
        .find(|element| element.attribute("n") == Some(number))
}

#[test]
fn random_documents_are_as_libxml2_has_them() {
    let python = tools::python_with_saml();
    let Some(python) = tools::or_skip(python, "a suite of SAML", "lxml and xmlsec1") else {
        return;
    };
    let count = std::env::var("TANUKI_TEST_DOCUMENTS").unwrap_or_else(|_| "2000".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/canonical.py");
    let made = Command::new(python)
        .args([script, "20261128", &count])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let lines = String::from_utf8(made.stdout).unwrap();
    let mut compared = 0;
    for line in lines.lines() {
        let made: Value = serde_json::from_str(line).unwrap();
        let text = made["text"].as_str().unwrap();
        let document = Document::parse(text, Rules::Message).unwrap();
        let apex = numbered(&document, &made["apex"]).unwrap();
        let omitted = numbered(&document, &made["omitted"]);
        let prefixes = made["prefixes"].as_array().unwrap();
        let prefixes: Vec<String> = prefixes
            .iter()
            .map(|prefix| prefix.as_str().unwrap().to_owned())
            .collect();
        let ours = exclusive(apex, omitted, &prefixes);
        assert_eq!(ours, made["canonical"].as_str().unwrap(), "{line}");
        // What is canonical stays so, whatever was around it.
        if prefixes.is_empty() {
            let again = Document::parse(&ours, Rules::Message).unwrap();
            assert_eq!(exclusive(again.root(), None, &[]), ours);
        }
        compared += 1;
    }
    assert_eq!(compared.to_string(), count);
}
