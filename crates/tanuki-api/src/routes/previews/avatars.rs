//! Pictures of people, of productions and of the organisation.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tanuki_core::Caller;
use tanuki_core::files::AvatarOwner;
use uuid::Uuid;

use super::{OneFile, uploaded};
use crate::error::{Failure, HandlerResult};
use crate::extract::{Authenticated, FileName, FormRequest};
use crate::{Api, download};

/// The answer to an upload.
type Uploaded = (StatusCode, Json<Value>);

/// What clients read that send a project's picture where it is shown.
const SEND_WITHOUT_EXTENSION: &str = "Upload project thumbnails on the url without extension: \
    /pictures/thumbnails/projects/<project_id>.";

/// `GET /pictures/thumbnails/persons/ID[.png]`.
pub(crate) async fn of_person(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    name: FileName,
    head: HeaderMap,
) -> HandlerResult {
    let owner = (AvatarOwner::Person, name.id_of_png()?);
    show(&api, &caller, owner, &head).await
}

/// `GET /pictures/thumbnails/projects/ID[.png]`.
pub(crate) async fn of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    name: FileName,
    head: HeaderMap,
) -> HandlerResult {
    let owner = (AvatarOwner::Project, name.id_of_png()?);
    show(&api, &caller, owner, &head).await
}

/// `GET /pictures/thumbnails/organisations/ID[.png]`.
pub(crate) async fn of_organisation(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    name: FileName,
    head: HeaderMap,
) -> HandlerResult {
    let owner = (AvatarOwner::Organisation, name.id_of_png()?);
    show(&api, &caller, owner, &head).await
}

async fn show(
    api: &Api,
    caller: &Caller,
    (owner, id): (AvatarOwner, Uuid),
    head: &HeaderMap,
) -> HandlerResult {
    let file = api.core.files().avatar(caller, owner, id).await?;
    download::answer_media(file, head, api.core.settings().files.max_age).await
}

/// `POST /pictures/thumbnails/persons/ID[.png]`.
pub(crate) async fn set_of_person(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    name: FileName,
    form: FormRequest<OneFile>,
) -> HandlerResult<Uploaded> {
    let owner = (AvatarOwner::Person, name.id_of_png()?);
    set(&api, &caller, owner, form).await
}

/// `POST /pictures/thumbnails/projects/ID`. With `.png` behind the id it is
/// refused with 405, as in Zou.
pub(crate) async fn set_of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    name: FileName,
    form: FormRequest<OneFile>,
) -> HandlerResult<Uploaded> {
    let is_png = name.extension.is_some();
    let id = name.id_of_png()?;
    if is_png {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(Failure::new(status, SEND_WITHOUT_EXTENSION));
    }
    set(&api, &caller, (AvatarOwner::Project, id), form).await
}

/// `POST /pictures/thumbnails/organisations/ID[.png]`.
pub(crate) async fn set_of_organisation(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    name: FileName,
    form: FormRequest<OneFile>,
) -> HandlerResult<Uploaded> {
    let owner = (AvatarOwner::Organisation, name.id_of_png()?);
    set(&api, &caller, owner, form).await
}

async fn set(
    api: &Api,
    caller: &Caller,
    (owner, id): (AvatarOwner, Uuid),
    form: FormRequest<OneFile>,
) -> HandlerResult<Uploaded> {
    let files = api.core.files();
    files.may_set_avatar(caller, owner, id).await?;
    let file = uploaded(form, api, caller).await?;
    let answer = files.set_avatar(caller, owner, id, file).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}
