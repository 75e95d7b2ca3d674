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
    let source = ImageRef::new(image.width(), image.height(), image.as_bytes(), pixel_type)
        .map_err(PictureError::unreadable)?;
    let mut scaled = Image::new(width, height, pixel_type);
    // Colours are weighted by their alpha: what is transparent has none.
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(true);
    Resizer::new()
        .resize(&source, &mut scaled, &options)
        .map_err(PictureError::unreadable)?;
    let pixels = scaled.into_vec();
    let image = match pixel_type {
        PixelType::U8 => image::GrayImage::from_raw(width, height, pixels).map(Into::into),
        PixelType::U8x2 => image::GrayAlphaImage::from_raw(width, height, pixels).map(Into::into),
        PixelType::U8x3 => image::RgbImage::from_raw(width, height, pixels).map(Into::into),
        _ => RgbaImage::from_raw(width, height, pixels).map(Into::into),
    };
    image.ok_or_else(|| PictureError::unreadable("it cannot be scaled"))
}
