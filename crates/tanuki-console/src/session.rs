//! Sessions of the console, and who has access to a page.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use tanuki_core::Caller;
use tanuki_core::auth::ConsoleSession;
use tanuki_domain::Role;

use crate::failure::{Failure, HandlerResult};
use crate::paths::is_of_second_factors;
use crate::visit::{Visit, Visitor};
use crate::{Console, cookies};

/// The page after signing in.
pub(crate) const HOME: &str = "/console/bots";

/// A signed-in admin. Others get 403, or a redirect to the sign-in page if they
/// are not signed in. An admin who has to set up a second factor is led to the
/// pages for that, and gets no others.
#[derive(Debug)]
pub(crate) struct Admin(pub Caller);

impl FromRequestParts<Console> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failure> {
        let Visitor(visit) = Visitor::from_request_parts(parts, console).await?;
        match &visit.person {
            Some(person)
                if person.role == Role::Admin
                    && person.must_set_up_second_factor
                    && !is_of_second_factors(parts.uri.path()) =>
            {
                Err(Failure::MustSetUpSecondFactor)
            }
            Some(person) if person.role == Role::Admin => Ok(Self(person.caller())),
            Some(_) => Err(Failure::NotAdmin),
            None => Err(Failure::NotSignedIn {
                next: destination(parts),
            }),
        }
    }
}

/// Returns the page to return to after signing in; the home page if a form was
/// submitted, whose content is lost.
fn destination(parts: &Parts) -> String {
    let wanted = parts.uri.path_and_query().map(ToString::to_string);
    wanted
        .filter(|_| parts.method == Method::GET)
        .unwrap_or_else(|| HOME.to_owned())
}

/// Starts a session for a person who has just signed in, ends the browser's
/// previous one, and redirects to `target`.
pub(crate) async fn open(
    console: &Console,
    visit: &Visit,
    session: &ConsoleSession,
    target: &str,
) -> HandlerResult {
    let core = &console.core;
    core.auth()
        .log_login(session.person_id, visit.address, true)
        .await;
    if let Some(before) = &visit.session {
        core.auth().end_console_session(before).await?;
    }
    let mut answer = Redirect::to(target).into_response();
    cookies::set_session(&mut answer, &session.cookie, visit.site.secure_cookies);
    Ok(answer)
}

/// Ends the session and redirects to the sign-in page.
pub(crate) async fn close(console: &Console, visit: &Visit) -> HandlerResult<Response> {
    if let Some(session) = &visit.session {
        console.core.auth().end_console_session(session).await?;
    }
    let mut answer = Redirect::to("/console/login").into_response();
    cookies::unset_session(&mut answer, visit.site.secure_cookies);
    Ok(answer)
}

/// Returns the `next` of the sign-in form if it is a page of the console;
/// otherwise it would be an open redirect.
pub(crate) fn local(next: &str) -> Option<&str> {
    let rest = next.strip_prefix("/console")?;
    let inside = rest.is_empty() || rest.starts_with(['/', '?']);
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    let climbs = next.contains("..") || next.to_ascii_lowercase().contains("%2e");
    let leaves = climbs || next.contains("//") || next.contains('\\');
    (inside && plain && !leaves).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_console_are_gone_on_to() {
        for next in [
            "/console",
            "/console/bots",
            "/console/bots?tab=inactive&search=a%20b",
            "/console?x",
        ] {
            assert_eq!(local(next), Some(next));
        }
        for next in [
            "",
            "/",
            "/data/persons",
            "/consoles",
            "//evil.example",
            "/console//evil.example",
            "/console@evil.example",
            "/console/\\evil.example",
            "https://evil.example/console",
            "/console/bots\r\nSet-Cookie: a=b",
            "/console/é",
        ] {
            assert_eq!(local(next), None, "{next}");
        }
    }
}
