//! Photoshop's files, made here: the picture of all layers in each form that it
//! is stored in.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Cursor;

use tanuki_media::picture::{Picture, PictureError, header};

/// A file of two by three pixels. The pixels are of one channel after another.
struct File {
    version: u16,
    channels: u16,
    depth: u16,
    mode: u16,
    palette: Vec<u8>,
    resources: Vec<u8>,
    layers: Vec<u8>,
    pixels: Vec<u8>,
}

impl File {
    fn new(mode: u16, channels: u16, depth: u16, pixels: Vec<u8>) -> Self {
        Self {
            version: 1,
            channels,
            depth,
            mode,
            palette: Vec::new(),
            resources: Vec::new(),
            layers: Vec::new(),
            pixels,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"8BPS".to_vec();
        bytes.extend(self.version.to_be_bytes());
        bytes.extend([0; 6]);
        bytes.extend(self.channels.to_be_bytes());
        bytes.extend(3_u32.to_be_bytes());
        bytes.extend(2_u32.to_be_bytes());
        bytes.extend(self.depth.to_be_bytes());
        bytes.extend(self.mode.to_be_bytes());
        for section in [&self.palette, &self.resources] {
            bytes.extend((section.len() as u32).to_be_bytes());
            bytes.extend(section);
        }
        match self.version {
            1 => bytes.extend((self.layers.len() as u32).to_be_bytes()),
            _ => bytes.extend((self.layers.len() as u64).to_be_bytes()),
        }
        bytes.extend(&self.layers);
        bytes.extend(&self.pixels);
        bytes
    }
}

/// Six pixels stored as they are, each channel of one value.
fn plain(values: &[u8], bytes: usize) -> Vec<u8> {
    let mut pixels = vec![0, 0];
    for value in values {
        for _ in 0..6 {
            pixels.push(*value);
            pixels.extend(vec![0; bytes - 1]);
        }
    }
    pixels
}

/// Six pixels in PackBits, each channel of one value.
fn packed(values: &[u8], length: usize) -> Vec<u8> {
    let mut pixels = vec![0, 1];
    for _ in 0..values.len() * 3 {
        pixels.extend(vec![0; length - 1]);
        pixels.push(2);
    }
    for value in values {
        for _ in 0..3 {
            // Two times the same.
            pixels.extend([255, *value]);
        }
    }
    pixels
}

/// A section of layers whose number says that there is an alpha channel.
fn with_alpha() -> Vec<u8> {
    vec![0, 0, 0, 2, 0xFF, 0xFF]
}

/// A resource without a name.
fn resource(id: u16, content: &[u8]) -> Vec<u8> {
    let mut bytes = b"8BIM".to_vec();
    bytes.extend(id.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend((content.len() as u32).to_be_bytes());
    bytes.extend(content);
    bytes.extend(vec![0; content.len() % 2]);
    bytes
}

fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    Picture::decode(Cursor::new(bytes), "psd", 1000)
}

/// The first pixel of a picture in RGBA.
fn pixel(file: &File) -> [u8; 4] {
    let picture = decode(&file.bytes()).unwrap();
    assert_eq!((picture.width(), picture.height()), (2, 3));
    let same = tanuki_media::picture::Size {
        width: 2,
        height: 3,
    };
    picture.resized(same).unwrap().get_pixel(0, 0).0
}

#[test]
fn colors_of_every_form_are_decoded() {
    let indexed = File {
        palette: (0..768_u32)
            .map(|place| (place / 256 * 100) as u8)
            .collect(),
        ..File::new(2, 1, 8, plain(&[7], 1))
    };
    let translucent = File {
        layers: with_alpha(),
        ..File::new(3, 4, 8, packed(&[10, 20, 30, 128], 2))
    };
    let selection = File::new(3, 4, 8, plain(&[10, 20, 30, 128], 1));
    let large = File {
        version: 2,
        ..File::new(3, 3, 8, packed(&[1, 2, 3], 4))
    };
    let cases = [
        (
            File::new(3, 3, 8, plain(&[200, 100, 50], 1)),
            [200, 100, 50, 255],
        ),
        (
            File::new(3, 3, 8, packed(&[200, 100, 50], 2)),
            [200, 100, 50, 255],
        ),
        (
            File::new(3, 3, 16, plain(&[200, 100, 50], 2)),
            [200, 100, 50, 255],
        ),
        (File::new(1, 1, 8, plain(&[77], 1)), [77, 77, 77, 255]),
        (File::new(1, 1, 16, plain(&[77], 2)), [77, 77, 77, 255]),
        (File::new(8, 1, 8, plain(&[77], 1)), [77, 77, 77, 255]),
        (
            File::new(4, 4, 8, plain(&[255, 255, 255, 255], 1)),
            [255, 255, 255, 255],
        ),
        (
            File::new(4, 4, 8, plain(&[0, 255, 255, 255], 1)),
            [0, 255, 255, 255],
        ),
        (
            File::new(0, 1, 1, vec![0, 0, 0x80, 0x80, 0x80]),
            [0, 0, 0, 255],
        ),
        (indexed, [0, 100, 200, 255]),
        (translucent, [10, 20, 30, 128]),
        (selection, [10, 20, 30, 255]),
        (large, [1, 2, 3, 255]),
    ];
    for (file, expected) in cases {
        assert_eq!(
            pixel(&file),
            expected,
            "mode {}, {} bits",
            file.mode,
            file.depth
        );
    }
}

#[test]
fn colors_that_cannot_be_shown_are_refused() {
    let whole = File::new(3, 3, 8, plain(&[1, 2, 3], 1));
    let head = header(Cursor::new(whole.bytes()), "psd", 1000).unwrap();
    assert_eq!((head.width, head.height), (2, 3));
    let too_large = header(Cursor::new(whole.bytes()), "psd", 5);
    assert!(matches!(
        too_large,
        Err(PictureError::TooLarge {
            pixels: 6,
            limit: 5
        })
    ));
    let layers_only = File {
        resources: resource(1057, &[0, 0, 0, 1, 0]),
        ..File::new(3, 3, 8, plain(&[1, 2, 3], 1))
    };
    for file in [
        layers_only,
        File::new(9, 3, 8, plain(&[1, 2, 3], 1)),
        File::new(3, 3, 32, plain(&[1, 2, 3], 4)),
        File::new(3, 2, 8, plain(&[1, 2], 1)),
        File::new(3, 3, 8, vec![0, 3]),
        File {
            version: 3,
            ..File::new(3, 3, 8, plain(&[1, 2, 3], 1))
        },
    ] {
        let refused = decode(&file.bytes());
        assert!(
            matches!(refused, Err(PictureError::Unreadable(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn colors_that_are_cut_off_are_no_fault() {
    for pixels in [plain(&[1, 2, 3], 1), packed(&[1, 2, 3], 2)] {
        let bytes = File::new(3, 3, 8, pixels).bytes();
        for length in 0..bytes.len() {
            match decode(&bytes[..length]) {
                Ok(picture) => assert_eq!(picture.width(), 2),
                Err(error) => assert!(matches!(error, PictureError::Unreadable(_)), "{error}"),
            }
        }
    }
}
