//! Projections of people: which columns each role sees.

use std::sync::LazyLock;

use crate::projection::Projection;
use crate::schema::PERSON;

/// Columns that are in no response.
pub const SECRET: &[&str] = &[
    "password",
    "totp_secret",
    "email_otp_secret",
    "otp_recovery_codes",
    "fido_credentials",
    "jti",
    // The state of the lockout would help an attacker.
    "login_failed_attemps",
    "last_login_failed",
    "oidc_issuer",
    "oidc_subject",
    "saml_issuer",
    "saml_subject",
];

/// For admins and managers, and a person's own row: all columns but [`SECRET`],
/// with departments.
pub static FULL: LazyLock<Projection> = LazyLock::new(|| Projection::with_links(&PERSON, SECRET));

/// [`FULL`] without departments.
pub static FULL_UNLINKED: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&PERSON, SECRET));

/// With the password hash, for moving people to another server. Admins only.
pub static WITH_PASSWORD: LazyLock<Projection> =
    LazyLock::new(|| Projection::with_links(&PERSON, &hidden_but_password()));

/// [`WITH_PASSWORD`] without departments.
pub static WITH_PASSWORD_UNLINKED: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&PERSON, &hidden_but_password()));

fn hidden_but_password() -> Vec<&'static str> {
    let mut hidden = SECRET.to_vec();
    hidden.retain(|column| *column != "password");
    hidden
}

/// For everybody but clients: names, role and departments.
pub static MINIMAL: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &PERSON,
        &[
            "id",
            "type",
            "first_name",
            "last_name",
            "full_name",
            "has_avatar",
            "active",
            "departments",
            "studio_id",
            "role",
            "desktop_login",
            "is_bot",
        ],
    )
});

/// [`MINIMAL`] with an empty list of departments.
pub static MINIMAL_UNLINKED: LazyLock<Projection> = LazyLock::new(|| {
    let keys: Vec<&str> = MINIMAL.keys().collect();
    Projection::only(&PERSON, &keys).empty_link("departments")
});

/// For clients: name and avatar, as shown with comments.
pub static CLIENT: LazyLock<Projection> = LazyLock::new(|| {
    MINIMAL
        .clone()
        .without(&["departments", "studio_id", "desktop_login"])
});

/// A person's own row, with the names of the registered security keys in
/// `fido_devices`.
pub fn own_projection() -> Projection {
    Projection::with_links(&PERSON, SECRET).pluck("fido_devices", "fido_credentials", "device_name")
}

/// Only the departments, for responses that have them as the last key.
pub static DEPARTMENTS: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&PERSON, &["departments"]));
