//! SVG, by resvg.

use std::sync::Arc;

use image::{DynamicImage, RgbaImage};
use resvg::usvg::{ImageHrefResolver, Options, Tree, fontdb};
use tiny_skia::{Pixmap, Transform};

use super::scale;
use crate::drawing::LIBERATION_SANS;
use crate::picture::Picture;

/// The only font there is.
const FONT: &str = "Liberation Sans";

/// Draws an SVG file, with alpha.
///
/// # Errors
/// Why it cannot be drawn.
pub(super) fn draw(document: &[u8]) -> Result<Picture, String> {
    let tree = Tree::from_data(document, &options()).map_err(|error| error.to_string())?;
    let size = tree.size();
    let scale = scale(size.width(), size.height()).ok_or("it has no size")?;
    let side = |length: f32| ((length * scale).round() as u32).max(1);
    let (width, height) = (side(size.width()), side(size.height()));
    let mut pixels = Pixmap::new(width, height).ok_or("it has no size")?;
    let transform = Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    let colors = pixels.pixels().iter().flat_map(|pixel| {
        let color = pixel.demultiply();
        [color.red(), color.green(), color.blue(), color.alpha()]
    });
    let image = RgbaImage::from_raw(width, height, colors.collect());
    let image = DynamicImage::ImageRgba8(image.ok_or("it has no size")?);
    Ok(Picture { image })
}

/// What an SVG file may use: pictures within itself, and one font for all texts.
fn options() -> Options<'static> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(LIBERATION_SANS.to_vec());
    fonts.set_serif_family(FONT);
    fonts.set_sans_serif_family(FONT);
    fonts.set_cursive_family(FONT);
    fonts.set_fantasy_family(FONT);
    fonts.set_monospace_family(FONT);
    Options {
        font_family: FONT.to_owned(),
        fontdb: Arc::new(fonts),
        image_href_resolver: ImageHrefResolver {
            resolve_data: ImageHrefResolver::default_data_resolver(),
            // No files.
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    }
}
