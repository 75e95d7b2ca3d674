//! `/console/sessions`: where people are logged in with the API. Admins only.

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Redirect;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Map, Value};
use tanuki_core::{Error, MaybeId};
use uuid::Uuid;

use crate::Console;
use crate::failure::{Failure, HandlerResult};
use crate::form::Form;
use crate::moment::Moment;
use crate::pages::Page;
use crate::session::Admin;

/// A row of the table.
#[derive(Debug, Serialize)]
struct Line {
    id: String,
    method: &'static str,
    address: String,
    agent: String,
    begun: Moment,
    used: Moment,
}

impl Line {
    fn of(session: &Map<String, Value>) -> Self {
        let text = |key: &str| {
            let text = session.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let (created, renewed) = (text("created_at"), text("renewed_at"));
        Self {
            id: text("id"),
            method: match text("method").as_str() {
                "password" => "Password",
                "app-login" => "Desktop application",
                "ldap" => "Password of the directory",
                "oidc" => "OpenID Connect",
                "saml" => "SAML",
                "passkey" => "Passkey",
                "second-factor-setup" => "Second factor set up",
                _ => "Another",
            },
            address: text("ip_address"),
            agent: text("user_agent"),
            used: Moment::of(if renewed.is_empty() {
                &created
            } else {
                &renewed
            }),
            begun: Moment::of(&created),
        }
    }
}

/// `GET /console/sessions`, of the person with the e-mail address or desktop login
/// `login` of the query; the admin's own if it is missing.
pub(crate) async fn list(
    Admin(caller): Admin,
    State(console): State<Console>,
    address: Uri,
) -> HandlerResult<Page> {
    let query = address.query().unwrap_or_default();
    let mut query = form_urlencoded::parse(query.as_bytes());
    let login = query.find(|(name, _)| name == "login");
    let login = login.map(|(_, login)| login.trim().to_owned());
    let login = login.unwrap_or_default();
    let admin = caller.as_admin()?;
    let person = match login.as_str() {
        "" => Some(caller.id),
        login => match console.core.people().find_by_login(admin, login).await {
            Ok(id) => Some(id),
            Err(Error::Invalid { .. }) => None,
            Err(error) => return Err(Failure::from(error)),
        },
    };
    let sessions = match person {
        Some(id) => {
            let id = MaybeId::from(id);
            console.core.auth().sessions(&caller, Some(&id)).await?
        }
        None => Vec::new(),
    };
    let sessions: Vec<Line> = sessions.iter().map(Line::of).collect();
    let context = context! {
        section => "sessions",
        login => login,
        person => person.map(|id| id.to_string()),
        sessions => Serde(sessions),
    };
    Ok(Page::new("sessions.html", context))
}

/// `POST /console/sessions/{id}/end`.
pub(crate) async fn end(
    Admin(caller): Admin,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    form: Form,
) -> HandlerResult<Redirect> {
    let ended = console.core.auth().end_session(&caller, &id.into()).await;
    match ended {
        // It may have ended meanwhile.
        Ok(()) | Err(Error::NotFound) => Ok(back(&form)),
        Err(error) => Err(Failure::from(error)),
    }
}

/// `POST /console/sessions/end-all`, of a person, also those of the console.
pub(crate) async fn end_all(
    Admin(caller): Admin,
    State(console): State<Console>,
    form: Form,
) -> HandlerResult<Redirect> {
    let id = form.id("person")?;
    let people = console.core.people();
    people.end_sessions(caller.as_admin()?, id).await?;
    Ok(back(&form))
}

/// Leads back to the sessions of the same person.
fn back(form: &Form) -> Redirect {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("login", form.text("login"));
    Redirect::to(&format!("/console/sessions?{}", query.finish()))
}
