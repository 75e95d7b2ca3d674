//! What of a person is shown to whom.

use std::sync::LazyLock;

use tanuki_store::projection::Projection;
use tanuki_store::schema::PERSON;

/// Columns that no answer holds.
pub(crate) const SECRET: &[&str] = &[
    "password",
    "totp_secret",
    "email_otp_secret",
    "otp_recovery_codes",
    "fido_credentials",
    "jti",
    // How far an account is into its lockout is nobody's to watch.
    "login_failed_attemps",
    "last_login_failed",
    "oidc_issuer",
    "oidc_subject",
    "saml_issuer",
    "saml_subject",
];

/// For those who manage, and of oneself: everything that is no secret.
pub(crate) static FULL: LazyLock<Projection> =
    LazyLock::new(|| Projection::with_links(&PERSON, SECRET));

pub(crate) static FULL_UNLINKED: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&PERSON, SECRET));

/// With the password's hash, for moving people to another studio server.
pub(super) static WITH_PASSWORD: LazyLock<Projection> =
    LazyLock::new(|| Projection::with_links(&PERSON, &hidden_but_password()));

pub(super) static WITH_PASSWORD_UNLINKED: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&PERSON, &hidden_but_password()));

fn hidden_but_password() -> Vec<&'static str> {
    let mut hidden = SECRET.to_vec();
    hidden.retain(|column| *column != "password");
    hidden
}

/// For colleagues: who it is and what they do.
pub(crate) static MINIMAL: LazyLock<Projection> = LazyLock::new(|| {
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

pub(crate) static MINIMAL_UNLINKED: LazyLock<Projection> = LazyLock::new(|| {
    let keys: Vec<&str> = MINIMAL.keys().collect();
    Projection::only(&PERSON, &keys).empty_link("departments")
});

/// For clients: a name and a face beside a comment.
pub(crate) static CLIENT: LazyLock<Projection> = LazyLock::new(|| {
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
            "role",
            "is_bot",
        ],
    )
});

/// Of oneself, with the names of the registered security keys.
pub(crate) fn own_projection() -> Projection {
    Projection::with_links(&PERSON, SECRET).pluck("fido_devices", "fido_credentials", "device_name")
}

/// Departments alone, where an answer has them at its end.
pub(crate) static DEPARTMENTS: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&PERSON, &["departments"]));
