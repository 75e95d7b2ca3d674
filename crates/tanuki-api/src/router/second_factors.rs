//! The caller's second factors.

use tanuki_core::auth::factors::shapes::{
    creation_options, enrolled, recovery_codes, request_options, totp_setup,
};

use tanuki_core::auth::passkeys::{creation_shape, passkey_shape, request_shape};

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::second_factors::{self as factors, success_shape};
use crate::routes::{auth, passkeys};

/// Mounts the routes of second factors.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Authentication")
        .open_to_everybody()
        .get(
            "/auth/email-otp",
            "Mail a code for a login",
            factors::send_email_otp,
        )
        .query(&[QueryParameter::Text("email")])
        .answers(success_shape)
        .get(
            "/auth/fido",
            "A challenge for a login with a security key",
            factors::fido_challenge,
        )
        .query(&[QueryParameter::Text("email")])
        .answers(request_options)
        .post(
            "/tanuki/passkeys/login/options",
            "A challenge for a login with a passkey",
            passkeys::login_options,
        )
        .answers(request_shape)
        .post(
            "/tanuki/passkeys/login",
            "Log in with a passkey",
            passkeys::log_in,
        )
        .answers(auth::login_shape)
        .with_token()
        .get("/tanuki/passkeys", "The caller's passkeys", passkeys::list)
        .answers(|| passkey_shape().list())
        .post(
            "/tanuki/passkeys/options",
            "The options to make a passkey with",
            passkeys::options,
        )
        .answers(creation_shape)
        .post("/tanuki/passkeys", "Add a passkey", passkeys::add)
        .creates(passkey_shape)
        .delete(
            "/tanuki/passkeys/{passkey_id}",
            "Remove a passkey",
            passkeys::remove,
        )
        .answers_nothing()
        .put(
            "/auth/totp",
            "The secret for an authenticator app",
            factors::prepare_totp,
        )
        .answers(totp_setup)
        .post(
            "/auth/totp",
            "Enable the authenticator app with a code",
            factors::enable_totp,
        )
        .answers(enrolled)
        .delete(
            "/auth/totp",
            "Disable the authenticator app",
            factors::disable_totp,
        )
        .answers(success_shape)
        .put(
            "/auth/email-otp",
            "Mail a code to enable codes by mail with",
            factors::prepare_email_otp,
        )
        .answers(success_shape)
        .post(
            "/auth/email-otp",
            "Enable codes by mail with a code",
            factors::enable_email_otp,
        )
        .answers(enrolled)
        .delete(
            "/auth/email-otp",
            "Disable codes by mail",
            factors::disable_email_otp,
        )
        .answers(success_shape)
        .put(
            "/auth/fido",
            "The options to register a security key with",
            factors::prepare_fido,
        )
        .answers(creation_options)
        .post(
            "/auth/fido",
            "Register a security key",
            factors::enable_fido,
        )
        .answers(enrolled)
        .delete("/auth/fido", "Remove a security key", factors::remove_fido)
        .answers(success_shape)
        .put(
            "/auth/recovery-codes",
            "New recovery codes in place of the old ones",
            factors::renew_recovery_codes,
        )
        .answers(recovery_codes)
}
