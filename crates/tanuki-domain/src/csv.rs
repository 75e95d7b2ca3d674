//! Lines of CSV files, as spreadsheets read them: cells separated by semicolons.

/// Appends a row of cells as a line.
pub fn push_row<'a>(text: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            text.push(b';');
        }
        push_cell(text, cell);
    }
    text.extend_from_slice(b"\r\n");
}

/// Appends a cell, in quotation marks where it would be mistaken for several.
pub fn push_cell(text: &mut Vec<u8>, cell: &str) {
    if cell.contains([';', '"', '\r', '\n']) {
        text.push(b'"');
        text.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
        text.push(b'"');
    } else {
        text.extend_from_slice(cell.as_bytes());
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
            let mut text = Vec::new();
            push_cell(&mut text, cell);
            assert_eq!(text, expected.as_bytes());
        }
    }

    #[test]
    fn rows_are_lines() {
        let mut text = Vec::new();
        push_row(&mut text, ["Ada", "", "a;b"]);
        push_row(&mut text, ["x"]);
        assert_eq!(text, b"Ada;;\"a;b\"\r\nx\r\n");
    }
}
