//! Routes of comments on tasks.

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
        .post(
            "/actions/tasks/{task_id}/batch-comment",
            "Write several comments on a task",
            batch::on_task,
        )
        .post(
            "/actions/tasks/batch-comment",
            "Comment on several tasks at once",
            batch::on_tasks,
        )
        .post(
            "/actions/projects/{project_id}/tasks/comment-many",
            "Comment on many tasks of a production",
            batch::on_many,
        )
        .post(
            "/actions/projects/{project_id}/tasks/copy-client-comments",
            "Repeat the last comment of a client on each task",
            batch::copy_clients,
        )
        .post(
            "/data/tasks/{task_id}/comments/{comment_id}/reply",
            "Answer a comment",
            comments::reply,
        )
        .delete(
            "/data/tasks/{task_id}/comments/{comment_id}/reply/{reply_id}",
            "Delete an answer",
            comments::delete_reply,
        )
}

fn upkeep(routes: Routes) -> Routes {
    routes
        .post(
            "/data/tasks/{task_id}/comments/{comment_id}/ack",
            "Acknowledge a comment, or take that back",
            upkeep::acknowledge,
        )
        .post(
            "/actions/tasks/{task_id}/comments/{comment_id}/move",
            "Move a comment to another task of the entity",
            upkeep::move_comment,
        )
}

fn attached(routes: Routes) -> Routes {
    routes
        .post(
            "/actions/tasks/{task_id}/comments/{comment_id}/add-attachment",
            "Attach files to a comment",
            attachments::add,
        )
        .get(
            "/data/attachment-files/{attachment_file_id}/file/{file_name}",
            "The bytes of an attachment",
            attachments::file,
        )
        .delete(
            "/data/tasks/{task_id}/comments/{comment_id}/attachments/{attachment_file_id}",
            "Delete what is attached to a comment",
            attachments::delete_attachment,
        )
        .get(
            "/data/projects/{project_id}/attachment-files",
            "What is attached to comments in a production",
            attachments::project_attachments,
        )
        .get(
            "/data/tasks/{task_id}/attachment-files",
            "What is attached to comments on a task",
            attachments::task_attachments,
        )
        .tag("Previews")
        .get(
            "/pictures/thumbnails/attachment-files/{attachment_file_id}.png",
            "The small picture of an attachment",
            attachments::thumbnail,
        )
}

fn shown(routes: Routes) -> Routes {
    routes
        .tag("Tasks")
        .get(
            "/data/tasks/{task_id}/comments",
            "The comments on a task, newest first",
            comments::of_task,
        )
        .get(
            "/data/tasks/{task_id}/comments/{comment_id}",
            "A comment on a task",
            comments::read,
        )
        .delete(
            "/data/tasks/{task_id}/comments/{comment_id}",
            "Delete a comment",
            comments::delete,
        )
        .post(
            "/actions/tasks/{task_id}/comments/{comment_id}/add-preview",
            "Add a preview to a comment",
            previews::add,
        )
        .post(
            "/actions/tasks/{task_id}/comments/{comment_id}/preview-files/{preview_file_id}",
            "Add a preview to a comment, beside another",
            previews::add_beside,
        )
        .delete(
            "/actions/tasks/{task_id}/comments/{comment_id}/preview-files/{preview_file_id}",
            "Take a preview away from a comment",
            previews::remove,
        )
}
