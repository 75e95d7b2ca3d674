//! A person, as a provider describes them.

use tanuki_domain::RoleMap;

use super::{SignOnError, SignOnProtocol, SignOnResult};
use crate::email;

/// Maximum length of a name, in characters, as stored.
const MAX_NAME: usize = 80;

/// Maximum number of groups that are looked at.
pub(super) const MAX_GROUPS: usize = 2000;

/// What never changes about a person at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub issuer: String,
    /// Not empty, 255 characters at most.
    pub subject: String,
}

/// A person, as the provider describes them.
#[derive(Debug)]
pub(super) struct Profile<'a> {
    pub protocol: SignOnProtocol,
    /// `None` where people are known by their address.
    pub identity: Option<Identity>,
    /// Lower case. Needed only for an identity that is not known yet.
    pub email: SignOnResult<String>,
    /// Not empty, and neither is the last name.
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// `None` if the provider says nothing of it, which changes nothing; so it
    /// is for the country.
    pub phone: Option<String>,
    /// A code of two letters; empty if the person has none.
    pub country: Option<String>,
    /// `None` if the provider names no groups, which changes nothing.
    pub groups: Option<Vec<String>>,
    pub role_map: &'a RoleMap,
}

/// Returns a name as it can be stored; `None` if nothing is left of it.
pub(super) fn clean_name(text: &str) -> Option<String> {
    let clean = text.replace(char::is_control, " ");
    let name: String = clean.trim().chars().take(MAX_NAME).collect();
    (!name.is_empty()).then_some(name)
}

/// Returns an email address in lower case.
///
/// # Errors
/// [`SignOnError::MalformedEmail`] if it is none.
pub(super) fn clean_email(text: &str) -> SignOnResult<String> {
    // Domains of the studio's own network are fine: no mail is sent.
    let address = email::validate(text.trim(), false).map_err(|_| SignOnError::MalformedEmail)?;
    Ok(address.to_lowercase())
}
