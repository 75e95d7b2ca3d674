use super::*;

/// Returns the color of a pixel, as shares of the width and the height.
fn color_at(picture: &Picture, (left, top): (f32, f32)) -> [u8; 4] {
    let image = picture.image.to_rgba8();
    let at = |share: f32, length: u32| (share * length as f32) as u32;
    image
        .get_pixel(at(left, image.width()), at(top, image.height()))
        .0
}

fn svg(content: &str) -> Result<Picture, String> {
    let document = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
            width="40" height="20">{content}</svg>"#
    );
    drawn(Document::Svg, document.into_bytes())
}

/// A PDF file with one page of that size, with that content. Its table of
/// objects is missing, as in files that were cut off and mended.
fn pdf((width, height): (u32, u32), content: &str) -> Result<Picture, String> {
    let document = format!(
        "%PDF-1.4\n\
         1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n\
         2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n\
         3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] \
         /Resources << >> /Contents 4 0 R >>\nendobj\n\
         4 0 obj\n<< /Length {} >>\nstream\n{content}\nendstream\nendobj\n\
         trailer\n<< /Root 1 0 R /Size 5 >>\n%%EOF\n",
        content.len()
    );
    drawn(Document::Pdf, document.into_bytes())
}

#[test]
fn an_svg_file_is_drawn_large_and_keeps_its_transparency() {
    let picture = svg(r##"<rect width="20" height="20" fill="#ff8000"/>"##).unwrap();
    assert_eq!((picture.width(), picture.height()), (2048, 1024));
    assert_eq!(color_at(&picture, (0.25, 0.5)), [255, 128, 0, 255]);
    assert_eq!(color_at(&picture, (0.75, 0.5)), [0, 0, 0, 0]);
}

#[test]
fn texts_are_drawn_whatever_font_they_ask_for() {
    let text = |family: &str| {
        svg(&format!(
            r#"<text x="2" y="16" font-size="16" font-family="{family}">Hi</text>"#
        ))
        .unwrap()
    };
    let is_blank = |picture: &Picture| picture.image.to_rgba8().pixels().all(|p| p.0[3] == 0);
    assert!(!is_blank(&text("Helvetica Neue, sans-serif")));
    assert!(!is_blank(&text("A font that nobody has")));
}

#[test]
fn an_svg_file_reads_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.svg");
    let red = r##"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">
        <rect width="9" height="9" fill="#f00"/></svg>"##;
    std::fs::write(&other, red).unwrap();
    let link = format!(
        r#"<image width="40" height="20" xlink:href="{}"/>"#,
        other.display()
    );
    let picture = svg(&link).unwrap();
    assert_eq!(color_at(&picture, (0.5, 0.5)), [0, 0, 0, 0]);
    let entity = format!(
        r#"<!DOCTYPE svg [<!ENTITY other SYSTEM "file://{}">]>
        <svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">&other;</svg>"#,
        other.display()
    );
    let picture = drawn(Document::Svg, entity.into_bytes());
    assert!(picture.is_err_and(|reason| !reason.is_empty()));
}

#[test]
fn what_is_no_svg_file_is_refused() {
    for document in ["", "<svg", "<html/>", "\u{0}\u{1}"] {
        assert!(
            drawn(Document::Svg, document.into()).is_err(),
            "{document:?}"
        );
    }
}

#[test]
fn the_first_page_of_a_pdf_file_is_drawn_on_white() {
    let picture = pdf((300, 600), "1 0 0 rg 0 0 300 300 re f").unwrap();
    assert_eq!((picture.width(), picture.height()), (1024, 2048));
    assert_eq!(color_at(&picture, (0.5, 0.25)), [255, 255, 255, 255]);
    assert_eq!(color_at(&picture, (0.5, 0.75)), [255, 0, 0, 255]);
}

#[test]
fn a_page_that_is_hardly_one_is_drawn() {
    let picture = pdf((100_000, 1), "").unwrap();
    assert_eq!((picture.width(), picture.height()), (2048, 1));
}

#[test]
fn what_is_no_pdf_file_is_refused() {
    for document in [
        "",
        "%PDF-1.7",
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    ] {
        assert!(
            drawn(Document::Pdf, document.into()).is_err(),
            "{document:?}"
        );
    }
}
