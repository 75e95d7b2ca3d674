//! The files are read by Python and by what else is there in `tests/it`; here
//! are the places of things.

use super::*;

const MODIFIED: Modified = Modified {
    year: 2024,
    month: 2,
    day: 29,
    hour: 23,
    minute: 59,
    second: 58,
};

fn png(width: u32, height: u32, color: png::ColorType) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    let pixels = vec![128; (width * height) as usize * color.samples()];
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}

#[test]
fn an_archive_has_its_files_and_a_directory() {
    let mut zip = ZipWriter::new(Vec::new(), MODIFIED);
    zip.add("a.png", b"first").unwrap();
    zip.add("ü.png", b"second").unwrap();
    let bytes = zip.finish().unwrap();
    let end = bytes.len() - 22;
    assert_eq!(bytes[end..end + 4], *b"PK\x05\x06");
    assert_eq!(bytes[end + 10], 2);
    let directory = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap());
    let directory = &bytes[directory as usize..end];
    assert_eq!(directory[..4], *b"PK\x01\x02");
    // 2024-02-29 23:59:58.
    assert_eq!(directory[12..16], [0x7D, 0xBF, 0x5D, 0x58]);
    assert_eq!(directory[16..20], crc32fast::hash(b"first").to_le_bytes());
    assert_eq!(directory[46..51], *b"a.png");
    let second = u32::from_le_bytes(directory[51 + 42..51 + 46].try_into().unwrap()) as usize;
    assert_eq!(bytes[second..second + 4], *b"PK\x03\x04");
    assert!(bytes[second..].windows(6).any(|piece| piece == b"second"));
}

#[test]
fn a_document_says_where_its_objects_are() {
    let mut pdf = PdfWriter::new(Vec::new()).unwrap();
    pdf.add(&png(300, 150, png::ColorType::Rgb)).unwrap();
    pdf.add(&png(2, 1, png::ColorType::Rgb)).unwrap();
    let bytes = pdf.finish().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("/MediaBox [0 0 144.00 72.00]"));
    assert!(text.contains("/Count 2 /Kids [3 0 R 6 0 R ]"));
    let find = |piece: &[u8]| bytes.windows(piece.len()).position(|at| at == piece);
    let table = find(b"xref\n").unwrap();
    let rows = String::from_utf8(bytes[table..].to_vec()).unwrap();
    assert!(rows.contains(&format!("startxref\n{table}\n")));
    let mut rows = rows.lines().skip(1);
    assert_eq!(rows.next(), Some("0 9"));
    for (number, row) in rows.skip(1).take(8).enumerate() {
        let offset: usize = row[..10].parse().unwrap();
        let begin = format!("{} 0 obj", number + 1);
        assert!(bytes[offset..].starts_with(begin.as_bytes()), "{row}");
    }
}

#[test]
fn pictures_of_other_kinds_are_no_pages() {
    let mut pdf = PdfWriter::new(Vec::new()).unwrap();
    assert!(pdf.add(&png(2, 2, png::ColorType::Rgba)).is_err());
    assert!(pdf.add(b"no picture").is_err());
    let whole = png(2, 2, png::ColorType::Rgb);
    assert!(pdf.add(&whole[..20]).is_err());
}
