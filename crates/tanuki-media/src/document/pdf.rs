//! PDF, by hayro.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::peniko::ImageAlphaType;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::{DynamicImage, RgbaImage};

use super::scale;
use crate::picture::Picture;

/// Draws the first page of a PDF file, on white.
///
/// # Errors
/// Why it cannot be drawn.
pub(super) fn draw(document: Vec<u8>) -> Result<Picture, String> {
    let pdf = Pdf::new(document).map_err(|error| format!("{error:?}"))?;
    let page = pdf.pages().first().ok_or("it has no page")?;
    let (width, height) = page.render_dimensions();
    let scale = scale(width, height).ok_or("its first page has no size")?;
    let settings = PixmapSettings {
        // At least one pixel.
        x_scale: scale.max(1.0 / width),
        y_scale: scale.max(1.0 / height),
        bg_color: WHITE,
    };
    let pixels = render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let (width, height) = (u32::from(pixels.width()), u32::from(pixels.height()));
    let colors = pixels.take_rgba8(ImageAlphaType::Alpha);
    let image = RgbaImage::from_raw(width, height, colors).ok_or("its first page has no size")?;
    let image = DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(image).into_rgb8());
    Ok(Picture { image })
}
