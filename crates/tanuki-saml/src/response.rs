//! Responses of a provider, and what they assert.

use std::collections::HashSet;

use tanuki_domain::dates::parse_rfc3339_as_utc;

use crate::keys::Key;
use crate::names::{ASSERTION, DSIG, PROTOCOL, ServiceProvider};
use crate::signature::{self, Refusal};
use crate::tree::{Document, Element, Result, Rules};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";

/// How much clocks may differ, in seconds.
const SKEW: i64 = 120;

/// How long after it was issued an assertion is taken at most, in seconds.
const MAX_AGE: i64 = 24 * 60 * 60;

/// The longest id and name identifier, in bytes.
const MAX_ID: usize = 1024;

/// The most values of attributes that are read.
const MAX_VALUES: usize = 3_000;

/// What a response has to be about.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    /// The entity id of the provider.
    pub issuer: &'a str,
    pub service: &'a ServiceProvider,
    /// In Unix seconds.
    pub now: i64,
}

/// An attribute of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub friendly_name: Option<String>,
    /// Values with markup in them are left out.
    pub values: Vec<String>,
}

/// What a provider has signed about somebody who logged in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The entity id of the provider.
    pub issuer: String,
    /// Identifies the assertion at the issuer. To be taken once.
    pub id: String,
    /// Until when it has to be remembered, in Unix seconds.
    pub remember_until: i64,
    /// The request that it answers; `None` if the provider sends it unasked.
    pub in_response_to: Option<String>,
    /// Not empty.
    pub name_id: String,
    pub name_id_format: Option<String>,
    pub attributes: Vec<Attribute>,
}

/// Verifies a response.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn verify(
    text: &str,
    keys: &[Key],
    expected: &Expected<'_>,
) -> std::result::Result<Assertion, Refusal> {
    let document = Document::parse(text, Rules::Message)?;
    let assertion = the_assertion(&document)?;
    check_response(document.root(), expected)?;
    let in_response_to = document.root().attribute("InResponseTo");
    let in_response_to = in_response_to
        .filter(|id| !id.is_empty())
        .map(str::to_owned);
    let signed = signature::verify(assertion, keys)?;
    // From here on, only what is signed is looked at.
    drop(document);
    let assertion = read(signed.root(), expected)?;
    // Unsigned, it can only refuse.
    if in_response_to.is_some() && in_response_to != assertion.in_response_to {
        return Err("response and assertion answer different requests".into());
    }
    Ok(assertion)
}

/// Returns the one assertion of a response.
fn the_assertion(document: &Document) -> Result<Element<'_>> {
    let root = document.root();
    if !root.is(PROTOCOL, "Response") {
        return Err("it is no response".into());
    }
    let mut ids = HashSet::new();
    let mut found = None;
    for element in document.elements() {
        if element.attribute("ID").is_some_and(|id| !ids.insert(id)) {
            return Err("two elements have the same ID".into());
        }
        match element.local() {
            "EncryptedAssertion" | "EncryptedID" | "EncryptedAttribute" => {
                return Err("it is encrypted, which has to be turned off at the provider".into());
            }
            "Assertion"
                if element.parent() != Some(root) || !element.is(ASSERTION, "Assertion") =>
            {
                return Err("an assertion is not where it belongs".into());
            }
            "Assertion" if found.replace(element).is_some() => {
                return Err("there are several assertions".into());
            }
            "Signature" if element.parent() != Some(root) && element.parent() != found => {
                return Err("a signature is not where it belongs".into());
            }
            _ => {}
        }
    }
    let assertion = found.ok_or("there is no assertion")?;
    assertion.optional(DSIG, "Signature")?;
    Ok(assertion)
}

/// Checks what is around the assertion, which nobody has signed.
fn check_response(response: Element<'_>, expected: &Expected<'_>) -> Result<()> {
    check_version(response)?;
    let status = response.only(PROTOCOL, "Status")?;
    let code = status.only(PROTOCOL, "StatusCode")?;
    if code.attribute("Value") != Some(SUCCESS) {
        return Err("the provider says that nobody has logged in".into());
    }
    let destination = response.attribute("Destination").unwrap_or_default();
    if !destination.is_empty() && destination != expected.service.acs_url {
        return Err("it is sent to another address".into());
    }
    match response.optional(ASSERTION, "Issuer")? {
        Some(issuer) => check_issuer(issuer, expected),
        None => Ok(()),
    }
}

fn check_version(element: Element<'_>) -> Result<()> {
    match element.attribute("Version") {
        Some("2.0") => Ok(()),
        _ => Err("it is of another version of SAML".into()),
    }
}

fn check_issuer(issuer: Element<'_>, expected: &Expected<'_>) -> Result<()> {
    let format = issuer.attribute("Format").unwrap_or(ENTITY);
    match format == ENTITY && issuer.trimmed()? == expected.issuer {
        true => Ok(()),
        false => Err("it is issued by somebody else".into()),
    }
}

/// Reads an assertion whose signature is verified.
fn read(assertion: Element<'_>, expected: &Expected<'_>) -> Result<Assertion> {
    check_version(assertion)?;
    check_issuer(assertion.only(ASSERTION, "Issuer")?, expected)?;
    let id = assertion.attribute("ID").unwrap_or_default().to_owned();
    let issued = assertion.attribute("IssueInstant").unwrap_or_default();
    let issued = time(issued)?;
    if issued > expected.now + SKEW {
        return Err("the assertion is not issued yet".into());
    }
    let subject = assertion.only(ASSERTION, "Subject")?;
    let name_id = subject.only(ASSERTION, "NameID")?;
    let name = name_id.trimmed()?;
    if name.is_empty() || name.len() > MAX_ID || id.len() > MAX_ID {
        return Err("the name identifier is empty, or an id too long".into());
    }
    let (confirmed_until, in_response_to) = confirmation(subject, expected)?;
    let valid_until = check_conditions(assertion.only(ASSERTION, "Conditions")?, expected)?;
    let statements: Vec<_> = assertion.all(ASSERTION, "AuthnStatement").collect();
    if statements.is_empty() {
        return Err("the assertion does not say that somebody has logged in".into());
    }
    for statement in statements {
        if let Some(end) = statement.attribute("SessionNotOnOrAfter") {
            check_end(time(end)?, expected)?;
        }
    }
    let end = confirmed_until.min(valid_until).min(issued + MAX_AGE);
    check_end(end, expected)?;
    Ok(Assertion {
        issuer: expected.issuer.to_owned(),
        id,
        // Another confirmation may hold longer than the first.
        remember_until: valid_until.min(issued + MAX_AGE) + SKEW,
        in_response_to,
        name_id: name,
        name_id_format: name_id.attribute("Format").map(str::to_owned),
        attributes: attributes(assertion)?,
    })
}

/// Returns until when a bearer of the assertion is its subject, and the request
/// that it answers: of the first confirmation that holds.
fn confirmation(subject: Element<'_>, expected: &Expected<'_>) -> Result<(i64, Option<String>)> {
    let mut why = "the subject is not confirmed for bearers".to_owned();
    for confirmation in subject.all(ASSERTION, "SubjectConfirmation") {
        if confirmation.attribute("Method") != Some(BEARER) {
            continue;
        }
        match bearer(confirmation, expected) {
            Ok(found) => return Ok(found),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

fn bearer(confirmation: Element<'_>, expected: &Expected<'_>) -> Result<(i64, Option<String>)> {
    let data = confirmation.only(ASSERTION, "SubjectConfirmationData")?;
    if data.attribute("Recipient") != Some(&expected.service.acs_url) {
        return Err("the assertion is for another address".into());
    }
    let end = data.attribute("NotOnOrAfter");
    let end = time(end.ok_or("the confirmation has no end")?)?;
    check_end(end, expected)?;
    if let Some(begin) = data.attribute("NotBefore") {
        check_begin(time(begin)?, expected)?;
    }
    let request = data.attribute("InResponseTo").filter(|id| !id.is_empty());
    if request.is_some_and(|id| id.len() > MAX_ID) {
        return Err("the id of the request is too long".into());
    }
    Ok((end, request.map(str::to_owned)))
}

/// Checks the conditions, each of which has to be known and to hold. Returns
/// until when they do.
fn check_conditions(conditions: Element<'_>, expected: &Expected<'_>) -> Result<i64> {
    if let Some(begin) = conditions.attribute("NotBefore") {
        check_begin(time(begin)?, expected)?;
    }
    let mut end = i64::MAX;
    if let Some(text) = conditions.attribute("NotOnOrAfter") {
        end = time(text)?;
        check_end(end, expected)?;
    }
    let mut is_for_us = false;
    for condition in conditions.children() {
        if condition.is(ASSERTION, "AudienceRestriction") {
            let mut names = Vec::new();
            for audience in condition.all(ASSERTION, "Audience") {
                names.push(audience.trimmed()?);
            }
            if !names.contains(&expected.service.entity_id) {
                return Err("the assertion is for another audience".into());
            }
            is_for_us = true;
        } else if !condition.is(ASSERTION, "OneTimeUse")
            && !condition.is(ASSERTION, "ProxyRestriction")
        {
            return Err("the assertion has an unknown condition".into());
        }
    }
    match is_for_us {
        true => Ok(end),
        false => Err("the assertion names no audience".into()),
    }
}

fn check_begin(begin: i64, expected: &Expected<'_>) -> Result<()> {
    match begin <= expected.now + SKEW {
        true => Ok(()),
        false => Err("the assertion is not valid yet".into()),
    }
}

fn check_end(end: i64, expected: &Expected<'_>) -> Result<()> {
    match expected.now < end + SKEW {
        true => Ok(()),
        false => Err("the assertion has expired".into()),
    }
}

/// Parses a time, which SAML has in UTC, to Unix seconds.
pub(crate) fn time(text: &str) -> Result<i64> {
    let time = text.ends_with('Z').then(|| parse_rfc3339_as_utc(text));
    let time = time.flatten().ok_or("a time is malformed")?;
    Ok(time.and_utc().timestamp())
}

fn attributes(assertion: Element<'_>) -> Result<Vec<Attribute>> {
    let mut found: Vec<Attribute> = Vec::new();
    let mut count = 0;
    for statement in assertion.all(ASSERTION, "AttributeStatement") {
        for element in statement.all(ASSERTION, "Attribute") {
            let name = element.attribute("Name").unwrap_or_default();
            let values = element.all(ASSERTION, "AttributeValue");
            let values: Vec<String> = values.filter_map(|value| value.text().ok()).collect();
            count += values.len() + 1;
            if name.is_empty() || count > MAX_VALUES {
                return Err("an attribute has no name, or there are too many".into());
            }
            found.push(Attribute {
                name: name.to_owned(),
                friendly_name: element.attribute("FriendlyName").map(str::to_owned),
                values,
            });
        }
    }
    Ok(found)
}
