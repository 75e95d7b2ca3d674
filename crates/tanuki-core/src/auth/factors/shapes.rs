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
