//! SVG and PDF files as previews: kept as they are, with a picture to show.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::on_both;
use crate::stored_files::{Studio, pixel};

on_both! {
    a_drawing_and_a_page_are_shown_as_pictures
    a_document_that_cannot_be_drawn_has_no_picture
}

const SVG: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">
    <rect width="40" height="20" fill="#ff8000"/></svg>"##;

const PDF: &str = "%PDF-1.4\n\
    1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n\
    2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n\
    3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] \
    /Resources << >> /Contents 4 0 R >>\nendobj\n\
    4 0 obj\n<< /Length 28 >>\nstream\n1 0.5 0 rg 0 0 200 100 re f \nendstream\nendobj\n\
    trailer\n<< /Root 1 0 R /Size 5 >>\n%%EOF\n";

fn a_drawing_and_a_page_are_shown_as_pictures(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for (name, content) in [("logo.svg", SVG), ("boards.PDF", PDF), ("logo.ai", PDF)] {
        let id = studio.preview();
        let answer = studio.upload(&id, (name, content.as_bytes()));
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        let row = answer.json();
        let extension = name.rsplit('.').next().unwrap().to_lowercase();
        assert_eq!(row["status"], "ready", "{name}: {row}");
        assert_eq!(row["extension"], json!(extension));
        assert_eq!(row["file_size"], content.len(), "{name}");
        assert_eq!(
            (&row["width"], &row["height"]),
            (&json!(2048), &json!(1024))
        );
        let thumbnail = format!("/pictures/thumbnails/preview-files/{id}.png");
        let thumbnail = studio
            .server
            .send(&Request::get(&thumbnail).bearer(&studio.admin));
        assert_eq!(thumbnail.status, 200, "{name}");
        let middle = pixel(&thumbnail.body, (50, 50));
        for (channel, expected) in middle.into_iter().zip([255_u8, 128, 0]) {
            assert!(channel.abs_diff(expected) <= 2, "{name}: {middle:?}");
        }
        let original = format!("/pictures/originals/preview-files/{id}.{extension}");
        let original = studio
            .server
            .send(&Request::get(&original).bearer(&studio.admin));
        assert_eq!(original.body, content.as_bytes(), "{name}");
    }
}

/// An SVG file with a thousand million rectangles.
fn enormous() -> String {
    let levels = (1..10).map(|level| {
        let again = format!(r##"<use href="#l{}"/>"##, level - 1).repeat(10);
        format!(r#"<g id="l{level}">{again}</g>"#)
    });
    let levels: String = levels.collect();
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><defs>
        <rect id="l0" width="1" height="1"/>{levels}</defs><use href="#l9"/></svg>"##
    )
}

fn a_document_that_cannot_be_drawn_has_no_picture(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let enormous = enormous();
    for (name, content) in [
        ("broken.svg", "<svg"),
        ("enormous.svg", &enormous),
        ("broken.pdf", "%PDF-1.7\nno page"),
        ("empty.pdf", ""),
        ("old.ai", "%!PS-Adobe-3.0"),
    ] {
        let id = studio.preview();
        let answer = studio.upload(&id, (name, content.as_bytes()));
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        assert_eq!(answer.json()["status"], "ready", "{name}");
        let thumbnail = format!("/pictures/thumbnails/preview-files/{id}.png");
        let thumbnail = studio
            .server
            .send(&Request::get(&thumbnail).bearer(&studio.admin));
        assert_eq!(thumbnail.status, 404, "{name}");
    }
}
