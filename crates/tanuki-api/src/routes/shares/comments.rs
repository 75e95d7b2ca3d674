//! What guests read and write through a link: comments, attachments, drawings.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use tanuki_core::MaybeId;
use tanuki_core::files::AnnotationChanges;
use tanuki_core::shares::{CommentEdit, Guest, NewGuestComment};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Body, Fields, FormRequest, PathIds, Query, Shared};
use crate::{Api, download, response};

/// The reasons that clients read, which are Zou's.
const COMMENTS_DISABLED: &str = "Comments are disabled for this link";
const DRAWING_DISABLED: &str = "Annotations are disabled";
const NO_GUEST: &str = "Guest not part of this shared playlist";
const FORBIDDEN: &str = "Forbidden";

/// Who writes: the id of a guest, and their secret if it is in the body.
#[derive(Debug)]
struct Writer {
    guest_id: Uuid,
    guest_token: Option<String>,
}

impl Writer {
    fn read(fields: &mut Fields) -> Self {
        Self {
            guest_id: fields.required_id("guest_id"),
            guest_token: fields.optional_text("guest_token"),
        }
    }

    /// Returns the guest, if their secret came with the request.
    ///
    /// # Errors
    /// 403 with `reason` otherwise.
    async fn guest(self, shared: &Shared, api: &Api, reason: &'static str) -> HandlerResult<Guest> {
        let secrets = shared.secrets.clone().and(self.guest_token);
        let shares = api.core.shares();
        let guest = shares.require_guest(&shared.link, self.guest_id, &secrets, reason);
        Ok(guest.await?)
    }
}

/// `GET /shared/playlists/TOKEN/comments`.
pub(crate) async fn list(shared: Shared, State(api): State<Api>) -> HandlerResult {
    let comments = api.core.shares().comments(&shared.link).await?;
    Ok(shared.answer(response::long_json(comments).await?))
}

/// The body of `POST /shared/playlists/TOKEN/comments`.
#[derive(Debug)]
pub(crate) struct CommentBody {
    writer: Writer,
    comment: NewGuestComment,
}

impl ActionBody for CommentBody {
    const SCHEMA: &'static str = "CreateGuestCommentSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            writer: Writer::read(fields),
            comment: NewGuestComment {
                task_id: fields.required_id("task_id"),
                task_status_id: fields.required_id("task_status_id"),
                text: fields.optional_text("text").unwrap_or_default(),
                checklist: fields.optional_list("checklist"),
            },
        }
    }
}

/// `POST /shared/playlists/TOKEN/comments`.
pub(crate) async fn create(
    shared: Shared,
    State(api): State<Api>,
    body: Body<CommentBody>,
) -> HandlerResult {
    let link = &shared.link;
    link.require_comments(COMMENTS_DISABLED)?;
    let CommentBody { writer, comment } = body.validate()?;
    let guest = writer.guest(&shared, &api, NO_GUEST).await?;
    let comment = api.core.shares().comment(link, &guest, comment).await?;
    Ok(shared.answer((StatusCode::CREATED, Json(comment))))
}

/// The comment that a path names.
#[derive(Debug, Deserialize)]
pub(crate) struct CommentPath {
    comment_id: MaybeId,
}

/// The body of `PUT /shared/playlists/TOKEN/comments/ID`.
#[derive(Debug)]
pub(crate) struct EditBody {
    writer: Writer,
    edit: CommentEdit,
}

impl ActionBody for EditBody {
    const SCHEMA: &'static str = "EditGuestCommentSchema";

    fn read(fields: &mut Fields) -> Self {
        let writer = Writer::read(fields);
        let text = fields.optional_text("text");
        let has_checklist = fields.is_given("checklist");
        let checklist: Vec<Value> = fields.optional_list("checklist");
        Self {
            writer,
            edit: CommentEdit {
                text,
                checklist: has_checklist.then_some(checklist),
                task_status_id: fields.optional_id("task_status_id"),
            },
        }
    }
}

/// `PUT /shared/playlists/TOKEN/comments/ID`.
pub(crate) async fn edit(
    shared: Shared,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentPath>,
    body: Body<EditBody>,
) -> HandlerResult {
    let link = &shared.link;
    link.require_comments(COMMENTS_DISABLED)?;
    let EditBody { writer, edit } = body.validate()?;
    let guest = writer.guest(&shared, &api, FORBIDDEN).await?;
    let shares = api.core.shares();
    let edited = shares.edit_comment(link, &guest, (&path.comment_id, edit));
    Ok(shared.answer(Json(edited.await?)))
}

/// The body of the routes that delete something of a guest.
#[derive(Debug)]
pub(crate) struct DeletionBody(Writer);

impl ActionBody for DeletionBody {
    const SCHEMA: &'static str = "GuestActionSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(Writer::read(fields))
    }
}

/// `DELETE /shared/playlists/TOKEN/comments/ID`.
pub(crate) async fn delete(
    shared: Shared,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentPath>,
    body: Body<DeletionBody>,
) -> HandlerResult {
    let link = &shared.link;
    link.require_comments(COMMENTS_DISABLED)?;
    let DeletionBody(writer) = body.validate()?;
    let guest = writer.guest(&shared, &api, FORBIDDEN).await?;
    let shares = api.core.shares();
    shares
        .delete_comment(link, &guest, &path.comment_id)
        .await?;
    Ok(shared.answer(response::no_content()))
}

/// A form with files and the id of a guest.
#[derive(Debug)]
pub(crate) struct AttachmentsBody {
    guest_id: Option<Uuid>,
}

impl ActionBody for AttachmentsBody {
    const SCHEMA: &'static str = "GuestAttachmentsSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            guest_id: fields.optional_id_or_empty("guest_id"),
        }
    }
}

/// `POST /shared/playlists/TOKEN/comments/ID/attachments`. The secret is in the
/// cookie, the header or the query string: it is checked before the files come.
pub(crate) async fn attach(
    shared: Shared,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentPath>,
    query: Query,
    form: FormRequest<AttachmentsBody>,
) -> HandlerResult {
    let link = &shared.link;
    link.require_comments(COMMENTS_DISABLED)?;
    let secret = query.first("guest_token").map(str::to_owned);
    let secrets = shared.secrets.clone().and(secret);
    let shares = api.core.shares();
    let guest = shares.require_any_guest(link, &secrets, FORBIDDEN).await?;
    shares.may_attach(link, &guest, &path.comment_id).await?;
    let (arguments, files) = form.read(&api, guest.sender()).await?.into_parts();
    let given = arguments.validate()?.guest_id;
    let guest_id = given.unwrap_or(Uuid::nil());
    let guest = shares.require_guest(link, guest_id, &secrets, FORBIDDEN);
    let guest = guest.await?;
    let comment = shares.attach(link, &guest, (&path.comment_id, files));
    Ok(shared.answer((StatusCode::CREATED, Json(comment.await?))))
}

/// The attachment that a path names.
#[derive(Debug, Deserialize)]
pub(crate) struct CommentAttachmentPath {
    comment_id: MaybeId,
    attachment_file_id: MaybeId,
}

/// `DELETE /shared/playlists/TOKEN/comments/ID/attachments/ID`.
pub(crate) async fn detach(
    shared: Shared,
    State(api): State<Api>,
    PathIds(path): PathIds<CommentAttachmentPath>,
    body: Body<DeletionBody>,
) -> HandlerResult {
    let link = &shared.link;
    link.require_comments(COMMENTS_DISABLED)?;
    let DeletionBody(writer) = body.validate()?;
    let guest = writer.guest(&shared, &api, FORBIDDEN).await?;
    let shares = api.core.shares();
    let ids = (&path.comment_id, &path.attachment_file_id);
    shares.detach(link, &guest, ids).await?;
    Ok(shared.answer(response::no_content()))
}

/// The id in the path of an attachment; its name does not matter.
#[derive(Debug, Deserialize)]
pub(crate) struct AttachmentPath {
    attachment_file_id: Uuid,
}

/// `GET /shared/playlists/TOKEN/attachment-files/ID/file/NAME`.
pub(crate) async fn attachment(
    shared: Shared,
    State(api): State<Api>,
    PathIds(path): PathIds<AttachmentPath>,
    head: HeaderMap,
) -> HandlerResult<Response> {
    let shares = api.core.shares();
    let file = shares.attachment(&shared.link, path.attachment_file_id);
    let max_age = api.core.settings().files.max_age;
    let file = download::answer(file.await?, &head, max_age).await?;
    Ok(shared.answer(file))
}

/// The body of `PUT /shared/playlists/TOKEN/annotations`.
#[derive(Debug)]
pub(crate) struct AnnotationsBody {
    writer: Writer,
    preview_file_id: Uuid,
    changes: AnnotationChanges,
}

impl ActionBody for AnnotationsBody {
    const SCHEMA: &'static str = "UpdateGuestAnnotationsSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            writer: Writer::read(fields),
            preview_file_id: fields.required_id("preview_file_id"),
            changes: AnnotationChanges {
                additions: fields.optional_dictionaries("additions"),
                updates: fields.optional_dictionaries("updates"),
                deletions: fields.optional_dictionaries("deletions"),
            },
        }
    }
}

/// `PUT /shared/playlists/TOKEN/annotations`.
pub(crate) async fn annotate(
    shared: Shared,
    State(api): State<Api>,
    body: Body<AnnotationsBody>,
) -> HandlerResult {
    let link = &shared.link;
    link.require_comments(DRAWING_DISABLED)?;
    let AnnotationsBody {
        writer,
        preview_file_id,
        changes,
    } = body.validate()?;
    let guest = writer.guest(&shared, &api, NO_GUEST).await?;
    let shares = api.core.shares();
    let preview = shares.annotate(link, &guest, (preview_file_id, changes));
    Ok(shared.answer(Json(preview.await?)))
}
