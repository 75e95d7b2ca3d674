//! What all pages share: authentication, rendering, headers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use minijinja::context;

use crate::failure::Failure;
use crate::pages::Page;
use crate::visit::Visit;
use crate::{Console, templates};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; \
    frame-ancestors 'self'; base-uri 'none'";

/// Middleware that authenticates the visitor before the handler, and renders
/// the handler's [`Page`].
pub(crate) async fn serve(
    State(console): State<Console>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut visit = match Visit::of(&console, &request) {
        Ok(visit) => visit,
        Err(error) => {
            tracing::error!(%error, "a page of the console failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let found = visit.find_person(&console).await;
    let visit = Arc::new(visit);
    let mut answer = match found {
        Ok(()) => {
            request.extensions_mut().insert(Arc::clone(&visit));
            next.run(request).await
        }
        Err(error) => Failure::from(error).into_response(),
    };
    if let Some(page) = answer.extensions_mut().remove::<Page>() {
        fill(&mut answer, render(&page, &console, &visit));
        visit.keep_csrf_cookie(&mut answer);
    }
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Sets the body of the response; 500 if rendering failed.
fn fill(answer: &mut Response, html: Result<String, minijinja::Error>) {
    match html {
        Ok(html) => {
            *answer.body_mut() = Body::from(html);
            answer.headers_mut().insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            );
        }
        Err(error) => {
            tracing::error!(?error, "a template of the console failed");
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
    }
}

/// Adds the security headers of pages and assets.
pub(crate) async fn secure(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Renders a page with what all pages share: the person, the CSRF code, the
/// version.
fn render(page: &Page, console: &Console, visit: &Visit) -> Result<String, minijinja::Error> {
    let me = visit.person.as_ref().map(|person| {
        context! {
            full_name => person.full_name.as_str(),
            email => person.email.as_str(),
            role => person.role.as_str(),
            must_set_up_second_factor => person.must_set_up_second_factor,
        }
    });
    let all_pages = context! {
        me,
        csrf => visit.csrf_code(console),
        version => env!("CARGO_PKG_VERSION"),
    };
    let context = context! { ..page.context.clone(), ..all_pages };
    templates::render(page.template, context)
}
