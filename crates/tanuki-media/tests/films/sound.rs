//! Sound stays with the picture.

use crate::kit::{Studio, numbers};

/// A click of 10 ms at one second.
const CLICK: &str = "-f lavfi -i aevalsrc='if(between(t,1,1.01),0.9,0)':s=48000:d=2";

/// The time in seconds at which a sound track is first loud.
fn click_of(studio: &Studio, film: &std::path::Path, track: usize) -> f64 {
    let map = format!("0:a:{track}");
    let bytes = studio.read(
        film,
        &["-map", &map, "-ac", "1", "-ar", "48000", "-f", "s16le"],
    );
    let samples = bytes
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    let first = samples
        .into_iter()
        .position(|sample| sample.unsigned_abs() > 6000);
    first.unwrap() as f64 / 48000.0
}

#[tokio::test]
async fn a_click_is_within_a_frame_of_its_picture() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    for rate in ["24000/1001", "25"] {
        let film = studio.make(&format!(
            "{} {CLICK} -c:v libx264 -bf 3 -pix_fmt yuv420p -c:a aac film.mp4",
            numbers(rate, 50)
        ));
        let (made, encoded) = studio.encode(&film, rate).await.unwrap();
        let highdef = encoded.highdef.unwrap();
        let frame = 1.0 / made.video.rate.as_f64();
        for film in [&highdef, &encoded.lowdef] {
            let at = click_of(&studio, film, 0);
            assert!((at - 1.0).abs() < frame, "{rate}: {at}");
        }
        let lengths = studio.ask(&highdef, "stream=duration");
        let lengths: Vec<f64> = lengths.iter().map(|text| text.parse().unwrap()).collect();
        assert!(
            (lengths[0] - lengths[1]).abs() < frame,
            "{rate}: {lengths:?}"
        );
    }
}

#[tokio::test]
async fn sound_that_begins_before_the_picture_stays_with_it() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    // The picture begins half a second after the sound.
    let film = studio.make(&format!(
        "{CLICK} -itsoffset 0.5 {} -map 0:a -map 1:v -c:v libx264 -pix_fmt yuv420p \
         -c:a pcm_s16le film.mkv",
        numbers("25", 40)
    ));
    let (made, encoded) = studio.encode(&film, "25").await.unwrap();
    let highdef = encoded.highdef.unwrap();
    assert_eq!(studio.numbers_of(&highdef), (0..40).collect::<Vec<_>>());
    assert_eq!(made.video.frames, Some(40));
    let at = click_of(&studio, &highdef, 0);
    assert!((at - 0.5).abs() < 0.04, "{at}");
}

#[tokio::test]
async fn silence_is_added_where_there_is_no_sound() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered(
        "24",
        31,
        "-c:v libx264 -bf 3 -g 12 -pix_fmt yuv420p film.mov",
    );
    let (made, encoded) = studio.encode(&film, "24").await.unwrap();
    assert_eq!((made.audio.len(), made.video.frames), (1, Some(31)));
    let highdef = encoded.highdef.unwrap();
    let lengths = studio.ask(&highdef, "stream=duration");
    let lengths: Vec<f64> = lengths.iter().map(|text| text.parse().unwrap()).collect();
    assert!((lengths[0] - lengths[1]).abs() < 1.0 / 24.0, "{lengths:?}");
}

#[tokio::test]
async fn sound_that_is_longer_or_shorter_ends_with_the_picture() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    for frames in [25, 75] {
        let film = studio.make(&format!(
            "{} {CLICK} -c:v libx264 -pix_fmt yuv420p -c:a aac film.mp4",
            numbers("25", frames)
        ));
        let (made, encoded) = studio.encode(&film, "25").await.unwrap();
        assert_eq!(made.video.frames, Some(frames.into()));
        let lengths = studio.ask(&encoded.highdef.unwrap(), "stream=duration");
        for length in lengths {
            let length: f64 = length.parse().unwrap();
            assert!((length - f64::from(frames) / 25.0).abs() < 0.04, "{length}");
        }
    }
}

#[tokio::test]
async fn every_track_is_kept_with_its_channels() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.make(&format!(
        "{} {CLICK} -f lavfi -i anullsrc=cl=5.1:d=1 -f lavfi -i anullsrc=cl=hexadecagonal:d=1 \
         -map 0:v -map 1:a -map 2:a -map 3:a -map 2:a -ac:a:3 3 -c:v libx264 -pix_fmt yuv420p \
         -c:a pcm_s16le film.mov",
        numbers("25", 50)
    ));
    let (made, encoded) = studio.encode(&film, "25").await.unwrap();
    let channels: Vec<u32> = made.audio.iter().map(|track| track.channels).collect();
    assert_eq!(channels, [1, 6, 2, 3]);
    assert!((click_of(&studio, &encoded.highdef.unwrap(), 0) - 1.0).abs() < 0.04);
}
