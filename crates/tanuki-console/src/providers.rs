//! The identity providers on the sign-in page.

use minijinja::{Value, context};

use crate::Console;

/// Returns what the sign-in page shows of the providers that are enabled: the end
/// of the link, and a name.
pub(crate) fn enabled(console: &Console) -> Vec<Value> {
    let sign_on = console.core.single_sign_on();
    let settings = console.core.settings();
    let (oidc, saml) = (&settings.oidc.provider_name, &settings.saml.provider_name);
    [
        (sign_on.is_enabled(), "oidc", oidc, "OpenID Connect"),
        (sign_on.is_saml_enabled(), "saml", saml, "SAML"),
    ]
    .into_iter()
    .filter(|(is_enabled, ..)| *is_enabled)
    .map(|(_, path, name, protocol)| {
        let name = match name.trim().is_empty() {
            true => protocol,
            false => name.trim(),
        };
        context! { path, name }
    })
    .collect()
}
