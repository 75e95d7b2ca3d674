//! Pictures in the colours of print.

use moxcms::{DataColorSpace, Layout};

use super::color::{self, CHUNK};

/// Converts the four channels of a JPEG to amounts of ink: 0 is none, 255 all
/// of it. They are stored inverted, as Adobe does, and with `is_ycck` as
/// luminance and chrominance.
pub(super) fn inks(mut pixels: Vec<u8>, is_ycck: bool) -> Vec<u8> {
    for pixel in pixels.chunks_exact_mut(4) {
        if is_ycck {
            let [luma, blue, red, _] = [pixel[0], pixel[1], pixel[2], pixel[3]].map(f32::from);
            let (blue, red) = (blue - 128.0, red - 128.0);
            // BT.601, full range.
            let [r, g, b] = [
                luma + 1.402 * red,
                luma - 0.344_136 * blue - 0.714_136 * red,
                luma + 1.772 * blue,
            ]
            .map(|value| value.round().clamp(0.0, 255.0) as u8);
            pixel[..3].copy_from_slice(&[r, g, b]);
            pixel[3] = 255 - pixel[3];
        } else {
            pixel.iter_mut().for_each(|ink| *ink = 255 - *ink);
        }
    }
    pixels
}

/// Converts amounts of ink to sRGB, three bytes a pixel: by the profile, or
/// if there is no usable one by plain arithmetic.
pub(super) fn to_srgb(inks: &[u8], profile: Option<&[u8]>) -> Vec<u8> {
    let mut pixels = vec![0; inks.len() / 4 * 3];
    let transform = profile.and_then(|profile| {
        // The four inks go where RGBA would.
        color::transform(profile, DataColorSpace::Cmyk, (Layout::Rgba, Layout::Rgb))
    });
    let chunks = inks.chunks(CHUNK * 4).zip(pixels.chunks_mut(CHUNK * 3));
    for (inks, pixels) in chunks {
        let converted = transform
            .as_ref()
            .is_some_and(|transform| transform.transform(inks, pixels).is_ok());
        if !converted {
            plain(inks, pixels);
        }
    }
    pixels
}

/// Without a profile: what the black leaves, less what each ink takes of it.
fn plain(inks: &[u8], pixels: &mut [u8]) {
    for (inks, pixel) in inks.chunks_exact(4).zip(pixels.chunks_exact_mut(3)) {
        let light = 255 - u32::from(inks[3]);
        for (ink, value) in inks.iter().zip(pixel) {
            let taken = (u32::from(*ink) * light + 127) / 255;
            *value = u8::try_from(light - taken).unwrap_or(u8::MAX);
        }
    }
}
