//! Accounts in `PROTECTED_ACCOUNTS`: only their owner may change their
//! permissions or logins.

use serde_json::{Map, Value};
use tanuki_store::schema::PERSON;

use crate::fields::{column_value, id_of};
use crate::{Caller, Core, Error, Result};

/// Fields of a protected account that only its owner may change, besides
/// `active` and `role`: each of them would end the protection, lock the owner
/// out, or let somebody else log in.
const FIXED: &[&str] = &[
    "email",
    "is_bot",
    "is_guest",
    "archived",
    "desktop_login",
    "expiration_date",
    "ldap_uid",
    "is_generated_from_ldap",
    "oidc_issuer",
    "oidc_subject",
    "saml_issuer",
    "saml_subject",
];

/// Refuses an update of a protected account by anybody else but the operator.
///
/// # Errors
///
/// [`Error::DeniedBecause`] if the update would deactivate the account or
/// change its role, address, kind or logins, in whatever form the value is
/// sent.
pub(super) fn check_update(
    core: &Core,
    caller: &Caller,
    before: &Map<String, Value>,
    data: &Map<String, Value>,
) -> Result<()> {
    let email = before.get("email").and_then(Value::as_str);
    let is_own = id_of(before, "id") == Some(caller.id);
    if is_own || caller.is_operator() || !is_protected(core, email) {
        return Ok(());
    }
    let changes = |field: &str| data.contains_key(field) && !is_same(field, before, data);
    let stays_active = data
        .get("active")
        .and_then(|active| column_value(PERSON.column("active")?, active).ok())
        .is_none_or(|active| active == true.into());
    if changes("active") && !stays_active {
        return Err(Error::DeniedBecause(
            "Can't set this person as inactive it's a protected account.",
        ));
    }
    if data.get("role").is_some_and(|role| !role.is_null()) {
        return Err(Error::DeniedBecause(
            "Can't change the role of this person it's a protected account.",
        ));
    }
    if FIXED.iter().any(|field| changes(field)) {
        return Err(Error::DeniedBecause(
            "Can't change the address, the kind or the logins of this person \
             it's a protected account.",
        ));
    }
    Ok(())
}

/// Refuses the deletion of a protected account.
///
/// # Errors
///
/// [`Error::DeniedBecause`] if the account is protected.
pub(super) fn check_deletion(core: &Core, email: Option<&str>) -> Result<()> {
    if !is_protected(core, email) {
        return Ok(());
    }
    Err(Error::DeniedBecause(
        "Can't delete this person it's a protected account.",
    ))
}

/// Whether an address is protected. Case-insensitive, as logins are.
pub(crate) fn is_protected(core: &Core, email: Option<&str>) -> bool {
    let protected = &core.settings().auth.protected_accounts;
    email.is_some_and(|email| {
        let email = email.trim().to_lowercase();
        protected
            .iter()
            .any(|account| account.trim().to_lowercase() == email)
    })
}

/// Whether a field of the body equals the stored value after conversion to its
/// column. A value that cannot be stored counts as equal: it is refused later.
fn is_same(field: &str, before: &Map<String, Value>, data: &Map<String, Value>) -> bool {
    let (Some(column), Some(new)) = (PERSON.column(field), data.get(field)) else {
        return true;
    };
    let old = before.get(field).unwrap_or(&Value::Null);
    let text = |value: &Value| value.as_str().map(|text| text.trim().to_lowercase());
    if field == "email" {
        return text(new) == text(old);
    }
    if new.is_null() && old.as_str() == Some("") || old.is_null() && new.as_str() == Some("") {
        return true;
    }
    match (column_value(column, new), column_value(column, old)) {
        (Ok(new), Ok(old)) => new == old,
        (Err(_), _) => true,
        (Ok(_), Err(_)) => false,
    }
}
