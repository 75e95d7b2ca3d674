//! Playlists that are shared by links: `/shared/playlists/{token}`, and the
//! links of a playlist.

pub(crate) mod comments;
pub(crate) mod links;
pub(crate) mod media;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tanuki_core::shares::NewGuest;
use uuid::Uuid;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Body, Fields, Shared};

/// `GET /shared/playlists/TOKEN`.
pub(crate) async fn playlist(shared: Shared, State(api): State<Api>) -> HandlerResult {
    let playlist = api.core.shares().playlist(&shared.link).await?;
    Ok(shared.answer(Json(playlist)))
}

/// `GET /shared/playlists/TOKEN/context`.
pub(crate) async fn context(shared: Shared, State(api): State<Api>) -> HandlerResult {
    let context = api.core.shares().context(&shared.link).await?;
    Ok(shared.answer(Json(context)))
}

/// The body of `POST /shared/playlists/TOKEN/guest`.
#[derive(Debug)]
pub(crate) struct GuestBody {
    first_name: Option<String>,
    last_name: Option<String>,
    guest_id: Option<Uuid>,
    guest_token: Option<String>,
}

impl ActionBody for GuestBody {
    const SCHEMA: &'static str = "CreateGuestSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            first_name: fields.optional_text("first_name"),
            last_name: fields.optional_text("last_name"),
            guest_id: fields.optional_id_or_empty("guest_id"),
            guest_token: fields.optional_text("guest_token"),
        }
    }
}

/// `POST /shared/playlists/TOKEN/guest`: 200 for a guest that is known, 201 for
/// a new one. The secret is in `guest_token` and in a cookie.
pub(crate) async fn enter(
    shared: Shared,
    State(api): State<Api>,
    body: Body<GuestBody>,
) -> HandlerResult<Response> {
    let body = body.validate()?;
    let secrets = shared.secrets.clone().and(body.guest_token);
    let first_name = body.first_name.filter(|name| !name.is_empty());
    let guest = NewGuest {
        first_name: first_name.unwrap_or_else(|| "Guest".to_owned()),
        last_name: body.last_name.unwrap_or_default(),
        guest_id: body.guest_id,
    };
    let shares = api.core.shares();
    let guest = shares.enter(&shared.link, &secrets, guest).await?;
    let status = match guest.is_known {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    let mut row = guest.row;
    row.insert("guest_token".into(), guest.secret.clone().into());
    let cookie = (guest.secret.as_str(), guest.expires_at);
    Ok(shared.answer_guest((status, Json(row)), cookie))
}
