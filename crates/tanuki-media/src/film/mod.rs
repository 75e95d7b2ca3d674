//! Films, by ffmpeg and ffprobe as child processes, which are never linked.
//!
//! [`Ffmpeg::find`] looks for the programs. [`Ffmpeg::probe`] says what a film
//! holds, [`Ffmpeg::encode`] makes the films that browsers play, and
//! [`Ffmpeg::extract_frame`] and [`Ffmpeg::extract_tiles`] make pictures of it.
//! Without ffmpeg, [`container`] reads and rewrites films that browsers play as
//! they are.
//!
//! A film is what strangers send: the programs get no network and no file but
//! the film itself (a white list of protocols and formats), none of the server's
//! environment, and limits on time, size and output.

mod burn_in;
mod canvas;
pub mod container;
mod encode;
mod frames;
mod join;
mod probe;
mod rate;
mod tool;

use std::io;

use crate::child::ChildError;
pub use burn_in::BurnIn;
pub use canvas::Canvas;
pub use encode::{Encoded, Encoding};
pub use frames::TILE_COLUMNS;
pub use join::{JoinedFilm, Joining};
pub use probe::{Audio, Film, Video};
pub use rate::Rate;
pub use tool::{Ffmpeg, Programs};

/// Why something could not be made of a film. The message is for people.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// The film cannot be used; another try would end in the same way.
    #[error("{0}")]
    Unusable(String),
    /// It may work later.
    #[error("{0}")]
    Temporary(String),
}

impl From<ChildError> for FilmError {
    fn from(error: ChildError) -> Self {
        match error {
            ChildError::Failed(reason) => Self::Unusable(reason),
            ChildError::Temporary(reason) => Self::Temporary(reason),
        }
    }
}

impl From<io::Error> for FilmError {
    fn from(error: io::Error) -> Self {
        ChildError::from(error).into()
    }
}
