//! What the server responds with: the API, the console and Socket.IO, and the
//! web client if there is one.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower::ServiceExt as _;

use crate::web_client::is_of_server;

/// The routers of the server. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct App {
    pub server: Router,
    /// The web client, where `WEB_DIR` is set.
    pub web_client: Option<Router>,
}

impl App {
    /// Responds to a request.
    pub async fn respond(self, request: Request) -> Response {
        let routed = match self.web_client {
            Some(pages) if !is_of_server(request.uri().path()) => pages.oneshot(request).await,
            _ => self.server.oneshot(tanuki_api::normalize(request)).await,
        };
        routed.unwrap_or_else(|never| match never {})
    }
}
