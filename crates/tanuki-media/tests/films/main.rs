//! Films that ffmpeg makes here, encoded and read back.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is what a test does when something is not as it should be"
)]

mod colours;
mod frames;
mod kit;
mod odd_films;
mod shapes;
mod sound;
mod without_ffmpeg;
