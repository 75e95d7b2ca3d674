//! Routes of the job queue, which Zou does not have.

use tanuki_core::Shape;
use tanuki_core::job_log::job_shape;

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::jobs;

/// Mounts the routes of the job queue.
pub(super) fn mount(routes: Routes) -> Routes {
    let success = || Shape::object([("success", Shape::boolean())]);
    routes
        .tag("Jobs")
        .get(
            "/tanuki/jobs",
            "The jobs of the server, newest first",
            jobs::list,
        )
        .query(&[
            QueryParameter::Text("state"),
            QueryParameter::Text("kind"),
            QueryParameter::Integer("page"),
            QueryParameter::Integer("limit"),
        ])
        .answers(|| job_shape().list())
        .post(
            "/tanuki/jobs/{job_id}/retry",
            "Run a failed or cancelled job again",
            jobs::retry,
        )
        .answers(success)
        .post(
            "/tanuki/jobs/{job_id}/cancel",
            "Cancel a job that waits or runs",
            jobs::cancel,
        )
        .answers(success)
}
