//! The files are read by Python and by what else is there in `tests/it`; here
//! are the places of things.

use super::*;

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
