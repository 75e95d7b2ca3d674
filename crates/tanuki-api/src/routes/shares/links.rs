//! The links of a playlist: `/data/playlists/ID/share`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tanuki_core::shares::{Invitation, NewLink};
use tanuki_core::{JsonRow, MaybeId};

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds};

/// `GET /data/playlists/ID/share`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(playlist): PathIds<MaybeId>,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    Ok(Json(api.core.shares().links(&caller, &playlist).await?))
}

/// The body of `POST /data/playlists/ID/share`.
#[derive(Debug)]
pub(crate) struct LinkBody(NewLink);

impl ActionBody for LinkBody {
    const SCHEMA: &'static str = "CreatePlaylistShareLinkSchema";

    fn read(fields: &mut Fields) -> Self {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self(NewLink {
            expires: filled(fields.optional_text("expiration_date")),
            can_comment: fields.flag_or("can_comment", true),
            password: filled(fields.optional_text("password")),
            burn_in: filled(fields.optional_text("burn_in")),
        })
    }
}

/// `POST /data/playlists/ID/share`.
pub(crate) async fn create(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(playlist): PathIds<MaybeId>,
    body: Body<LinkBody>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let shares = api.core.shares();
    shares.may_share(&caller, &playlist).await?;
    let LinkBody(new) = body.validate()?;
    let link = shares.create_link(&caller, &playlist, new).await?;
    Ok((StatusCode::CREATED, Json(link)))
}

/// A link in the path of its playlist.
#[derive(Debug, Deserialize)]
pub(crate) struct LinkPath {
    playlist_id: MaybeId,
    token: String,
}

/// `DELETE /data/playlists/ID/share/TOKEN`.
pub(crate) async fn revoke(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<LinkPath>,
) -> HandlerResult<Json<JsonRow>> {
    let shares = api.core.shares();
    let link = shares.revoke_link(&caller, &path.playlist_id, &path.token);
    Ok(Json(link.await?))
}

/// The body of `POST /data/playlists/ID/share/TOKEN/invite`.
#[derive(Debug)]
pub(crate) struct InvitationBody(Invitation);

impl ActionBody for InvitationBody {
    const SCHEMA: &'static str = "InviteShareLinkSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(Invitation {
            emails: fields.optional_texts("emails"),
            people: fields.ids("person_ids"),
            message: fields.optional_text("message"),
        })
    }
}

/// `POST /data/playlists/ID/share/TOKEN/invite`.
pub(crate) async fn invite(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<LinkPath>,
    body: Body<InvitationBody>,
) -> HandlerResult<Json<Value>> {
    let shares = api.core.shares();
    let (playlist, token) = (&path.playlist_id, path.token.as_str());
    shares.may_invite(&caller, playlist, token).await?;
    let InvitationBody(invitation) = body.validate()?;
    let sent = shares.invite(&caller, playlist, token, invitation).await?;
    Ok(Json(json!({"sent": sent})))
}
