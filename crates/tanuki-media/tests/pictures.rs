//! Thumbnails beside those that the reference made of the same pictures
//! (`make-pictures.py`), and what is refused.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::PathBuf;

use image::RgbaImage;
use tanuki_media::picture::{MAX_PREVIEW_HEIGHT, Picture, PictureError, Size, header};

const LIMIT: u64 = 1_000_000;

fn path(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures");
    PathBuf::from(folder).join(name)
}

fn extension(name: &str) -> &str {
    name.rsplit('.').next().unwrap()
}

fn decode(name: &str) -> Picture {
    let file = BufReader::new(File::open(path(name)).unwrap());
    Picture::decode(file, extension(name), LIMIT).unwrap()
}

/// The mean and the largest difference of the channels of two pictures, with
/// colours weighted by alpha.
fn difference(one: &RgbaImage, other: &RgbaImage) -> (f64, u32) {
    assert_eq!(one.dimensions(), other.dimensions());
    let (mut sum, mut largest) = (0_u64, 0_u32);
    for (one, other) in one.pixels().zip(other.pixels()) {
        let weighted = |pixel: &image::Rgba<u8>, channel: usize| {
            u32::from(pixel.0[channel]) * u32::from(pixel.0[3]) / 255
        };
        for channel in 0..3 {
            let difference = weighted(one, channel).abs_diff(weighted(other, channel));
            sum += u64::from(difference);
            largest = largest.max(difference);
        }
        let difference = u32::from(one.0[3].abs_diff(other.0[3]));
        sum += u64::from(difference);
        largest = largest.max(difference);
    }
    let channels = u64::from(one.width()) * u64::from(one.height()) * 4;
    (sum as f64 / channels as f64, largest)
}

#[test]
fn thumbnails_are_those_of_the_reference() {
    let mut wrong = Vec::new();
    // The largest difference of a channel that is allowed: decoders of JPEG
    // round differently, and the reference shrinks large pictures in two steps,
    // which shows at sharp edges. The mean is what people see.
    for (name, allowed) in [
        ("rgb.png", 2),
        ("large.png", 3),
        ("alpha.png", 3),
        ("grey.png", 2),
        ("grey-alpha.png", 3),
        ("grey16.png", 2),
        ("key.png", 28),
        ("wide.png", 24),
        ("broken-profile.png", 2),
        ("small.png", 4),
        ("tall.png", 2),
        ("flat.png", 2),
        ("ratio.png", 8),
        ("cut.png", 2),
        ("rgb.jpg", 8),
        ("grey.jpg", 4),
        ("wide.jpg", 24),
        ("cmyk.jpg", 8),
        ("rgb.webp", 2),
        ("rgb.tif", 2),
        ("rgb.bmp", 2),
        ("rgb.tga", 2),
    ] {
        let ours = decode(name).resized(Size::THUMBNAIL).unwrap();
        let theirs = image_of(&path(&format!("{name}.thumbnail.png")));
        let (mean, largest) = difference(&ours, &theirs);
        if largest > allowed || mean > 0.5 {
            wrong.push(format!("{name}: mean {mean:.3}, largest {largest}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn image_of(path: &std::path::Path) -> RgbaImage {
    let file = BufReader::new(File::open(path).unwrap());
    let picture = Picture::decode(file, "png", LIMIT).unwrap();
    let size = Size {
        width: picture.width(),
        height: picture.height(),
    };
    picture.resized(size).unwrap()
}

#[test]
fn a_photo_is_shown_upright() {
    let file = || BufReader::new(File::open(path("turned.jpg")).unwrap());
    let said = header(file(), "jpg", LIMIT).unwrap();
    let turned = decode("turned.jpg");
    assert_eq!((said.width, said.height), (70, 90));
    assert_eq!((turned.width(), turned.height()), (70, 90));
    // What was at the bottom left is at the top left now.
    let [red, green, _, _] = turned
        .resized(Size {
            width: 70,
            height: 90,
        })
        .unwrap()
        .get_pixel(1, 1)
        .0;
    assert!(red < 20 && green > 235, "{red} {green}");
}

#[test]
fn a_picture_that_is_written_reads_back_the_same() {
    for name in ["rgb.png", "alpha.png", "grey.png", "grey-alpha.png"] {
        let picture = decode(name);
        let mut written = Vec::new();
        picture.write_png(&mut written).unwrap();
        let again = Picture::decode(Cursor::new(written), "png", LIMIT).unwrap();
        let size = Size {
            width: picture.width(),
            height: picture.height(),
        };
        let both = [picture, again].map(|picture| picture.resized(size).unwrap());
        assert_eq!(difference(&both[0], &both[1]), (0.0, 0), "{name}");
    }
}

#[test]
fn a_tall_picture_has_a_bounded_preview() {
    let preview = |name| {
        let size = Size::preview_of(&decode(name));
        (size.width, size.height)
    };
    assert_eq!(preview("rgb.png"), (1200, 934));
    assert_eq!(preview("tall.png"), (1200, MAX_PREVIEW_HEIGHT));
    assert_eq!(preview("flat.png"), (1200, 23));
}

#[test]
fn too_many_pixels_are_refused_by_the_header() {
    // A header that promises 60000 x 60000 pixels, and nothing behind it.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x06\0\0\0".to_vec();
    png.extend([0; 4]);
    png.extend(b"\0\0\0\x04IDAT\0\0\0\0\0\0\0\0");
    let limit = 400_000_000;
    for outcome in [
        header(Cursor::new(&png), "png", limit).map(drop),
        Picture::decode(Cursor::new(&png), "png", limit).map(drop),
    ] {
        let Err(PictureError::TooLarge { pixels, .. }) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(pixels, 3_600_000_000);
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    for bytes in [
        &b""[..],
        b"no picture",
        b"PK\x03\x04 a zip",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
    ] {
        let outcome = Picture::decode(Cursor::new(bytes), "png", LIMIT);
        let is_refused = matches!(outcome, Err(PictureError::Unreadable(_)));
        assert!(is_refused, "{:?}", String::from_utf8_lossy(bytes));
    }
}
