//! Smaller and larger versions of a picture.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbaImage};

use super::{Picture, PictureError};

/// The width of a preview, in pixels.
const PREVIEW_WIDTH: u32 = 1200;

/// The largest height of a preview, in pixels. Zou has none: of a picture of
/// 200 x 4000 pixels it makes one of 1200 x 24000.
pub const MAX_PREVIEW_HEIGHT: u32 = 12_000;

/// How many rows of a version are made at a time.
const BAND: usize = 128;

/// How many pixels around its place the filter takes in, of a picture that is
/// not made smaller.
const LANCZOS_REACH: f64 = 3.0;

/// The size of a version of a picture, in pixels. The picture is contained in
/// it, scaled up too, and what it does not cover is transparent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    /// The thumbnail in lists.
    pub const THUMBNAIL: Self = Self::of(150, 100);
    /// The square thumbnail in lists.
    pub const SQUARE: Self = Self::of(100, 100);
    /// Avatars, and pictures of productions and of the organisation.
    pub const AVATAR: Self = Self::of(400, 400);
    /// The thumbnail of a background.
    pub const BACKGROUND: Self = Self::of(300, 200);
    /// The thumbnail of a file in a chat.
    pub const ATTACHMENT: Self = Self::of(150, 150);

    const fn of(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// The preview of a picture: 1200 pixels wide, its height in proportion up
    /// to [`MAX_PREVIEW_HEIGHT`].
    pub fn preview_of(picture: &Picture) -> Self {
        let ratio = f64::from(picture.height()) / f64::from(picture.width());
        let height = (f64::from(PREVIEW_WIDTH) * ratio).ceil();
        Self::of(
            PREVIEW_WIDTH,
            (height.min(f64::from(MAX_PREVIEW_HEIGHT)) as u32).max(1),
        )
    }

    /// Returns the size of a picture when it is contained in this size, with
    /// the rounding of the reference.
    pub(super) fn contain(self, (width, height): (u32, u32)) -> (u32, u32) {
        let (to_width, to_height) = (f64::from(self.width), f64::from(self.height));
        let (mut width, mut height) = (f64::from(width), f64::from(height));
        if width < to_width && height < to_height {
            let scale = (to_width / width).min(to_height / height);
            width = (width * scale).round_ties_even().max(1.0);
            height = (height * scale).round_ties_even().max(1.0);
        }
        let ratio = width / height;
        if ratio == to_width / to_height {
            return (self.width, self.height);
        }
        let by_height = (to_height * ratio).ceil();
        if by_height > to_width {
            let by_width = (to_width / ratio).ceil().min(to_height);
            return (self.width, (by_width as u32).max(1));
        }
        ((by_height as u32).max(1), self.height)
    }
}

impl Picture {
    /// Returns a version of the picture with exactly that size, in RGBA, by a
    /// Lanczos filter.
    ///
    /// # Errors
    /// [`PictureError::Unreadable`] if the picture has no pixels.
    pub fn resized(&self, size: Size) -> Result<RgbaImage, PictureError> {
        let contained = size.contain((self.width(), self.height()));
        let scaled = scale(&self.image, contained)?.into_rgba8();
        if contained == (size.width, size.height) {
            return Ok(scaled);
        }
        let mut framed = RgbaImage::new(size.width, size.height);
        let left = (size.width - contained.0) / 2;
        let top = (size.height - contained.1) / 2;
        image::imageops::replace(&mut framed, &scaled, left.into(), top.into());
        Ok(framed)
    }
}

/// Scales to a size in pixels.
fn scale(image: &DynamicImage, (width, height): (u32, u32)) -> Result<DynamicImage, PictureError> {
    if (image.width(), image.height()) == (width, height) {
        return Ok(image.clone());
    }
    let pixel_type = match image {
        DynamicImage::ImageLuma8(_) => PixelType::U8,
        DynamicImage::ImageLumaA8(_) => PixelType::U8x2,
        DynamicImage::ImageRgb8(_) => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
    let pixels = scale_bands(image, pixel_type, (width, height))?;
    let image = match pixel_type {
        PixelType::U8 => image::GrayImage::from_raw(width, height, pixels).map(Into::into),
        PixelType::U8x2 => image::GrayAlphaImage::from_raw(width, height, pixels).map(Into::into),
        PixelType::U8x3 => image::RgbImage::from_raw(width, height, pixels).map(Into::into),
        _ => RgbaImage::from_raw(width, height, pixels).map(Into::into),
    };
    image.ok_or_else(|| PictureError::unreadable("it cannot be scaled"))
}

/// Scales to a size in pixels, [`BAND`] rows at a time: the intermediate image,
/// whose width is scaled, and the premultiplied copy are of one band only.
fn scale_bands(
    image: &DynamicImage,
    pixel_type: PixelType,
    (width, height): (u32, u32),
) -> Result<Vec<u8>, PictureError> {
    // Colours are weighted by their alpha: what is transparent has none.
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(true);
    let row_bytes = |width: u32| width as usize * pixel_type.size();
    let ratio = f64::from(image.height()) / f64::from(height);
    let reach = (ratio.max(1.0) * LANCZOS_REACH).ceil() as u32;
    let mut pixels = vec![0; row_bytes(width) * height as usize];
    let mut resizer = Resizer::new();
    let bands = pixels.chunks_mut((row_bytes(width) * BAND).max(1));
    for (first, band) in (0_u32..).step_by(BAND).zip(bands) {
        let rows = (band.len() / row_bytes(width)) as u32;
        let source = Rows::of(image.height(), ratio, (first, first + rows), reach);
        let (start, end) = (source.start as usize, source.end as usize);
        let source_bytes = row_bytes(image.width());
        let bytes = &image.as_bytes()[start * source_bytes..end * source_bytes];
        let view = ImageRef::new(image.width(), source.end - source.start, bytes, pixel_type)
            .map_err(PictureError::unreadable)?;
        let mut scaled = Image::from_slice_u8(width, rows, band, pixel_type)
            .map_err(PictureError::unreadable)?;
        let options = options.crop(0.0, source.top, image.width().into(), source.height);
        resizer
            .resize(&view, &mut scaled, &options)
            .map_err(PictureError::unreadable)?;
    }
    Ok(pixels)
}

/// The rows of a picture that some rows of its scaled version are made of.
struct Rows {
    /// From and up to which row, with those that the filter reaches.
    start: u32,
    end: u32,
    /// What is scaled, in rows after `start`.
    top: f64,
    height: f64,
}

impl Rows {
    fn of(height: u32, ratio: f64, (first, end): (u32, u32), reach: u32) -> Self {
        // In steps of which sums are exact: the end is never outside the picture.
        let place = |row: u32| (f64::from(row) * ratio * 65_536.0).floor() / 65_536.0;
        let (top, bottom) = (place(first), place(end).min(height.into()));
        let start = (top as u32).saturating_sub(reach);
        Self {
            start,
            end: (bottom.ceil() as u32).saturating_add(reach).min(height),
            top: top - f64::from(start),
            height: bottom - top,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of noise, nowhere more than a quarter transparent: colours of what
    /// is hardly visible are rounded more.
    fn noise(width: u32, height: u32) -> RgbaImage {
        let mut state = 1_u32;
        RgbaImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [red, green, blue, alpha] = state.to_be_bytes();
            image::Rgba([red, green, blue, alpha | 0xC0])
        })
    }

    #[test]
    fn a_picture_scaled_in_bands_is_the_picture_scaled_at_once() {
        let opaque = DynamicImage::ImageRgba8(noise(90, 1000)).into_rgb8();
        for (image, kind) in [
            (DynamicImage::ImageRgba8(noise(90, 1000)), PixelType::U8x4),
            (DynamicImage::ImageRgb8(opaque), PixelType::U8x3),
        ] {
            for (width, height) in [
                (45, 500),
                (30, 337),
                (90, 999),
                (90, 300),
                (7, 1),
                (140, 1500),
            ] {
                let in_bands = scale_bands(&image, kind, (width, height)).unwrap();
                let source = ImageRef::new(90, 1000, image.as_bytes(), kind).unwrap();
                let mut at_once = Image::new(width, height, kind);
                let filter = ResizeAlg::Convolution(FilterType::Lanczos3);
                let options = ResizeOptions::new().resize_alg(filter);
                Resizer::new()
                    .resize(&source, &mut at_once, &options)
                    .unwrap();
                assert_eq!(in_bands.len(), at_once.buffer().len());
                let pairs = in_bands.iter().zip(at_once.buffer());
                let differences = pairs.map(|(one, other)| one.abs_diff(*other));
                // Weights are rounded, and colours after each step.
                let largest = differences.max().unwrap();
                assert!(largest <= 3, "{kind:?} to {width} x {height}: {largest}");
            }
        }
    }
}
