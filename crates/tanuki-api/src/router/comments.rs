//! Routes of comments on tasks.

use tanuki_core::comments::{ATTACHMENT_FILES, shapes};

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::comments;
use crate::routes::comments::{attachments, batch, previews, upkeep};

/// Mounts comments, their replies, attachments and previews.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = writing(routes);
    let routes = upkeep(routes);
    let routes = attached(routes);
    shown(routes)
}

fn writing(routes: Routes) -> Routes {
    routes
        .tag("Comments")
        .post(
            "/actions/tasks/{task_id}/comment",
            "Comment on a task",
            comments::create,
        )
        .creates(shapes::written)
        .post(
            "/actions/tasks/{task_id}/batch-comment",
            "Create several comments on a task",
            batch::on_task,
        )
        .creates(|| shapes::written_in_batch().list())
        .post(
            "/actions/tasks/batch-comment",
            "Create comments on several tasks",
            batch::on_tasks,
        )
        .creates(|| shapes::written_in_batch().list())
        .post(
            "/actions/projects/{project_id}/tasks/comment-many",
            "Create comments on many tasks of a production",
            batch::on_many,
        )
        .creates(|| shapes::written().list())
        .post(
            "/actions/projects/{project_id}/tasks/copy-client-comments",
            "Copy the latest client comment of each task",
            batch::copy_clients,
        )
        .creates(|| shapes::written().list())
        .post(
            "/data/tasks/{task_id}/comments/{comment_id}/reply",
            "Reply to a comment",
            comments::reply,
        )
        .answers(shapes::reply)
        .delete(
            "/data/tasks/{task_id}/comments/{comment_id}/reply/{reply_id}",
            "Delete a reply",
            comments::delete_reply,
        )
        .answers(shapes::comment)
}

fn upkeep(routes: Routes) -> Routes {
    routes
        .post(
            "/data/tasks/{task_id}/comments/{comment_id}/ack",
            "Acknowledge a comment, or undo it",
            upkeep::acknowledge,
        )
        .answers(shapes::comment)
        .post(
            "/actions/tasks/{task_id}/comments/{comment_id}/move",
            "Move a comment to another task of the entity",
            upkeep::move_comment,
        )
        .answers(shapes::comment)
}

fn attached(routes: Routes) -> Routes {
    routes
        .post(
            "/actions/tasks/{task_id}/comments/{comment_id}/add-attachment",
            "Attach files to a comment",
            attachments::add,
        )
        .creates(|| shapes::attachment().list())
        .get(
            "/data/attachment-files/{attachment_file_id}/file/{file_name}",
            "Download an attachment",
            attachments::file,
        )
        .answers_file("*/*")
        .delete(
            "/data/tasks/{task_id}/comments/{comment_id}/attachments/{attachment_file_id}",
            "Delete an attachment of a comment",
            attachments::delete_attachment,
        )
        .answers_nothing()
        .get(
            "/data/projects/{project_id}/attachment-files",
            "Attachments of the comments of a production",
            attachments::project_attachments,
        )
        .answers(|| ATTACHMENT_FILES.shape().list())
        .get(
            "/data/tasks/{task_id}/attachment-files",
            "Attachments of the comments of a task",
            attachments::task_attachments,
        )
        .answers(|| ATTACHMENT_FILES.shape().list())
        .tag("Previews")
        .get(
            "/pictures/thumbnails/attachment-files/{attachment_file_id}.png",
            "Thumbnail of an attachment",
            attachments::thumbnail,
        )
        .answers_file("image/png")
}

fn shown(routes: Routes) -> Routes {
    routes
        .tag("Tasks")
        .get(
            "/data/tasks/{task_id}/comments",
            "Comments of a task, newest first",
            comments::of_task,
        )
        .answers(|| shapes::listed().list())
        .get(
            "/data/tasks/{task_id}/comments/{comment_id}",
            "A comment of a task",
            comments::read,
        )
        .answers(shapes::comment)
        .delete(
            "/data/tasks/{task_id}/comments/{comment_id}",
            "Delete a comment",
            comments::delete,
        )
        .answers_nothing()
        .post(
            "/actions/tasks/{task_id}/comments/{comment_id}/add-preview",
            "Add a preview to a comment",
            previews::add,
        )
        .creates(shapes::preview)
        .post(
            "/actions/tasks/{task_id}/comments/{comment_id}/preview-files/{preview_file_id}",
            "Add a preview to a comment, with the revision of another preview",
            previews::add_beside,
        )
        .creates(shapes::preview)
        .delete(
            "/actions/tasks/{task_id}/comments/{comment_id}/preview-files/{preview_file_id}",
            "Delete a preview of a comment",
            previews::remove,
        )
        .query(&[QueryParameter::Flag("force")])
        .answers_nothing()
}
