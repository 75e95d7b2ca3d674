//! The origin of a request, for protection against CSRF.

use axum::http::HeaderMap;
use tanuki_core::Core;
use tanuki_domain::Site;

/// Returns the address at which the browser reached the server.
pub(crate) fn site_of(headers: &HeaderMap, core: &Core) -> Site {
    let public_url = &core.settings().studio.public_url;
    Site::of(|name| headers.get(name)?.to_str().ok(), public_url)
}

/// Whether the browser declares that a page of another site sent the request,
/// with whatever cookies the visitor has here. `false` for programs, which
/// declare nothing, and for the pages of `CORS_ALLOWED_ORIGINS`.
pub(crate) fn is_from_elsewhere(headers: &HeaderMap, core: &Core) -> bool {
    let allowed = &core.settings().studio.allowed_origins;
    let header = |name: &str| headers.get(name)?.to_str().ok();
    !site_of(headers, core).sent(header, allowed)
}
