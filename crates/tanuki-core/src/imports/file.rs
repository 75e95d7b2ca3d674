//! CSV files as spreadsheets, programs and the web client write them.

use std::borrow::Cow;

use csv::{ReaderBuilder, Terminator};
use encoding_rs::{Encoding, WINDOWS_1252};

use super::error::{ImportError, RowErrors};
use crate::Error;
use crate::files::Upload;

/// The most bytes of a file.
const MAX_BYTES: u64 = 20 * 1024 * 1024;
/// The most rows of a file, without the titles.
pub(super) const MAX_ROWS: usize = 10_000;
/// The most columns of a file.
const MAX_COLUMNS: usize = 500;
/// The most bytes of a cell.
const MAX_CELL: usize = 64 * 1024;

/// The characters that may be between cells.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A table: titles, and rows of at most as many cells.
#[derive(Debug)]
pub(super) struct Sheet {
    pub titles: Vec<String>,
    pub rows: Vec<SheetRow>,
}

#[derive(Debug)]
pub(super) struct SheetRow {
    /// The line of the file that the row ends on; the titles are line 1.
    pub line: u64,
    pub cells: Vec<String>,
}

/// Returns why an uploaded file is too large; `None` if it is not.
pub(super) fn excess(file: &Upload) -> Option<String> {
    let size = file.received.size;
    (size > MAX_BYTES).then(|| format!("A file may have {MAX_BYTES} bytes, this one has {size}."))
}

/// Returns the bytes of an uploaded file. Blocks while it is read.
///
/// # Errors
///
/// [`Error::Failed`] if it cannot be read.
pub(super) fn contents(file: &Upload) -> Result<Vec<u8>, Error> {
    std::fs::read(file.received.path())
        .map_err(|error| Error::Failed(format!("an uploaded file cannot be read: {error}")))
}

/// Reads a file: UTF-8, UTF-16 with a byte order mark, or else Windows-1252; cells
/// separated by commas, semicolons, tabs or bars, whichever the titles have most
/// of. Rows without any text are left out.
///
/// # Errors
///
/// [`ImportError::File`] for an empty file and one beyond the limits,
/// [`ImportError::Rows`] for rows with more cells than there are titles.
pub(super) fn parse(bytes: &[u8]) -> Result<Sheet, ImportError> {
    let text = decode(bytes);
    if text.contains('\0') {
        let message = "The file is no text: it has null characters.";
        return Err(ImportError::File(message.to_owned()));
    }
    let text = with_line_feeds(&text);
    if text.trim().is_empty() {
        // The words of the reference for a file without a table.
        let message = "Could not determine delimiter";
        return Err(ImportError::File(message.to_owned()));
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(&text))
        .terminator(Terminator::Any(b'\n'))
        .from_reader(text.as_bytes());
    let mut titles: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    let mut errors = RowErrors::default();
    let mut record = csv::StringRecord::new();
    loop {
        let unreadable = |error: csv::Error| ImportError::File(error.to_string());
        if !reader.read_record(&mut record).map_err(unreadable)? {
            break;
        }
        let position = reader.position();
        // After a record that ends with a line feed the reader is on the next line.
        let consumed = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let ended = text.as_bytes().get(consumed.wrapping_sub(1)) == Some(&b'\n');
        let line = position.line() - u64::from(ended);
        let Some(titles) = &titles else {
            titles = Some(read_titles(&record)?);
            continue;
        };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == MAX_ROWS {
            let message = format!("A file may have {MAX_ROWS} rows.");
            return Err(ImportError::File(message));
        }
        check_row(&record, line, titles, &mut errors);
        let cells = record.iter().take(titles.len()).map(str::to_owned);
        rows.push(SheetRow {
            line,
            cells: cells.collect(),
        });
    }
    errors.check()?;
    Ok(Sheet {
        titles: titles.unwrap_or_default(),
        rows,
    })
}

fn read_titles(record: &csv::StringRecord) -> Result<Vec<String>, ImportError> {
    if record.len() > MAX_COLUMNS {
        let message = format!("A file may have {MAX_COLUMNS} columns.");
        return Err(ImportError::File(message));
    }
    Ok(record.iter().map(|title| title.trim().to_owned()).collect())
}

/// Checks the number of cells and their length. Cells behind the last title must
/// be empty.
fn check_row(record: &csv::StringRecord, line: u64, titles: &[String], errors: &mut RowErrors) {
    let beyond = record.iter().skip(titles.len());
    if beyond.into_iter().any(|cell| !cell.trim().is_empty()) {
        let (cells, columns) = (record.len(), titles.len());
        errors.row(
            line,
            format!("{cells} cells in a table of {columns} columns"),
        );
    }
    for (cell, title) in record.iter().zip(titles) {
        if cell.len() > MAX_CELL {
            errors.cell(line, title, format!("A cell may have {MAX_CELL} bytes"));
        }
    }
}

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// Ends all lines with a line feed alone, those within cells as well.
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    }
}

/// The separator that the titles have most of, outside of quotation marks. A
/// semicolon if they have none.
fn separator(text: &str) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut quoted = false;
    for byte in text.trim_start_matches('\n').bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            byte if !quoted => {
                if let Some(which) = SEPARATORS.iter().position(|known| *known == byte) {
                    counts[which] += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    let found = SEPARATORS
        .iter()
        .zip(counts)
        .find(|(_, count)| *count == most);
    found.filter(|_| most > 0).map_or(b';', |(byte, _)| *byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        let sheet = parse(bytes).unwrap();
        let titles = (1, sheet.titles);
        let rows = sheet.rows.into_iter().map(|row| (row.line, row.cells));
        std::iter::once(titles).chain(rows).collect()
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn files_of_spreadsheets_are_read() {
        let expected = vec![row(1, &["Name", "Été"]), row(2, &["A", "x y"])];
        let utf_16: Vec<u8> = "\u{feff}Name\tÉté\r\nA\tx y\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in [
            "Name,Été\nA,x y\n".as_bytes(),
            "Name;Été\r\nA;x y".as_bytes(),
            "\u{feff}Name;Été\r\nA;x y\r\n".as_bytes(),
            "\"Name\"|\"Été\"\r\"A\"|\"x y\"\r".as_bytes(),
            b"Name;\xc9t\xe9\r\nA;x y\r\n",
            &utf_16,
        ] {
            assert_eq!(rows(bytes), expected);
        }
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let file = "\nName;Text\n\n;\nA;\"two\nlines\"\n\nB;\"say \"\"hi\"\"; or not\"\nC";
        assert_eq!(
            rows(file.as_bytes()),
            [
                row(1, &["Name", "Text"]),
                row(6, &["A", "two\nlines"]),
                row(8, &["B", "say \"hi\"; or not"]),
                row(9, &["C"]),
            ]
        );
    }

    #[test]
    fn separators_in_quotation_marks_do_not_count() {
        assert_eq!(rows(b"\"a;b;c\",d\n1,2\n")[1], row(2, &["1", "2"]));
        assert_eq!(rows(b"Name\nA,B\n")[1], row(2, &["A,B"]));
    }

    #[test]
    fn more_cells_than_titles_are_refused() {
        for (file, is_right) in [
            ("A;B\n1;2;;\n", true),
            ("A;B\n1\n", true),
            ("A;B\n1;2;3\n", false),
        ] {
            assert_eq!(parse(file.as_bytes()).is_ok(), is_right, "{file}");
        }
    }

    #[test]
    fn files_have_limits() {
        let rows = "x\n".repeat(MAX_ROWS + 1);
        let columns = "x;".repeat(MAX_COLUMNS + 1);
        let cell = format!("a;b\n{};2\n", "x".repeat(MAX_CELL + 1));
        for file in [&format!("a\n{rows}"), &columns, &cell, "", " \n", "a;b\0\n"] {
            parse(file.as_bytes()).unwrap_err();
        }
    }
}
