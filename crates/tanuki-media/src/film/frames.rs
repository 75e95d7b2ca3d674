//! Pictures of a film: single frames, and the strip of tiles.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::child;

use super::tool::{fixed, input, quiet};
use super::{Ffmpeg, Film, FilmError};

/// The number of tiles in a row of the strip.
pub const TILE_COLUMNS: u64 = 8;

/// Rows of a strip at most; longer films are shown in larger steps.
const MAX_TILE_ROWS: u64 = 480;

/// The height of a tile in pixels.
const TILE_HEIGHT: u32 = 100;

impl Ffmpeg {
    /// Writes a frame of a film as PNG into a folder, 8 bit RGB in the size at
    /// which the film is shown. Frames are counted from 0; one beyond the end
    /// is the last.
    ///
    /// # Errors
    /// [`FilmError::Unusable`] if no frame can be decoded.
    pub async fn extract_frame(
        &self,
        (path, film): (&Path, &Film),
        frame: u64,
        folder: &Path,
    ) -> Result<PathBuf, FilmError> {
        let video = &film.video;
        let count = video.frame_count();
        let frame = frame.min(count.saturating_sub(1));
        let mut seek = Vec::new();
        let mut filters = String::new();
        if video.is_constant && frame > 0 {
            // Half a frame before, so that rounding does not matter.
            let time = video.delay + video.rate.time_of(frame) - video.rate.time_of(1) / 2.0;
            seek.extend(fixed(["-ss", &format!("{time:.6}")]));
        } else if frame > 0 {
            filters = format!("select=gte(n\\,{frame}),");
        }
        filters += &format!("{},setsar=1", to_rgb(film, video.size));
        let picture = self.write_picture((path, film), seek, &filters, (folder, "frame.png"));
        picture.await?.ok_or_else(|| {
            FilmError::Unusable(format!("frame {} of it cannot be decoded", frame + 1))
        })
    }

    /// Writes the frames of a film as one PNG into a folder: tiles of 100
    /// pixels in height, eight in a row. Of films of more than 3840 frames
    /// every n-th is shown.
    ///
    /// # Errors
    /// [`FilmError::Unusable`] if no frame can be decoded.
    pub async fn extract_tiles(
        &self,
        (path, film): (&Path, &Film),
        folder: &Path,
    ) -> Result<PathBuf, FilmError> {
        let video = &film.video;
        let count = video.frame_count().max(1);
        let rows = count.div_ceil(TILE_COLUMNS).min(MAX_TILE_ROWS);
        let step = count.div_ceil(TILE_COLUMNS * MAX_TILE_ROWS);
        let (width, height) = video.size;
        let aspect = f64::from(width) / f64::from(height);
        let width = (f64::from(TILE_HEIGHT) * aspect).ceil().clamp(1.0, 2000.0) as u32;
        let filters = format!(
            "select=not(mod(n\\,{step})),{},setsar=1,tile={TILE_COLUMNS}x{rows}",
            to_rgb(film, (width, TILE_HEIGHT))
        );
        let picture = self.write_picture((path, film), Vec::new(), &filters, (folder, "tiles.png"));
        picture
            .await?
            .ok_or_else(|| FilmError::Unusable("no frame of it can be decoded".into()))
    }

    /// Writes the first picture that comes out of the filters, as PNG. `seek`
    /// has arguments that go before the input. `None` if nothing comes out.
    async fn write_picture(
        &self,
        (path, film): (&Path, &Film),
        seek: Vec<OsString>,
        filters: &str,
        (folder, name): (&Path, &str),
    ) -> Result<Option<PathBuf>, FilmError> {
        let mut arguments = quiet();
        arguments.extend(seek);
        arguments.extend(input(path));
        arguments.extend(fixed([
            "-map",
            &format!("0:{}", film.video.index),
            "-vf",
            filters,
            "-frames:v",
            "1",
            "-f",
            "image2",
            "-update",
            "1",
            "-c:v",
            "png",
            name,
        ]));
        child::run(&self.ffmpeg, &arguments, folder, self.limits).await?;
        let picture = folder.join(name);
        Ok(picture.exists().then_some(picture))
    }
}

/// The filter that scales a picture and makes RGB of it.
fn to_rgb(film: &Film, (width, height): (u32, u32)) -> String {
    let matrix = film.video.colour.matrix;
    let matrix = matrix.map_or(String::new(), |matrix| format!(":in_color_matrix={matrix}"));
    format!(
        "scale={width}:{height}:flags=bicubic+accurate_rnd+full_chroma_int{matrix}:out_range=pc,format=rgb24"
    )
}
