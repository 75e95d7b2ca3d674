//! `/console/bots`: the list, and the dialogs above it. Admins only.

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::{Map, Value};
use tanuki_core::Error;
use uuid::Uuid;

use crate::Console;
use crate::bots_page::{Notice, about, back_to_list, list as list_page, with_dialog};
use crate::dialog::{BotForm, Dialog, Errors, errors};
use crate::failure::{Failure, HandlerResult};
use crate::filters::Filters;
use crate::form::Form;
use crate::pages::Page;
use crate::session::Admin;
use crate::visit::{Visit, Visitor};

/// The status of a form with errors.
const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// The id in the path; 404 if it is not a UUID.
#[derive(Debug)]
pub(crate) struct BotId(Uuid);

impl FromRequestParts<Console> for BotId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Failure> {
        let path = Path::<Uuid>::from_request_parts(parts, console).await;
        path.map(|Path(id)| Self(id))
            .map_err(|_| Failure::not_found())
    }
}

/// `GET /console/bots`.
pub(crate) async fn list(
    _: Admin,
    State(console): State<Console>,
    filters: Filters,
    uri: Uri,
) -> HandlerResult<Page> {
    list_page(&console, &filters, uri.query().unwrap_or_default()).await
}

/// `GET /console/bots/new`.
pub(crate) async fn new(
    _: Admin,
    State(console): State<Console>,
    filters: Filters,
) -> HandlerResult<Page> {
    let dialog = Dialog::New {
        form: BotForm::empty(),
        form_id: Uuid::new_v4(),
        errors: Errors::new(),
    };
    with_dialog(&console, &filters, StatusCode::OK, dialog).await
}

/// `POST /console/bots`.
pub(crate) async fn create(
    Admin(caller): Admin,
    State(console): State<Console>,
    Visitor(visit): Visitor,
    form: Form,
) -> HandlerResult<Page> {
    let filters = Filters::of(&form);
    let form_id = form.id("form_id")?;
    let form = BotForm::read(&form);
    let created = match form.details() {
        Ok(bot) => {
            console
                .core
                .bots()
                .create_once(caller.as_admin()?, form_id, &bot)
                .await
        }
        Err(error) => Err(error),
    };
    match created {
        Ok(Some(bot)) => {
            let dialog = token_dialog(&visit, &bot)?;
            with_dialog(&console, &filters, StatusCode::OK, dialog).await
        }
        Ok(None) => already_created(&console, &filters, form_id).await,
        Err(error) => {
            let errors = errors(error)?;
            let dialog = Dialog::New {
                form,
                form_id,
                errors,
            };
            with_dialog(&console, &filters, REFUSED, dialog).await
        }
    }
}

/// Responds to a form that was submitted again, by a reload or a double click:
/// the bot exists, and its token was shown in the first response.
async fn already_created(console: &Console, filters: &Filters, id: Uuid) -> HandlerResult<Page> {
    about(console, filters, id, StatusCode::CONFLICT, |bot| {
        Dialog::Regenerate {
            id: bot.id.clone(),
            name: bot.name.clone(),
            message: Some(
                "This bot was created already: its form was sent twice. Its token was shown then \
                 and cannot be shown again. If nobody has copied it, replace it."
                    .into(),
            ),
        }
    })
    .await
}

/// `GET /console/bots/{id}`.
pub(crate) async fn edit(
    _: Admin,
    State(console): State<Console>,
    BotId(id): BotId,
    filters: Filters,
) -> HandlerResult<Page> {
    about(&console, &filters, id, StatusCode::OK, |bot| Dialog::Edit {
        id: bot.id.clone(),
        name: bot.name.clone(),
        form: BotForm::of(bot),
        errors: Errors::new(),
    })
    .await
}

/// `POST /console/bots/{id}`. A new expiration date issues a new token.
pub(crate) async fn update(
    Admin(caller): Admin,
    State(console): State<Console>,
    Visitor(visit): Visitor,
    BotId(id): BotId,
    form: Form,
) -> HandlerResult {
    let filters = Filters::of(&form);
    let form = BotForm::read(&form);
    let updated = match form.details() {
        Ok(bot) => {
            console
                .core
                .bots()
                .update(caller.as_admin()?, id, &bot)
                .await
        }
        Err(error) => Err(error),
    };
    let page = match updated {
        Ok(bot) if bot.contains_key("access_token") => {
            let dialog = token_dialog(&visit, &bot)?;
            with_dialog(&console, &filters, StatusCode::OK, dialog).await
        }
        Ok(_) => return Ok(back_to_list(&filters, Notice::Saved, id)),
        Err(error) => {
            let errors = errors(error)?;
            about(&console, &filters, id, REFUSED, |bot| Dialog::Edit {
                id: bot.id.clone(),
                name: bot.name.clone(),
                form,
                errors,
            })
            .await
        }
    };
    page.map(IntoResponse::into_response)
}

/// `GET /console/bots/{id}/token`.
pub(crate) async fn ask_token(
    _: Admin,
    State(console): State<Console>,
    BotId(id): BotId,
    filters: Filters,
) -> HandlerResult<Page> {
    regenerate(&console, &filters, id, StatusCode::OK, None).await
}

/// `POST /console/bots/{id}/token`.
pub(crate) async fn replace_token(
    Admin(caller): Admin,
    State(console): State<Console>,
    Visitor(visit): Visitor,
    BotId(id): BotId,
    form: Form,
) -> HandlerResult<Page> {
    let filters = Filters::of(&form);
    match console.core.bots().rotate_token(&caller, id).await {
        Ok(token) => {
            about(&console, &filters, id, StatusCode::OK, |bot| {
                Dialog::Token {
                    id: bot.id.clone(),
                    name: bot.name.clone(),
                    token,
                    host: visit.site.api_url(),
                }
            })
            .await
        }
        Err(Error::Invalid { message, .. }) => {
            regenerate(&console, &filters, id, REFUSED, Some(&message)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn regenerate(
    console: &Console,
    filters: &Filters,
    id: Uuid,
    status: StatusCode,
    message: Option<&str>,
) -> HandlerResult<Page> {
    about(console, filters, id, status, |bot| Dialog::Regenerate {
        id: bot.id.clone(),
        name: bot.name.clone(),
        message: message.map(str::to_owned),
    })
    .await
}

/// `GET /console/bots/{id}/active`.
pub(crate) async fn ask_deactivate(
    _: Admin,
    State(console): State<Console>,
    BotId(id): BotId,
    filters: Filters,
) -> HandlerResult<Page> {
    about(&console, &filters, id, StatusCode::OK, |bot| {
        Dialog::Deactivate {
            id: bot.id.clone(),
            name: bot.name.clone(),
        }
    })
    .await
}

/// `POST /console/bots/{id}/active`.
pub(crate) async fn set_active(
    Admin(caller): Admin,
    State(console): State<Console>,
    BotId(id): BotId,
    form: Form,
) -> HandlerResult {
    let active = form.flag("active");
    console.core.bots().set_active(&caller, id, active).await?;
    let notice = if active {
        Notice::Activated
    } else {
        Notice::Deactivated
    };
    Ok(back_to_list(&Filters::of(&form), notice, id))
}

/// `GET /console/bots/{id}/delete`.
pub(crate) async fn ask_delete(
    _: Admin,
    State(console): State<Console>,
    BotId(id): BotId,
    filters: Filters,
) -> HandlerResult<Page> {
    about(&console, &filters, id, StatusCode::OK, |bot| {
        Dialog::Delete {
            id: bot.id.clone(),
            name: bot.name.clone(),
            message: None,
            force: false,
        }
    })
    .await
}

/// `POST /console/bots/{id}/delete`. If other rows refer to the bot, a second
/// confirmation is required, and the deletion cascades to them.
pub(crate) async fn delete(
    Admin(caller): Admin,
    State(console): State<Console>,
    BotId(id): BotId,
    form: Form,
) -> HandlerResult {
    let filters = Filters::of(&form);
    match console
        .core
        .bots()
        .delete(&caller, id, form.flag("force"))
        .await
    {
        Ok(()) => Ok(back_to_list(&filters, Notice::Deleted, id)),
        Err(Error::Refused(_)) => {
            let page = about(&console, &filters, id, REFUSED, |bot| Dialog::Delete {
                id: bot.id.clone(),
                name: bot.name.clone(),
                message: Some("Work is linked to this bot, so it was not deleted.".into()),
                force: true,
            });
            page.await.map(IntoResponse::into_response)
        }
        Err(error) => Err(error.into()),
    }
}

/// Shows a new token. It is not stored, so it cannot be shown again.
fn token_dialog(visit: &Visit, bot: &Map<String, Value>) -> Result<Dialog, Failure> {
    let text = |field: &str| bot.get(field).and_then(Value::as_str).map(str::to_owned);
    let token = text("access_token")
        .ok_or_else(|| Failure::internal("a new bot has come without a token"))?;
    Ok(Dialog::Token {
        id: text("id").unwrap_or_default(),
        name: text("full_name").unwrap_or_default().trim().to_owned(),
        token,
        host: visit.site.api_url(),
    })
}
