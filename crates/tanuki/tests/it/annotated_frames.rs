//! Frames with what is drawn on them, one as a picture and all in one file.

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::{Request, Response};

use crate::films::{Studio, png_size};
use crate::on_both;
use crate::stored_files::pixel;

on_both! {
    a_frame_is_drawn_on
    all_frames_are_in_an_archive_and_a_document
    drawings_are_found_by_the_frames_of_the_web_client
    more_frames_than_a_file_may_have_are_refused
}

/// A red square at the top left of the picture.
fn square(id: &str, left: u32) -> Value {
    json!({
        "type": "rect", "id": id, "left": left, "top": 0, "width": 40, "height": 40,
        "fill": "#f00", "canvasWidth": 160, "canvasHeight": 96,
    })
}

fn entry(time: f64, left: u32) -> Value {
    let id = format!("{time}-{left}");
    json!({"time": time, "drawing": {"objects": [square(&id, left)]}})
}

fn annotate(studio: &Studio, id: &str, entries: &[Value]) {
    let path = format!("/actions/preview-files/{id}/update-annotations");
    let sent = studio.send(Request::put(&path).json(&json!({"additions": entries})));
    assert_eq!(sent.status, 200, "{}", sent.text());
}

fn frame(studio: &Studio, id: &str, number: u32) -> Response {
    studio.send(Request::get(&format!(
        "/actions/preview-files/{id}/extract-annotated-frame?frame_number={number}"
    )))
}

fn is_red([red, green, blue]: [u8; 3]) -> bool {
    red > 230 && green < 30 && blue < 30
}

/// The names and contents of an archive whose files are stored as they are.
fn unpacked(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut rest = zip;
    while let Some(after) = rest.strip_prefix(b"PK\x03\x04") {
        let number = |at: usize| u16::from_le_bytes(after[at..at + 2].try_into().unwrap());
        let size = u32::from_le_bytes(after[14..18].try_into().unwrap()) as usize;
        assert_eq!(number(4), 0, "not compressed");
        let name_end = 26 + usize::from(number(22));
        let name = String::from_utf8(after[26..name_end].to_vec()).unwrap();
        files.push((name, after[name_end..name_end + size].to_vec()));
        rest = &after[name_end + size..];
    }
    assert!(rest.starts_with(b"PK\x01\x02"));
    files
}

fn film(backend: Backend) -> Option<(Studio, String)> {
    let studio = Studio::open(backend, &[])?;
    let film = studio.film("shot.mp4", "-c:v libx264 -pix_fmt yuv420p");
    let id = studio.upload(&film, "?no_job=true");
    assert_eq!(studio.preview(&id)["status"], "ready");
    Some((studio, id))
}

fn a_frame_is_drawn_on(backend: Backend) {
    let Some((studio, id)) = film(backend) else {
        return;
    };
    annotate(&studio, &id, &[entry(0.0, 0), entry(1.6, 120)]);
    // The frames go from black to white, by four steps of 255 each.
    let first = frame(&studio, &id, 1);
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(png_size(&first.body), (1920, 1080));
    let (left, right) = ((10, 10), (90, 10));
    assert!(is_red(pixel(&first.body, left)));
    assert!(pixel(&first.body, right)[0] < 20);
    let later = frame(&studio, &id, 41);
    assert!(is_red(pixel(&later.body, right)));
    let grey = pixel(&later.body, left)[0];
    assert!((170..=200).contains(&grey), "{grey}");
    assert_eq!(frame(&studio, &id, 2).status, 400);
}

fn all_frames_are_in_an_archive_and_a_document(backend: Backend) {
    let Some((studio, id)) = film(backend) else {
        return;
    };
    // Two squares on one frame, and one beyond the end.
    let entries = [
        entry(0.4, 0),
        entry(0.041, 0),
        entry(0.401, 120),
        entry(99.0, 0),
    ];
    annotate(&studio, &id, &entries);
    let path = format!("/actions/preview-files/{id}/extract-annotated-frames");
    let zip = studio.send(Request::get(&path));
    assert_eq!(zip.status, 200, "{}", zip.text());
    assert_eq!(zip.header("content-type"), Some("application/zip"));
    let name = zip.header("content-disposition").unwrap().to_owned();
    assert!(name.ends_with("_annotated_frames.zip"), "{name}");
    let files = unpacked(&zip.body);
    let stem = name.rsplit_once('=').unwrap().1;
    let stem = stem.strip_suffix("_annotated_frames.zip").unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names,
        [
            format!("{stem}_frame_11.png"),
            format!("{stem}_frame_2.png")
        ]
    );
    assert!(is_red(pixel(&files[0].1, (10, 10))));
    assert!(is_red(pixel(&files[0].1, (90, 10))));
    assert!(!is_red(pixel(&files[1].1, (90, 10))));
    let part = Request::get(&path).header("Range", "bytes=0-3");
    assert_eq!(studio.send(part).status, 206);
    let pdf = studio.send(Request::get(&format!("{path}-pdf")));
    assert_eq!(pdf.header("content-type"), Some("application/pdf"));
    let text = String::from_utf8_lossy(&pdf.body);
    assert!(text.starts_with("%PDF-1.4"));
    assert_eq!(text.matches("/Type /Page ").count(), 2);
    // 1920 x 1080 pixels at 150 to an inch.
    assert_eq!(text.matches("/MediaBox [0 0 921.60 518.40]").count(), 2);
}

fn drawings_are_found_by_the_frames_of_the_web_client(backend: Backend) {
    let Some((studio, id)) = film(backend) else {
        return;
    };
    let project = studio.get(&format!("/data/tasks/{}", crate::films::TASK))["project_id"].clone();
    let path = format!("/data/projects/{}", project.as_str().unwrap());
    let sent = studio.send(Request::put(&path).json(&json!({"fps": "24"})));
    assert_eq!(sent.status, 200, "{}", sent.text());
    // The web client counts 0.0417 seconds a frame: frame 700 is 0.0233 late.
    annotate(&studio, &id, &[entry(29.19, 0)]);
    assert_eq!(frame(&studio, &id, 701).status, 200);
    assert_eq!(frame(&studio, &id, 700).status, 400);
    // The one before would be within half a frame, but this is exact.
    annotate(&studio, &id, &[entry(29.1483, 120)]);
    let drawn = frame(&studio, &id, 701);
    assert!(is_red(pixel(&drawn.body, (10, 10))));
    assert!(!is_red(pixel(&drawn.body, (90, 10))));
}

fn more_frames_than_a_file_may_have_are_refused(backend: Backend) {
    let Some((studio, id)) = film(backend) else {
        return;
    };
    let picture = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tanuki-media/tests/pictures/rgb.png"
    ));
    let picture_path = studio.folder.path().join("rgb.png");
    std::fs::write(&picture_path, picture.unwrap()).unwrap();
    let id_of_picture = studio.upload(&picture_path, "?no_job=true");
    let entries: Vec<Value> = (0..201).map(|time| entry(f64::from(time), 0)).collect();
    annotate(&studio, &id_of_picture, &entries);
    let all = |id: &str| {
        let path = format!("/actions/preview-files/{id}/extract-annotated-frames");
        studio.send(Request::get(&path))
    };
    let refused = all(&id_of_picture);
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("201 frames"), "{}", refused.text());
    // Those of a film that are beyond its end do not count.
    annotate(&studio, &id, &entries);
    let made = all(&id);
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(unpacked(&made.body).len(), 2);
}
