//! Tables as CSV files.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use tanuki_core::tables::StreamedTable;
use tanuki_domain::csv::push_row;

use crate::error::HandlerResult;
use crate::response;

/// A CSV file with these rows. `name` is that of the file without extension, a
/// slug.
pub(crate) fn file(name: &str, rows: &[Vec<String>]) -> Response {
    let mut text = Vec::new();
    for row in rows {
        push_row(&mut text, row.iter().map(String::as_str));
    }
    (headers(name, "text/csv"), text).into_response()
}

/// A CSV file that is sent while its rows are read.
pub(crate) async fn stream(table: StreamedTable) -> HandlerResult {
    stream_as(table, "text/csv; charset=utf-8").await
}

/// Like [`stream`], with the media type of files that Zou sends as a whole.
pub(crate) async fn stream_plain(table: StreamedTable) -> HandlerResult {
    stream_as(table, "text/csv").await
}

async fn stream_as(table: StreamedTable, media_type: &'static str) -> HandlerResult {
    let body = response::body(table.lines).await?;
    Ok((headers(&table.name, media_type), body).into_response())
}

fn headers(name: &str, media_type: &'static str) -> [(axum::http::HeaderName, String); 2] {
    let disposition = format!("attachment; filename={name}.csv");
    [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ]
}
