//! Public routes (index, status, configuration), and authentication.

use axum::http::StatusCode;
use tanuki_core::auth::session_shape;
use tanuki_core::auth::shapes::{current_user, session};
use tanuki_core::studio::usage_shape;
use tanuki_core::{Shape, machine};

use super::DESCRIPTION;
use crate::answer::Answer;
use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::{auth, docs, index, oidc, saml, sessions};

/// Mounts the routes without a token, and those that issue and revoke tokens.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Index")
        .open_to_everybody()
        .elsewhere(DESCRIPTION, "This description")
        .answers(Shape::any)
        .get("/docs", "This documentation", docs::page)
        .answer(Answer::page)
        .get(
            "/oauth2-redirect.html",
            "A page that says where the documentation is",
            docs::oauth2_redirect,
        )
        .answer(Answer::page)
        .get("/", "Name and version of the API", index::index)
        .answers(|| Shape::object([("api", Shape::text()), ("version", Shape::text())]))
        .get(
            "/status",
            "Health of the server and its database",
            index::status,
        )
        .answers(index::status_shape)
        .get(
            "/status.txt",
            "Health of the server and its database, as text",
            index::status_text,
        )
        .answer(Answer::text)
        .get(
            "/status/influx",
            "Health of the server and its database, as numbers",
            index::status_numbers,
        )
        .answers(index::status_numbers_shape)
        .get(
            "/status/resources",
            "Use of processors and memory",
            index::resources,
        )
        .answers(machine::resources_shape)
        .get(
            "/status/test-event",
            "Publish a test event to all listeners",
            index::test_event,
        )
        .answers(|| Shape::object([("success", Shape::boolean())]))
        .get(
            "/config",
            "Configuration for web clients, before a login",
            index::config,
        )
        .answers(index::config_shape)
        .tag("Authentication")
        .post("/auth/login", "Log in", auth::login)
        .answers(auth::login_shape)
        .post(
            "/auth/reset-password",
            "Request a password reset link by mail",
            auth::request_password_reset,
        )
        .answers(|| Shape::object([("success", Shape::text())]))
        .put(
            "/auth/reset-password",
            "Set a new password with the token of a reset link",
            auth::reset_password,
        )
        .answers(|| Shape::object([("success", Shape::boolean())]))
        .post(
            "/auth/app-login/token",
            "Exchange the code of a login in the browser for tokens",
            auth::app_login_token,
        )
        .answers(session)
        .get(
            "/auth/oidc/login",
            "Log in at the OpenID provider, as a browser",
            oidc::login,
        )
        .answer(|| Answer::empty(StatusCode::FOUND))
        .get(
            "/auth/oidc/callback",
            "Come back from the OpenID provider",
            oidc::callback,
        )
        .query(&[
            QueryParameter::Text("code"),
            QueryParameter::Text("state"),
            QueryParameter::Text("error"),
            QueryParameter::Text("iss"),
        ])
        .answer(|| Answer::empty(StatusCode::FOUND))
        .get(
            "/auth/saml/login",
            "Log in at the SAML provider, as a browser",
            saml::login,
        )
        .answer(|| Answer::empty(StatusCode::FOUND))
        .post(
            "/auth/saml/sso",
            "Come back from the SAML provider",
            saml::sso,
        )
        .answer(|| Answer::empty(StatusCode::FOUND))
        .get(
            "/auth/saml/metadata",
            "Describe this server for the SAML provider",
            saml::metadata,
        )
        .answer(|| Answer::file(StatusCode::OK, "application/samlmetadata+xml"))
        .with_token()
        .tag("Index")
        .get("/stats", "Numbers of previews and comments", index::stats)
        .answers(usage_shape)
        .tag("Authentication")
        .get(
            "/auth/authenticated",
            "The authenticated person or bot, and the organisation",
            auth::authenticated,
        )
        .answers(current_user)
        .get("/auth/logout", "Log out", auth::logout)
        .answers(|| Shape::object([("logout", Shape::boolean())]))
        .get(
            "/auth/refresh-token",
            "A new access token",
            auth::refresh_token,
        )
        .answers(auth::refreshed_shape)
        .get(
            "/tanuki/sessions",
            "Where the caller is logged in, or for admins another person",
            sessions::list,
        )
        .query(&[QueryParameter::Id("person_id")])
        .answers(|| session_shape().list())
        .delete(
            "/tanuki/sessions/{session_id}",
            "End a session of the caller, or for admins of anybody",
            sessions::end,
        )
        .answers_nothing()
        .post(
            "/auth/change-password",
            "Change the caller's password",
            auth::change_password,
        )
        .answers(|| Shape::object([("success", Shape::boolean())]))
        .post(
            "/auth/app-login/code",
            "Issue an authorization code for a desktop application",
            auth::app_login_code,
        )
        .creates(|| Shape::object([("code", Shape::text())]))
}
