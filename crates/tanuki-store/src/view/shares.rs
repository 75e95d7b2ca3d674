//! Projections of shared links, and of what is read through them.

use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait, Func};

use crate::projection::Projection;
use crate::query::comments::threads;
use crate::schema::{
    ATTACHMENT_FILE, COMMENT, ColumnType, PERSON, PLAYLIST_SHARE_LINK, PREVIEW_FILE, TASK_STATUS,
    TASK_TYPE,
};
use crate::view::people::SECRET;
use crate::view::previews::duration_or_zero;

/// Projection of a link for those who manage it: every column but the password,
/// and whether there is one.
pub static LINK: LazyLock<Projection> = LazyLock::new(|| {
    Projection::all_columns(&PLAYLIST_SHARE_LINK, &["password"]).computed(
        "has_password",
        ColumnType::Boolean,
        |_| {
            let password = Expr::col(("playlist_share_link", "password"));
            Expr::expr(Func::coalesce([password, Expr::val("")])).ne("")
        },
    )
});

/// Projection of a preview that a link shares. Durations are in seconds.
pub static SHARED_PREVIEW: LazyLock<Projection> = LazyLock::new(|| {
    let keys = [
        "id",
        "revision",
        "extension",
        "width",
        "height",
        "duration",
        "status",
        "created_at",
        "task_id",
        "annotations",
    ];
    Projection::only(&PREVIEW_FILE, &keys)
        .computed("duration", ColumnType::Double, |_| duration_or_zero())
});

/// Projection of a comment that a link shows: its author with `is_guest`,
/// `editor` if it was edited, its status and its attachments.
pub static SHARED_COMMENT: LazyLock<Projection> = LazyLock::new(|| {
    let author_keys = [
        "first_name",
        "last_name",
        "full_name",
        "has_avatar",
        "role",
        "id",
        "is_guest",
    ];
    let editor = ["first_name", "last_name", "has_avatar", "role", "id"];
    let status = ["name", "short_name", "color", "id"];
    let file = ["id", "name", "extension", "reply_id", "size"];
    let person = Projection::only(&PERSON, &author_keys);
    let editor = Projection::only(&PERSON, &editor);
    let status = Projection::only(&TASK_STATUS, &status);
    Projection::all_columns(&COMMENT, &[])
        .embed("person", ("comment", "person_id"), person)
        .embed("editor", ("comment", "editor_id"), editor)
        .embed("task_status", ("comment", "task_status_id"), status)
        .embed_many(
            "attachment_files",
            Projection::only(&ATTACHMENT_FILE, &file),
            threads::attached_files,
        )
});

/// Projection of the attachments of a comment only.
pub static ATTACHMENTS: LazyLock<Projection> = LazyLock::new(|| {
    let file = ["id", "name", "extension", "size"];
    Projection::only(&COMMENT, &["id"]).embed_many(
        "attachment_files",
        Projection::only(&ATTACHMENT_FILE, &file),
        threads::attached_files,
    )
});

/// Projection of a task type of the project, as a link shows it.
pub static SHARED_TASK_TYPE: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&TASK_TYPE, &["id", "name", "color", "for_entity"]));

/// Projection of a task status of the project, as a link shows it, without what
/// the project allows clients.
pub static SHARED_TASK_STATUS: LazyLock<Projection> = LazyLock::new(|| {
    let keys = [
        "id",
        "name",
        "short_name",
        "color",
        "is_client_allowed",
        "is_default",
        "for_concept",
    ];
    Projection::only(&TASK_STATUS, &keys)
});

/// The column that counts the failed logins of a person.
const FAILED_LOGINS: &str = "login_failed_attemps";

/// Projection of a new guest: all columns, of which those of logins are null,
/// as they are of a guest.
pub static NEW_GUEST: LazyLock<Projection> = LazyLock::new(|| {
    let all = Projection::all_columns(&PERSON, &[]);
    let never_shown = SECRET.iter().filter(|key| **key != FAILED_LOGINS);
    never_shown
        .fold(all, |all, key| all.constant_json(key, "null"))
        .constant_json(FAILED_LOGINS, "0")
});
