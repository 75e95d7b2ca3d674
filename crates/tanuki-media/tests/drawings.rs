//! Drawings beside those that fabric.js made of the same annotations in
//! Chromium (`scripts/draw-with-fabric.mjs`), and what is malformed or too much.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use image::{DynamicImage, GenericImageView as _, RgbImage};
use serde_json::{Value, json};
use tanuki_media::picture::Picture;

const LIMIT: u64 = 10_000_000;

/// How different a picture may be.
struct Allowed {
    /// The mean difference of the channels.
    mean: f64,
    /// The share of pixels of which a channel differs by more than 64.
    visible: f64,
}

/// What is not text.
const SHAPES: Allowed = Allowed {
    mean: 1.0,
    visible: 0.003,
};

/// Text: letters are hinted and placed on whole pixels by browsers.
const TEXT: Allowed = Allowed {
    mean: 1.5,
    visible: 0.01,
};

fn path(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/drawings");
    PathBuf::from(folder).join(name)
}

fn decode(png: impl std::io::BufRead + std::io::Seek) -> Picture {
    Picture::decode(png, "png", LIMIT).unwrap()
}

fn pixels(picture: &Picture) -> RgbImage {
    let mut png = Vec::new();
    picture.write_png(&mut png).unwrap();
    // The crate that encodes is the one that decodes; `image` has no PNG.
    let decoder = png::Decoder::new(std::io::Cursor::new(png));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let channels = info.color_type.samples();
    let rgb = pixels.chunks(channels).flat_map(|pixel| match channels {
        1 | 2 => [pixel[0]; 3],
        _ => [pixel[0], pixel[1], pixel[2]],
    });
    RgbImage::from_raw(info.width, info.height, rgb.collect()).unwrap()
}

/// A grey picture, as the page of the script has.
fn grey(width: u32, height: u32) -> Picture {
    let grey = RgbImage::from_pixel(width, height, image::Rgb([128; 3]));
    let mut bmp = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(grey)
        .write_to(&mut bmp, image::ImageFormat::Bmp)
        .unwrap();
    bmp.set_position(0);
    Picture::decode(bmp, "bmp", LIMIT).unwrap()
}

fn annotation(name: &str) -> Value {
    let text = std::fs::read_to_string(path(&format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn drawn(annotation: &Value) -> RgbImage {
    pixels(&grey(640, 360).with_drawings(annotation).unwrap())
}

fn of_object(object: &Value) -> RgbImage {
    drawn(&json!({"drawing": {"objects": [object]}}))
}

fn compare(name: &str, allowed: &Allowed) {
    let drawn = drawn(&annotation(name));
    let file = BufReader::new(File::open(path(&format!("{name}.png"))).unwrap());
    let expected = pixels(&decode(file));
    if let Some(folder) = std::env::var_os("TANUKI_KEEP_DRAWINGS") {
        let file = File::create(PathBuf::from(folder).join(format!("{name}.png"))).unwrap();
        grey(640, 360)
            .with_drawings(&annotation(name))
            .unwrap()
            .write_png(file)
            .unwrap();
    }
    assert_eq!(drawn.dimensions(), expected.dimensions());
    let (mut sum, mut visible) = (0_u64, 0_u64);
    for (one, other) in drawn.pixels().zip(expected.pixels()) {
        let differences = one
            .0
            .iter()
            .zip(other.0)
            .map(|(one, other)| one.abs_diff(other));
        let largest = differences.clone().max().unwrap();
        sum += differences.map(u64::from).sum::<u64>();
        visible += u64::from(largest > 64);
    }
    let count = f64::from(drawn.width() * drawn.height());
    let (mean, visible) = (sum as f64 / count / 3.0, visible as f64 / count);
    println!("{name}: mean {mean:.3}, visible {:.3} %", visible * 100.0);
    assert!(mean < allowed.mean, "{name}: {mean}");
    assert!(visible < allowed.visible, "{name}: {visible}");
}

#[test]
fn shapes_are_those_of_the_web_client() {
    compare("shapes", &SHAPES);
}

#[test]
fn strokes_of_a_pen_are_those_of_the_web_client() {
    compare("pen", &SHAPES);
}

#[test]
fn what_is_erased_is_that_of_the_web_client() {
    compare("erased", &SHAPES);
}

#[test]
fn texts_are_those_of_the_web_client() {
    compare("text", &TEXT);
}

#[test]
fn a_canvas_is_fitted_into_the_picture() {
    let dot = |more: Value| {
        let mut object =
            json!({"type": "rect", "left": 0, "top": 0, "width": 10, "height": 10, "fill": "red"});
        let more = more.as_object().unwrap().clone();
        object.as_object_mut().unwrap().extend(more);
        let drawn = of_object(&object);
        let red = drawn
            .enumerate_pixels()
            .filter(|(_, _, pixel)| pixel.0[0] > 200 && pixel.0[1] < 50);
        red.map(|(x, y, _)| (x, y)).min()
    };
    assert_eq!(dot(json!({})), Some((1, 1)));
    // Twice as high as the picture: half as large, in the middle.
    assert_eq!(
        dot(json!({"canvasWidth": 640, "canvasHeight": 720, "left": 9, "top": 9})),
        Some((165, 5))
    );
    assert_eq!(
        dot(json!({"canvasWidth": 320, "left": 9.5, "top": 9.5})),
        Some((20, 20))
    );
}

#[test]
fn malformed_objects_are_left_out() {
    let blank = pixels(&grey(640, 360));
    for annotation in [
        json!(null),
        json!([]),
        json!({"drawing": null}),
        json!({"drawing": {"objects": "none"}}),
        json!({"drawing": {"objects": [null, 7, [], "x", {}, {"type": 3}, {"type": "spline"}]}}),
    ] {
        assert!(drawn(&annotation) == blank, "{annotation}");
    }
    for object in [
        json!({"type": "path"}),
        json!({"type": "path", "path": "nonsense", "stroke": "red"}),
        json!({"type": "path", "path": [["M", "a", 1], [], [3], "L", ["L", 1e300, 0]], "stroke": "red"}),
        json!({"type": "path", "path": "M 5 5", "stroke": "red"}),
        json!({"type": "PSStroke", "strokePoints": [{"x": 1, "y": 1}], "stroke": "red"}),
        json!({"type": "PSStroke", "strokePoints": "many", "stroke": "red"}),
        json!({"type": "PSStroke", "strokePoints": [null, {}, {"x": "1"}], "stroke": "red"}),
        json!({"type": "rect", "width": 10, "fill": "red"}),
        json!({"type": "rect", "width": -10, "height": 10, "fill": "red"}),
        json!({"type": "circle", "radius": "5", "fill": "red"}),
        json!({"type": "ellipse", "rx": 5, "fill": "red"}),
        json!({"type": "line", "x1": 1, "stroke": "red"}),
        json!({"type": "arrow", "stroke": "red"}),
        json!({"type": "polygon", "points": [{"x": 1, "y": 1}], "stroke": "red"}),
        json!({"type": "text", "text": 7}),
        json!({"type": "group", "objects": 7}),
        json!({"type": "rect", "width": 10, "height": 10, "fill": "red", "opacity": 0}),
        json!({"type": "rect", "width": 10, "height": 10, "fill": "red", "visible": false}),
        json!({"type": "rect", "left": 5000, "width": 10, "height": 10, "fill": "red", "opacity": 0.5}),
    ] {
        assert!(of_object(&object) == blank, "{object}");
    }
}

#[test]
fn numbers_beyond_reason_are_no_fault() {
    let numbers = [-0.0, -1e-9, 1e6, -999_999.9, 1e300, 0.5];
    for kind in [
        "rect", "circle", "ellipse", "line", "arrow", "path", "text", "PSStroke", "group",
    ] {
        for number in numbers {
            for other in numbers {
                let object = json!({
                    "type": kind, "left": number, "top": other, "width": other, "height": number,
                    "radius": number, "rx": number, "ry": other, "x1": number, "y1": other, "x2": other, "y2": 5,
                    "scaleX": other, "scaleY": number, "angle": number, "skewX": other, "skewY": number,
                    "strokeWidth": number, "fontSize": number, "text": "A", "fill": "red", "stroke": "#00f8",
                    "path": [["M", 0, 0], ["L", number, other], ["Q", other, 1, 2, number]],
                    "strokePoints": [{"x": 0, "y": 0, "pressure": number}, {"x": number, "y": other, "pressure": other}],
                    "opacity": other, "canvasWidth": number, "canvasHeight": other,
                    "eraser": {"objects": [{"type": "path", "path": "M 0 0 L 1 1", "stroke": "#000", "strokeWidth": number}]},
                    "objects": [{"type": "rect", "width": 5, "height": other, "fill": "red"}],
                });
                let picture = grey(64, 36);
                let drawn = picture.with_drawings(&json!({"drawing": {"objects": [object]}}));
                assert_eq!(drawn.unwrap().width(), 64);
            }
        }
    }
}

#[test]
fn groups_within_groups_end_somewhere() {
    let mut group =
        json!({"type": "rect", "left": 5, "top": 5, "width": 20, "height": 20, "fill": "red"});
    let mut depths = Vec::new();
    for _ in 0..12 {
        depths.push(of_object(&group).get_pixel(10, 10).0 == [255, 0, 0]);
        group = json!({"type": "group", "strokeWidth": 0, "objects": [group]});
    }
    assert!(depths[0] && depths[8] && !depths[9], "{depths:?}");
}

#[test]
fn too_much_is_drawn_in_part() {
    // Each of these covers the picture: all of them would take minutes.
    let points: Vec<Value> = (0..20_000)
        .map(|place| json!({"x": place % 600, "y": place % 300, "pressure": 1}))
        .collect();
    let object =
        json!({"type": "PSStroke", "strokePoints": points, "stroke": "#f00", "strokeWidth": 2000});
    let annotation = json!({"drawing": {"objects": [object]}});
    let started = std::time::Instant::now();
    let drawn = grey(1920, 1080).with_drawings(&annotation).unwrap();
    assert!(started.elapsed().as_secs() < 60);
    assert_eq!(pixels(&drawn).get_pixel(960, 540).0, [255, 0, 0]);
}

#[test]
fn what_is_transparent_is_black() {
    let pixels_ = image::RgbaImage::from_pixel(4, 4, image::Rgba([200, 100, 50, 0]));
    let mut webp = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgba8(pixels_)
        .write_to(&mut webp, image::ImageFormat::Tga)
        .unwrap();
    webp.set_position(0);
    let picture = Picture::decode(webp, "tga", LIMIT).unwrap();
    let drawn = pixels(&picture.with_drawings(&json!({})).unwrap());
    assert_eq!(drawn.get_pixel(0, 0).0, [0, 0, 0]);
    assert_eq!(DynamicImage::from(drawn).dimensions(), (4, 4));
}
