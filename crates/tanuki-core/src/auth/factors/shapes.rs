//! The shapes of responses about second factors.

use tanuki_store::Shape;

/// The secret of an authenticator app.
pub fn totp_setup() -> Shape {
    Shape::object([
        ("totp_provisionning_uri", Shape::text()),
        ("otp_secret", Shape::text()),
    ])
}

/// A factor that was set up; the recovery codes only with the first one.
pub fn enrolled() -> Shape {
    Shape::object([
        ("otp_recovery_codes", Shape::text().list().or_null()),
        ("access_token", Shape::text()),
        ("refresh_token", Shape::text()),
    ])
}

/// New recovery codes.
pub fn recovery_codes() -> Shape {
    Shape::object([("otp_recovery_codes", Shape::text().list())])
}

/// What a browser needs to register a security key
/// (`PublicKeyCredentialCreationOptions`).
pub fn creation_options() -> Shape {
    let kind = Shape::object([("type", Shape::text()), ("alg", Shape::integer())]);
    Shape::object([
        (
            "rp",
            Shape::object([("name", Shape::text()), ("id", Shape::text())]),
        ),
        (
            "user",
            Shape::object([
                ("name", Shape::text().or_null()),
                ("id", Shape::text()),
                ("displayName", Shape::text()),
            ]),
        ),
        ("challenge", Shape::text()),
        ("pubKeyCredParams", kind.list()),
        ("excludeCredentials", key_ids()),
        (
            "authenticatorSelection",
            Shape::object([
                ("authenticatorAttachment", Shape::text()),
                ("residentKey", Shape::text()),
                ("userVerification", Shape::text()),
                ("requireResidentKey", Shape::boolean()),
            ]),
        ),
    ])
}

/// What a browser needs to log in with a security key
/// (`PublicKeyCredentialRequestOptions`).
pub fn request_options() -> Shape {
    Shape::object([
        ("challenge", Shape::text()),
        ("rpId", Shape::text()),
        ("allowCredentials", key_ids()),
    ])
}

fn key_ids() -> Shape {
    Shape::object([("type", Shape::text()), ("id", Shape::text())]).list()
}
