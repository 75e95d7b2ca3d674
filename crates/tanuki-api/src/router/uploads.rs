//! Routes of uploads that continue after an interruption, which Zou does not
//! have.

use axum::http::{Method, StatusCode};
use axum::routing::MethodFilter;

use crate::answer::Answer;
use crate::manifest::Routes;
use crate::routes::uploads;

const UPLOADS: &str = "/tanuki/uploads";
const UPLOAD: &str = "/tanuki/uploads/{upload_id}";

/// Mounts the tus protocol.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = routes
        .tag("Uploads")
        .post(
            UPLOADS,
            "Create an upload that may continue after an interruption (tus protocol)",
            uploads::create,
        )
        .answer(|| Answer::empty(StatusCode::CREATED))
        .other(
            (Method::HEAD, MethodFilter::HEAD),
            UPLOAD,
            "How far an upload has come (tus protocol)",
            uploads::head,
        )
        .answer(|| Answer::empty(StatusCode::OK))
        .other(
            (Method::PATCH, MethodFilter::PATCH),
            UPLOAD,
            "Add bytes to an upload (tus protocol)",
            uploads::append,
        )
        .answers_nothing()
        .post(
            UPLOAD,
            "Any of the others, which X-HTTP-Method-Override names (tus protocol)",
            uploads::other,
        )
        .answers_nothing()
        .delete(UPLOAD, "Delete an upload (tus protocol)", uploads::delete)
        .answers_nothing();
    routes
        .open_to_everybody()
        .other(
            (Method::OPTIONS, MethodFilter::OPTIONS),
            UPLOADS,
            "What the server can do for uploads (tus protocol)",
            uploads::options,
        )
        .answers_nothing()
        .with_token()
}
