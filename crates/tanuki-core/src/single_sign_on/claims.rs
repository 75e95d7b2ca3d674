//! What an OpenID provider says about a person.

use serde_json::{Map, Value};

use super::profile::{Identity, MAX_GROUPS, Profile, clean_email, clean_name};
use super::{SignOnError, SignOnProtocol, SignOnResult};
use crate::settings::OidcSettings;

/// The claims of a person: of the ID token, and of the userinfo what that has
/// not.
#[derive(Debug)]
pub(super) struct Claims<'s, 'c> {
    pub settings: &'s OidcSettings,
    pub token: &'c Map<String, Value>,
    pub user_info: Option<&'c Map<String, Value>>,
}

impl<'s> Claims<'s, '_> {
    /// Whether the userinfo may have something that the ID token lacks.
    pub fn are_incomplete(&self) -> bool {
        let OidcSettings {
            email_claim,
            role_claim,
            role_map,
            ..
        } = self.settings;
        let has_name = self.first_name().is_some() || self.last_name().is_some();
        let has_groups = role_map.is_empty() || self.value(role_claim).is_some();
        !has_name || !has_groups || !self.token.contains_key(email_claim)
    }

    /// Returns the profile of an identity.
    pub fn profile(&self, identity: Identity) -> Profile<'s> {
        Profile {
            protocol: SignOnProtocol::Oidc,
            identity: Some(identity),
            email: self.email(),
            first_name: self.first_name(),
            last_name: self.last_name(),
            phone: None,
            country: None,
            groups: self.groups(),
            role_map: &self.settings.role_map,
        }
    }

    fn sources(&self) -> impl Iterator<Item = &Map<String, Value>> {
        std::iter::once(self.token).chain(self.user_info)
    }

    fn first_name(&self) -> Option<String> {
        self.value(&self.settings.first_name_claim).and_then(name)
    }

    fn last_name(&self) -> Option<String> {
        self.value(&self.settings.last_name_claim).and_then(name)
    }

    /// Returns a claim by its name, or by a path into objects
    /// (`realm_access.roles`).
    fn value(&self, path: &str) -> Option<&Value> {
        let found = |claims: &'_ Map<String, Value>| claims.contains_key(path);
        if let Some(claims) = self.sources().find(|claims| found(claims)) {
            return claims.get(path);
        }
        self.sources().find_map(|claims| {
            let mut steps = path.split('.');
            let first = claims.get(steps.next()?)?;
            steps.try_fold(first, |value, step| value.get(step))
        })
    }

    /// Returns the address of the first source that has one; whether it is
    /// verified is what the same source says.
    fn email(&self) -> SignOnResult<String> {
        let claim = &self.settings.email_claim;
        let mut sources = self.sources();
        let source = sources.find(|claims| claims.get(claim).is_some_and(is_filled));
        let source = source.ok_or(SignOnError::NoEmail)?;
        let verified = source.get("email_verified");
        let is_verified = match self.settings.require_verified_email {
            true => verified == Some(&Value::Bool(true)),
            false => verified != Some(&Value::Bool(false)),
        };
        if !is_verified {
            return Err(SignOnError::UnverifiedEmail);
        }
        let address = source.get(claim).and_then(Value::as_str);
        clean_email(address.unwrap_or_default())
    }

    fn groups(&self) -> Option<Vec<String>> {
        let text = |group: &Value| group.as_str().map(str::to_owned);
        match self.value(&self.settings.role_claim)? {
            Value::Array(groups) => {
                let groups = groups.iter().take(MAX_GROUPS);
                Some(groups.filter_map(text).collect())
            }
            group => text(group).map(|group| vec![group]),
        }
    }
}

fn is_filled(value: &Value) -> bool {
    !value.is_null() && value != ""
}

fn name(value: &Value) -> Option<String> {
    clean_name(value.as_str()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(settings: &OidcSettings, token: Value, user_info: Value) -> Profile<'_> {
        let claims = Claims {
            settings,
            token: token.as_object().unwrap(),
            user_info: user_info.as_object(),
        };
        let identity = Identity {
            issuer: "i".into(),
            subject: "s".into(),
        };
        claims.profile(identity)
    }

    #[test]
    fn addresses_have_to_be_verified() {
        let strict = OidcSettings::default();
        let lenient = OidcSettings {
            require_verified_email: false,
            ..OidcSettings::default()
        };
        for (verified, by_strict, by_lenient) in [
            (json!(true), true, true),
            (json!(false), false, false),
            (json!(null), false, true),
            (json!("true"), false, true),
        ] {
            let claims = json!({"email": " Ada@Studio.COM", "email_verified": verified});
            let of = |settings| profile(settings, claims.clone(), json!(null)).email.ok();
            let address = Some("ada@studio.com".to_owned());
            assert_eq!(of(&strict), address.clone().filter(|_| by_strict));
            assert_eq!(of(&lenient), address.filter(|_| by_lenient));
        }
    }

    #[test]
    fn the_userinfo_completes_the_token() {
        let settings = OidcSettings {
            role_claim: "realm_access.roles".into(),
            ..OidcSettings::default()
        };
        let found = profile(
            &settings,
            json!({"given_name": "Ada", "email_verified": true, "groups": "x"}),
            json!({
                "given_name": "Else",
                "family_name": " Love\u{0}lace ",
                "email": "ada@studio.com",
                "realm_access": {"roles": ["a", 7, "b"]},
            }),
        );
        assert_eq!(found.first_name.as_deref(), Some("Ada"));
        assert_eq!(found.last_name.as_deref(), Some("Love lace"));
        assert_eq!(found.groups, Some(vec!["a".into(), "b".into()]));
        // Verified is another address than the one of the userinfo.
        assert!(matches!(found.email, Err(SignOnError::UnverifiedEmail)));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for email in [json!("ada"), json!("a@b"), json!("a b@c.com"), json!(7)] {
            let claims = json!({"email": email, "email_verified": true});
            let settings = OidcSettings::default();
            let found = profile(&settings, claims.clone(), json!(null));
            let is_taken = found.email.is_ok();
            assert_eq!(is_taken, email == "a@b", "{claims}");
        }
    }
}
