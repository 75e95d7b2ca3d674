//! What a SAML provider says about a person.

use tanuki_saml::{Assertion, Attribute};

use super::profile::{Identity, MAX_GROUPS, Profile, clean_email, clean_name};
use super::{SignOnError, SignOnProtocol, SignOnResult};
use crate::settings::SamlSettings;

/// Maximum length of a subject and of a phone number, in characters, as stored.
const MAX_SUBJECT: usize = 255;
const MAX_PHONE: usize = 30;

/// The names under which providers send an attribute: Zou's first, then those of
/// LDAP, of its object identifiers, and of Entra ID and AD FS.
const FIRST_NAME: &[&str] = &[
    "first_name",
    "givenName",
    "firstName",
    "urn:oid:2.5.4.42",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
];
const LAST_NAME: &[&str] = &[
    "last_name",
    "sn",
    "surname",
    "lastName",
    "urn:oid:2.5.4.4",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
];
const EMAIL: &[&str] = &[
    "email",
    "mail",
    "emailAddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
];
const PHONE: &[&str] = &["phone", "telephoneNumber", "urn:oid:2.5.4.20"];
const COUNTRY: &[&str] = &[
    "country",
    "c",
    "urn:oid:2.5.4.6",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/country",
];

/// Formats of name identifiers that are no addresses, even if they look so.
const OPAQUE: [&str; 2] = [
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
];

/// Returns the profile of the subject of an assertion.
///
/// # Errors
/// [`SignOnError::NotBound`] if the attribute that identifies people is missing,
/// has several values, or one that cannot be stored.
pub(super) fn profile<'a>(
    settings: &'a SamlSettings,
    assertion: &Assertion,
) -> SignOnResult<Profile<'a>> {
    let attributes = Attributes(&assertion.attributes);
    let identity = match &settings.subject_attribute {
        Some(name) => {
            let subject = attributes.subject(name).ok_or_else(|| {
                let reason = "SAML_SUBJECT_ATTRIBUTE is missing, or has not one value";
                tracing::warn!(reason, "a single sign-on is refused");
                SignOnError::NotBound
            })?;
            Some(Identity {
                issuer: assertion.issuer.clone(),
                subject,
            })
        }
        None => None,
    };
    Ok(Profile {
        protocol: SignOnProtocol::Saml,
        identity,
        email: email(assertion, &attributes),
        first_name: attributes
            .joined(FIRST_NAME)
            .and_then(|name| clean_name(&name)),
        last_name: attributes
            .joined(LAST_NAME)
            .and_then(|name| clean_name(&name)),
        phone: attributes.phone(),
        country: attributes.country(),
        groups: attributes.groups(&settings.role_attribute),
        role_map: &settings.role_map,
    })
}

/// Returns the address of a person: the name identifier, as in Zou, or an
/// attribute where that is no address.
fn email(assertion: &Assertion, attributes: &Attributes<'_>) -> SignOnResult<String> {
    let format = assertion.name_id_format.as_deref().unwrap_or_default();
    let of_name = clean_email(&assertion.name_id);
    if of_name.is_ok() && !OPAQUE.contains(&format) {
        return of_name;
    }
    match attributes.first(EMAIL) {
        Some(address) => clean_email(address),
        None => of_name.map_err(|_| SignOnError::NoEmail),
    }
}

struct Attributes<'a>(&'a [Attribute]);

impl<'a> Attributes<'a> {
    /// Returns the values of an attribute by its name; `None` if it is not there.
    fn named(&self, name: &str) -> Option<Vec<&'a str>> {
        self.values_of(|attribute| attribute.name == name)
    }

    /// Returns the values of an attribute by its name, or by its friendly one,
    /// which is for people to read and names nothing for sure (SAML core,
    /// 2.7.3.1); `None` if it is not there.
    fn values(&self, name: &str) -> Option<Vec<&'a str>> {
        let is_friendly = |attribute: &Attribute| attribute.friendly_name.as_deref() == Some(name);
        self.named(name).or_else(|| self.values_of(is_friendly))
    }

    fn values_of(&self, found: impl Fn(&Attribute) -> bool) -> Option<Vec<&'a str>> {
        let mut found = self
            .0
            .iter()
            .filter(|attribute| found(attribute))
            .peekable();
        found.peek()?;
        let values = found.flat_map(|attribute| &attribute.values);
        Some(values.map(String::as_str).collect())
    }

    /// Returns the values of the first of these attributes that is there.
    fn first_of(&self, names: &[&str]) -> Option<Vec<&'a str>> {
        names.iter().find_map(|name| self.values(name))
    }

    /// Returns the first value of these attributes that is not empty.
    fn first(&self, names: &[&str]) -> Option<&'a str> {
        let values = names.iter().filter_map(|name| self.named(name)).flatten();
        values.map(str::trim).find(|value| !value.is_empty())
    }

    /// Returns the values of the first of these attributes in one text.
    fn joined(&self, names: &[&str]) -> Option<String> {
        self.first_of(names).map(|values| values.join(" "))
    }

    fn subject(&self, name: &str) -> Option<String> {
        match self.named(name)?.as_slice() {
            [subject] if is_storable(subject, MAX_SUBJECT) && !subject.is_empty() => {
                Some((*subject).to_owned())
            }
            _ => None,
        }
    }

    fn phone(&self) -> Option<String> {
        let values = self.first_of(PHONE)?;
        let phone = values.first().copied().unwrap_or_default().trim();
        is_storable(phone, MAX_PHONE).then(|| phone.to_owned())
    }

    /// Returns a code in upper case; `None` for what is no code.
    fn country(&self) -> Option<String> {
        let code = self.joined(COUNTRY)?.trim().to_uppercase();
        let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
        (is_code || code.is_empty()).then_some(code)
    }

    fn groups(&self, name: &str) -> Option<Vec<String>> {
        let groups = self.named(name)?;
        Some(
            groups
                .into_iter()
                .take(MAX_GROUPS)
                .map(str::to_owned)
                .collect(),
        )
    }
}

fn is_storable(text: &str, max: usize) -> bool {
    text.chars().count() <= max && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assertion(name_id: &str, format: &str, attributes: &[(&str, &[&str])]) -> Assertion {
        let attribute = |(name, values): &(&str, &[&str])| Attribute {
            name: (*name).to_owned(),
            friendly_name: Some(format!("friendly {name}")),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        Assertion {
            issuer: "https://idp".into(),
            id: "_1".into(),
            remember_until: 0,
            in_response_to: None,
            name_id: name_id.into(),
            name_id_format: Some(format.into()),
            attributes: attributes.iter().map(attribute).collect(),
        }
    }

    #[test]
    fn names_are_found_under_what_providers_call_them() {
        let settings = SamlSettings::default();
        for (first, last) in [
            ("first_name", "last_name"),
            ("givenName", "sn"),
            ("urn:oid:2.5.4.42", "urn:oid:2.5.4.4"),
            (FIRST_NAME[4], LAST_NAME[5]),
        ] {
            let said = assertion(
                "Ada@Studio.com",
                "",
                &[
                    (first, &["Ada", "Augusta"]),
                    (last, &[" Love\tlace "]),
                    ("x", &["y"]),
                ],
            );
            let found = profile(&settings, &said).unwrap();
            assert_eq!(found.first_name.as_deref(), Some("Ada Augusta"));
            assert_eq!(found.last_name.as_deref(), Some("Love lace"));
            assert_eq!(found.email.unwrap(), "ada@studio.com");
            assert_eq!(
                (found.phone, found.country, found.groups),
                (None, None, None)
            );
        }
        let friendly = assertion("a@b.com", "", &[("urn:x", &["y"])]);
        let attributes = Attributes(&friendly.attributes);
        assert_eq!(attributes.joined(&["friendly urn:x"]).as_deref(), Some("y"));
        // Whose account it is and what they may do, no friendly name decides.
        assert_eq!(attributes.first(&["friendly urn:x"]), None);
        assert_eq!(attributes.subject("friendly urn:x"), None);
        assert_eq!(attributes.groups("friendly urn:x"), None);
        assert!(attributes.subject("urn:x").is_some());
    }

    #[test]
    fn the_address_is_the_name_or_an_attribute() {
        let settings = SamlSettings::default();
        let mail: &[(&str, &[&str])] = &[("mail", &["", "ada@studio.com"])];
        for (name, format, attributes, expected) in [
            ("grace@studio.com", "", mail, Some("grace@studio.com")),
            ("grace@studio.com", OPAQUE[0], mail, Some("ada@studio.com")),
            ("grace@studio.com", OPAQUE[1], &[], Some("grace@studio.com")),
            ("grace", "", mail, Some("ada@studio.com")),
            ("grace", "", &[("mail", &["ada"])], None),
            ("grace", "", &[], None),
        ] {
            let said = assertion(name, format, attributes);
            let found = profile(&settings, &said).unwrap().email;
            assert_eq!(found.ok().as_deref(), expected, "{name} {format}");
        }
    }

    #[test]
    fn countries_and_phones_are_taken_if_they_are_some() {
        let settings = SamlSettings::default();
        let long = "1".repeat(31);
        for (value, phone, country) in [
            ("fr", Some("fr"), Some("FR")),
            ("", Some(""), Some("")),
            ("France", Some("France"), None),
            (long.as_str(), None, None),
            ("a\u{0}", None, None),
        ] {
            let said = assertion("a@b.com", "", &[("phone", &[value]), ("country", &[value])]);
            let found = profile(&settings, &said).unwrap();
            assert_eq!(found.phone.as_deref(), phone);
            assert_eq!(found.country.as_deref(), country);
        }
    }

    #[test]
    fn an_identity_has_one_subject() {
        let settings = SamlSettings {
            subject_attribute: Some("id".into()),
            ..SamlSettings::default()
        };
        let of = |values: &[&str]| {
            let said = assertion("a@b.com", "", &[("id", values)]);
            profile(&settings, &said).ok()?.identity
        };
        assert_eq!(of(&["u1"]).unwrap().subject, "u1");
        let long = "x".repeat(256);
        for values in [&[][..], &["a", "b"], &[""], &[long.as_str()], &["a\u{0}"]] {
            assert_eq!(of(values), None);
        }
        let without = assertion("a@b.com", "", &[]);
        assert!(matches!(
            profile(&settings, &without),
            Err(SignOnError::NotBound)
        ));
    }
}
