//! Public routes (index, status, configuration), and authentication.

use super::DESCRIPTION;
use crate::manifest::Routes;
use crate::routes::{auth, docs, index};

/// Mounts the routes without a token, and those that issue and revoke tokens.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Index")
        .open_to_everybody()
        .elsewhere(DESCRIPTION, "This description")
        .get("/docs", "This description, for people", docs::page)
        .get("/", "Name and version of the API", index::index)
        .get(
            "/status",
            "Whether what the server stands on works",
            index::status,
        )
        .get(
            "/config",
            "What a web client needs to know before a login",
            index::config,
        )
        .tag("Authentication")
        .post("/auth/login", "Log in", auth::login)
        .post(
            "/auth/reset-password",
            "Ask for a link to choose another password",
            auth::request_password_reset,
        )
        .put(
            "/auth/reset-password",
            "Choose another password with such a link",
            auth::reset_password,
        )
        .post(
            "/auth/app-login/token",
            "Exchange the code of a login in the browser for tokens",
            auth::app_login_token,
        )
        .with_token()
        .get(
            "/auth/authenticated",
            "Who the token speaks for",
            auth::authenticated,
        )
        .get("/auth/logout", "Log out", auth::logout)
        .get(
            "/auth/refresh-token",
            "A new access token",
            auth::refresh_token,
        )
        .post(
            "/auth/change-password",
            "Change one's password",
            auth::change_password,
        )
        .post(
            "/auth/app-login/code",
            "A code that lets a desktop application log in",
            auth::app_login_code,
        )
}
