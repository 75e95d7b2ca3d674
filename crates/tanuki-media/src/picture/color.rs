//! Conversion to sRGB and to 8 bits a channel.

use std::sync::Arc;

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, RgbImage, RgbaImage};
use moxcms::{
    ColorProfile, DataColorSpace, Layout, RenderingIntent, TransformExecutor, TransformOptions,
};

/// How many pixels are converted in one go.
pub(super) const CHUNK: usize = 64 * 1024;

/// The exponent from light to a screen's values, for pictures that hold light
/// (HDR, EXR).
const GAMMA: f32 = 1.0 / 2.2;

/// Converts the colours to sRGB by the ICC profile that came with them, with
/// the perceptual intent. Grey pictures stay as they are, as do those whose
/// profile cannot be used: it is no reason to refuse a picture.
pub(super) fn to_srgb(image: &mut DynamicImage, profile: &[u8]) {
    let (layout, channels) = match image {
        DynamicImage::ImageRgb8(_) => (Layout::Rgb, 3),
        DynamicImage::ImageRgba8(_) => (Layout::Rgba, 4),
        _ => return,
    };
    let Some(transform) = transform(profile, DataColorSpace::Rgb, (layout, layout)) else {
        return;
    };
    let pixels: &mut [u8] = match image {
        DynamicImage::ImageRgb8(image) => image,
        DynamicImage::ImageRgba8(image) => image,
        _ => return,
    };
    let mut source = Vec::with_capacity(CHUNK * channels);
    for pixels in pixels.chunks_mut(CHUNK * channels) {
        source.clear();
        source.extend_from_slice(pixels);
        if transform.transform(&source, pixels).is_err() {
            pixels.copy_from_slice(&source);
        }
    }
}

/// Returns the conversion from a profile to sRGB; `None` if the profile is
/// broken or one of another colour space.
pub(super) fn transform(
    profile: &[u8],
    space: DataColorSpace,
    (from, to): (Layout, Layout),
) -> Option<Arc<dyn TransformExecutor<u8> + Send + Sync>> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    if profile.color_space != space {
        return None;
    }
    let options = TransformOptions {
        rendering_intent: RenderingIntent::Perceptual,
        ..TransformOptions::default()
    };
    profile
        .create_transform_8bit(from, &ColorProfile::new_srgb(), to, options)
        .ok()
}

/// Converts to 8 bits a channel: of 16 bits the upper 8; numbers of light are
/// clipped to 0 to 1 and brought to a screen's values.
pub(super) fn to_eight_bits(image: DynamicImage) -> DynamicImage {
    match image {
        DynamicImage::ImageLuma16(image) => upper(image, GrayImage::from_raw),
        DynamicImage::ImageLumaA16(image) => upper(image, GrayAlphaImage::from_raw),
        DynamicImage::ImageRgb16(image) => upper(image, RgbImage::from_raw),
        DynamicImage::ImageRgba16(image) => upper(image, RgbaImage::from_raw),
        DynamicImage::ImageRgb32F(image) => {
            let (width, height) = image.dimensions();
            let pixels = image.into_raw().into_iter().map(shown).collect();
            made(RgbImage::from_raw(width, height, pixels))
        }
        DynamicImage::ImageRgba32F(image) => {
            let (width, height) = image.dimensions();
            let light = image.into_raw();
            let mut pixels = Vec::with_capacity(light.len());
            for pixel in light.chunks_exact(4) {
                let alpha = pixel[3].clamp(0.0, 1.0);
                // Colours are multiplied by alpha.
                let scale = if alpha > 0.0 { 1.0 / alpha } else { 1.0 };
                pixels.extend(pixel[..3].iter().map(|value| shown(value * scale)));
                pixels.push((alpha * 255.0).round() as u8);
            }
            made(RgbaImage::from_raw(width, height, pixels))
        }
        image => image,
    }
}

/// Returns the screen's value for an amount of light; 0 for what is no number.
fn shown(light: f32) -> u8 {
    (light.clamp(0.0, 1.0).powf(GAMMA) * 255.0).round() as u8
}

/// Takes the upper byte of each value.
fn upper<P, I>(
    image: ImageBuffer<P, Vec<u16>>,
    of: impl FnOnce(u32, u32, Vec<u8>) -> Option<I>,
) -> DynamicImage
where
    P: image::Pixel<Subpixel = u16>,
    DynamicImage: From<I>,
{
    let (width, height) = image.dimensions();
    let values = image.into_raw().into_iter();
    let pixels = values.map(|value| value.to_be_bytes()[0]).collect();
    made(of(width, height, pixels))
}

/// The picture; one that has no pixels if they were too few, which cannot be.
fn made<I>(image: Option<I>) -> DynamicImage
where
    DynamicImage: From<I>,
{
    image.map_or_else(|| DynamicImage::new_luma8(0, 0), Into::into)
}
