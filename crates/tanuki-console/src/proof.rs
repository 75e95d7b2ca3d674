//! What a form shows of second factors.

use serde_json::{Map, Value};
use tanuki_core::auth::SecondFactorProof;

use crate::form::Form;

/// Returns what a code proves: codes of an app and by mail have six digits,
/// recovery codes are longer.
pub(crate) fn of_code(code: &str) -> SecondFactorProof {
    let code = code.trim();
    let short = code.chars().filter(|char| !char.is_whitespace()).count() < 8;
    let of = |is: bool| (is && !code.is_empty()).then(|| code.to_owned());
    SecondFactorProof {
        totp: of(short),
        email_otp: of(short),
        recovery_code: of(!short),
        fido: None,
    }
}

/// Returns what a security key answered, which the page's script puts into a
/// hidden field.
pub(crate) fn answer_of_key(form: &Form) -> Option<Map<String, Value>> {
    serde_json::from_str(form.text("answer")).ok()
}
