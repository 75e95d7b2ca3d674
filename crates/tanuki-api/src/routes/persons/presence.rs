//! Logins with desktop programs, and who was present.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDateTime;
use tanuki_core::{JsonRow, MaybeId};

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, Parameters, PathIds, Person};
use crate::{Api, csv, response};

/// The body of `POST /data/persons/ID/desktop-login-logs`.
#[derive(Debug)]
pub(crate) struct DesktopLogin(Option<NaiveDateTime>);

impl ActionBody for DesktopLogin {
    const SCHEMA: &'static str = "DesktopLoginCreateSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.optional_time("date"))
    }
}

type Created = (StatusCode, Json<JsonRow>);

/// `GET /data/persons/ID/desktop-login-logs`.
pub(crate) async fn logins(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(person_id): PathIds<MaybeId>,
) -> HandlerResult {
    let people = api.core.people();
    response::stream(people.desktop_logins(&caller, &person_id).await?).await
}

/// `POST /data/persons/ID/desktop-login-logs`.
pub(crate) async fn log_login(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(person_id): PathIds<MaybeId>,
    body: Body<DesktopLogin>,
) -> HandlerResult<Created> {
    let DesktopLogin(date) = body.validate()?;
    let people = api.core.people();
    let login = people.log_desktop_login(&caller, &person_id, date).await?;
    Ok((StatusCode::CREATED, Json(login)))
}

/// `GET /data/user/desktop-login-logs`.
pub(crate) async fn own_logins(Person(caller): Person, State(api): State<Api>) -> HandlerResult {
    let people = api.core.people();
    response::stream(people.desktop_logins(&caller, &caller.id.into()).await?).await
}

/// `POST /data/user/desktop-login-logs`.
pub(crate) async fn log_own_login(
    Person(caller): Person,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<Created> {
    let date = parameters.text("date");
    let people = api.core.people();
    let login = people.log_own_desktop_login(&caller, date.as_deref());
    Ok((StatusCode::CREATED, Json(login.await?)))
}

/// `GET /data/persons/presence-logs/MONTH`.
pub(crate) async fn table(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(month): PathIds<String>,
) -> HandlerResult<Response> {
    let admin = caller.as_admin()?;
    let table = api.core.people().presence_table(admin, &month).await?;
    Ok(csv::file("kitsu_export", &table))
}
