//! Working files, output files, and their paths.

pub(crate) mod outputs;
pub(crate) mod paths;
pub(crate) mod working;

use axum::Json;
use axum::extract::State;
use tanuki_core::JsonRow;
use uuid::Uuid;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Authenticated, Fields, PathIds, Pattern, TextRule};

/// `GET /data/files/ID`.
pub(crate) async fn read(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.files().file(&caller, id).await?))
}

/// No text with this pattern is refused by the database.
const STORABLE: Pattern = Pattern {
    shown: r"^[^\u0000]*$",
    has: |text| !text.contains('\0'),
};

/// A text of at most so many characters.
fn text_of(most: usize) -> TextRule {
    TextRule {
        min: 0,
        max: Some(most),
        pattern: Some(STORABLE),
    }
}

/// The rule for the name of a file.
fn file_name() -> TextRule {
    TextRule {
        min: 1,
        ..text_of(250)
    }
}

/// Reads the number of a revision, or of elements; `default` if the field is
/// missing.
fn number(fields: &mut Fields, field: &str, default: i64) -> i64 {
    fields.integer_between(field, (i32::MIN.into(), i32::MAX.into()), default)
}
