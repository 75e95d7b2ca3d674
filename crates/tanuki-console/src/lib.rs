//! The admin console: pages rendered by the server, under `/console`.
//!
//! A handler returns a [`Page`](pages::Page) or a
//! [`Failure`](failure::Failure); a middleware around all handlers
//! authenticates the visitor and renders either as HTML.

mod assets;
mod bot;
mod bots_page;
mod cookies;
mod csrf;
mod dialog;
mod factors_page;
mod failure;
mod filters;
mod form;
mod moment;
mod pages;
mod paths;
mod proof;
mod providers;
mod qr;
mod rendering;
mod routes;
mod session;
mod templates;
mod visit;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{any, get, post};
use tanuki_core::Core;

use failure::Failure;
use routes::{bots, jobs, login, passkeys, reset, second_factors, sessions, setup, sign_on};

/// The maximum size of a form, in bytes; all forms are far smaller.
const MAX_BODY: usize = 256 * 1024;

/// The state of every handler.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    pub core: Core,
    pub csrf: csrf::Key,
}

/// Returns the router of the console. Paths have to be normalized already: no
/// `/api` prefix and no trailing slash.
pub fn router(core: Core) -> Router {
    let console = Console {
        csrf: csrf::Key::derive(&core.settings().auth.secret_key),
        core,
    };
    Router::new()
        .route("/console", get(login::home))
        .route("/console/login", get(login::show).post(login::log_in))
        .route("/console/logout", post(login::log_out))
        .route("/console/setup", get(setup::show).post(setup::set_up))
        .route(
            "/console/reset-password",
            get(reset::show).post(reset::reset),
        )
        .route("/reset-change-password", get(reset::from_link))
        .route("/console/bots", get(bots::list).post(bots::create))
        .route("/console/bots/new", get(bots::new))
        .route("/console/bots/{id}", get(bots::edit).post(bots::update))
        .route(
            "/console/bots/{id}/token",
            get(bots::ask_token).post(bots::replace_token),
        )
        .route(
            "/console/bots/{id}/active",
            get(bots::ask_deactivate).post(bots::set_active),
        )
        .route(
            "/console/bots/{id}/delete",
            get(bots::ask_delete).post(bots::delete),
        )
        .route("/console/jobs", get(jobs::list))
        .route("/console/jobs/{id}/retry", post(jobs::retry))
        .route("/console/jobs/{id}/cancel", post(jobs::cancel))
        .merge(second_factors::routes())
        .merge(passkeys::routes())
        .merge(sign_on::routes())
        .route("/console/sessions", get(sessions::list))
        .route("/console/sessions/end-all", post(sessions::end_all))
        .route("/console/sessions/{id}/end", post(sessions::end))
        .route("/console/{*path}", any(async || Failure::not_found()))
        .method_not_allowed_fallback(async || {
            Failure::refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "This page does not take that kind of request.",
            )
        })
        .layer(from_fn_with_state(console.clone(), rendering::serve))
        .route("/console/assets/{name}", get(assets::serve))
        .layer(map_response(rendering::secure))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(console)
}
