//! Tables as CSV files.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// A CSV file with these rows, separated by semicolons. `name` is that of the
/// file without extension, a slug.
pub(crate) fn file(name: &str, rows: &[Vec<String>]) -> Response {
    let mut text = String::new();
    for row in rows {
        for (place, cell) in row.iter().enumerate() {
            if place > 0 {
                text.push(';');
            }
            push_cell(&mut text, cell);
        }
        text.push_str("\r\n");
    }
    let headers = [
        (CONTENT_TYPE, "text/csv".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename={name}.csv"),
        ),
    ];
    (headers, text).into_response()
}

/// Appends a cell, in quotation marks where it would be mistaken for several.
fn push_cell(text: &mut String, cell: &str) {
    if cell.contains([';', '"', '\r', '\n']) {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_separators_are_quoted() {
        for (cell, expected) in [
            ("Ada", "Ada"),
            ("", ""),
            ("a;b", "\"a;b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("a,b", "a,b"),
        ] {
            let mut text = String::new();
            push_cell(&mut text, cell);
            assert_eq!(text, expected);
        }
    }
}
