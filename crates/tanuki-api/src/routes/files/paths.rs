//! Paths of working and output files.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tanuki_core::Error;
use tanuki_core::files::{OutputPath, WorkingPath};
use uuid::Uuid;

use super::outputs::MadeOf;
use super::{number, text_of};
use crate::Api;
use crate::error::{Failure, HandlerResult};
use crate::extract::{ActionBody, Arguments, Authenticated, Body, Fields, PathIds, TextRule};

impl ActionBody for WorkingPath {
    const SCHEMA: &'static str = "WorkingFilePathSchema";

    fn read(fields: &mut Fields) -> Self {
        let given = |text: &String| !text.is_empty();
        Self {
            name: fields.text_within("name", text_of(250), "main"),
            mode: fields.text_or("mode", "working"),
            software_id: fields
                .optional_text("software_id")
                .filter(given)
                .map(Into::into),
            revision: number(fields, "revision", 0),
            separator: fields.text_or("sep", "/"),
        }
    }
}

impl ActionBody for OutputPath {
    const SCHEMA: &'static str = "OutputFilePathSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text_within("name", text_of(250), "main"),
            mode: fields.text_or("mode", "output"),
            output_type_id: fields.text("output_type_id", TextRule::FILLED).into(),
            task_type_id: fields.text("task_type_id", TextRule::FILLED).into(),
            revision: number(fields, "revision", 0),
            representation: fields.text_within("representation", text_of(20), ""),
            separator: fields.text_or("separator", "/"),
        }
    }
}

/// `POST /data/tasks/ID/working-file-path`.
pub(crate) async fn of_working_file(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(task): PathIds<Uuid>,
    arguments: Body<WorkingPath>,
) -> HandlerResult<Json<Value>> {
    let (asked, received) = with_original(arguments)?;
    let built = api.core.files().working_file_path(&caller, task, &asked);
    let path = built.await.map_err(|error| refused(error, received))?;
    Ok(Json(json!({"path": path.folder, "name": path.name})))
}

/// `POST …/output-file-path`.
pub(crate) async fn of_output_file<P: MadeOf>(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<P>,
    arguments: Body<OutputPath>,
) -> HandlerResult<Json<Value>> {
    let (asked, received) = with_original(arguments)?;
    let files = api.core.files();
    let built = files.output_file_path(&caller, path.place(), &asked).await;
    let path = built.map_err(|error| refused(error, received))?;
    Ok(Json(
        json!({"folder_path": path.folder, "file_name": path.name}),
    ))
}

/// Validates a body and returns it as it was sent as well.
fn with_original<T: ActionBody>(arguments: Body<T>) -> Result<(T, Value), Error> {
    let Arguments(received) = arguments.into_unvalidated();
    let asked = Body::from(Arguments(received.clone())).validate()?;
    Ok((asked, received))
}

/// Converts an error: that of an unusable file tree contains the request body.
fn refused(error: Error, received: Value) -> Failure {
    match error {
        Error::Conflict(message) => Failure::body(
            StatusCode::BAD_REQUEST,
            json!({"message": message, "received_data": received}),
        ),
        other => other.into(),
    }
}
