//! Validation of the fields of a person.

use serde_json::{Map, Value};
use tanuki_domain::{Role, timezone};

use crate::{ConstraintViolation, Core, Error, Result, email};

const CONTRACT_TYPES: &[&str] = &[
    "open-ended",
    "fixed-term",
    "short-term",
    "freelance",
    "apprentice",
    "internship",
];
const DATE_FORMATS: &[&str] = &["YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY"];
const TWO_FACTOR: &[&str] = &["totp", "email_otp", "fido"];

/// Validates the fields of a body and normalizes them for storage.
///
/// # Errors
/// [`Error::Invalid`] with the first invalid field, [`Error::Constraint`] for
/// an unknown time zone.
pub(super) fn check_fields(data: &mut Map<String, Value>) -> Result<()> {
    let roles = Role::ALL.map(Role::as_str);
    one_of(data, "role", &roles, "Invalid role")?;
    one_of(
        data,
        "contract_type",
        CONTRACT_TYPES,
        "Invalid contract_type",
    )?;
    check_country(data)?;
    check_locale(data)?;
    if data
        .get("display_date_format")
        .is_some_and(|v| !v.is_null())
    {
        let message = format!(
            "Invalid display_date_format, expected one of: {}.",
            DATE_FORMATS.join(", ")
        );
        one_of(data, "display_date_format", DATE_FORMATS, &message)?;
    }
    one_of(
        data,
        "two_factor_authentication",
        TWO_FACTOR,
        "Invalid two_factor_authentication",
    )?;
    check_timezone(data)
}

fn one_of(data: &Map<String, Value>, field: &str, known: &[&str], message: &str) -> Result<()> {
    match data.get(field) {
        Some(value) if !value.as_str().is_some_and(|text| known.contains(&text)) => {
            Err(Error::invalid(message))
        }
        _ => Ok(()),
    }
}

/// Normalizes an ISO 3166-1 alpha-2 code to upper case; empty becomes null.
fn check_country(data: &mut Map<String, Value>) -> Result<()> {
    let Some(value) = data.get_mut("country").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let code = value.as_str().map(|text| text.trim().to_uppercase());
    *value = match code.as_deref() {
        Some("") => Value::Null,
        Some(code) if code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic()) => {
            code.into()
        }
        _ => {
            return Err(Error::invalid(
                "Invalid country code, expected an ISO 3166-1 alpha-2 code.",
            ));
        }
    };
    Ok(())
}

fn check_locale(data: &mut Map<String, Value>) -> Result<()> {
    let Some(value) = data.get_mut("locale").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    *value = match value.as_str().map(str::trim) {
        Some("") => Value::Null,
        Some(name) if crate::is_locale(name) => name.into(),
        _ => {
            return Err(Error::invalid(
                "Invalid locale, expected a name available in Python Babel (e.g. en_US, fr_FR).",
            ));
        }
    };
    Ok(())
}

fn check_timezone(data: &mut Map<String, Value>) -> Result<()> {
    let Some(value) = data.get("timezone").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let name = match value.as_str() {
        // Unlike null, an empty string means no time zone on creation too; null
        // means the default.
        Some("") => "",
        Some(name) => {
            timezone::canonical(name).ok_or(Error::Constraint(ConstraintViolation::Format))?
        }
        None => return Err(Error::Constraint(ConstraintViolation::Format)),
    };
    data.insert("timezone".into(), name.into());
    Ok(())
}

/// Validates the address in a body, converts it to lower case, and returns it.
/// `None` if the body has none.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong with the address; [`Error::WrongType`]
/// if it is not a string.
pub(super) fn check_email(core: &Core, data: &mut Map<String, Value>) -> Result<Option<String>> {
    let Some(value) = data.get_mut("email") else {
        return Ok(None);
    };
    let address = value.as_str().ok_or(Error::WrongType {
        field: "email",
        expected: "str or bytes",
    })?;
    let public = core.settings().mail.check_deliverability;
    let address = email::validate(address, public).map_err(Error::invalid)?;
    let address = address.to_lowercase();
    *value = address.as_str().into();
    Ok(Some(address))
}
