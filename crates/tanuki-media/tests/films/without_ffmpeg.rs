//! Films that are stored as they are, their index moved to the front.

use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use tanuki_media::film::FilmError;
use tanuki_media::film::container::PlayableFilm;

use crate::kit::{Studio, numbers};

fn order(bytes: &[u8]) -> Option<std::cmp::Ordering> {
    let place = |kind: &[u8]| bytes.windows(4).position(|window| window == kind);
    Some(place(b"moov")?.cmp(&place(b"mdat")?))
}

fn refused(path: &Path) -> String {
    match PlayableFilm::read(File::open(path).unwrap()) {
        Err(FilmError::Unusable(reason)) => reason,
        other => panic!("{}: {other:?}", path.display()),
    }
}

#[tokio::test]
async fn the_index_is_moved_to_the_front() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let sound = "-f lavfi -i sine=d=2.5";
    for name in ["film.mp4", "film.mov"] {
        let film = studio.make(&format!(
            "{} {sound} -c:v libx264 -bf 2 -pix_fmt yuv420p -c:a aac {name}",
            numbers("24000/1001", 60)
        ));
        let original = std::fs::read(&film).unwrap();
        assert_eq!(order(&original), Some(std::cmp::Ordering::Greater));
        let playable = PlayableFilm::read(Cursor::new(&original)).unwrap();
        let facts = playable.facts().clone();
        assert_eq!(
            (facts.size, facts.frames, facts.has_sound),
            ((160, 96), 60, true)
        );
        assert_eq!(facts.rate.to_string(), "24000/1001");
        assert!((facts.duration - 2.5025).abs() < 0.001, "{facts:?}");
        let mut moved = Vec::new();
        playable.write(&mut moved).unwrap();
        assert_eq!(order(&moved), Some(std::cmp::Ordering::Less));
        assert_eq!(moved.len(), original.len());
        let path = studio.path(&format!("moved-{name}"));
        std::fs::write(&path, &moved).unwrap();
        assert_eq!(studio.numbers_of(&path), (0..60).collect::<Vec<_>>());
        let sound = ["-map", "0:a", "-f", "s16le"];
        assert_eq!(studio.read(&path, &sound), studio.read(&film, &sound));
        // Once more changes nothing.
        let mut again = Vec::new();
        let playable = PlayableFilm::read(Cursor::new(&moved)).unwrap();
        playable.write(&mut again).unwrap();
        assert!(again == moved);
    }
}

#[tokio::test]
async fn films_that_browsers_may_not_play_are_refused() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let cases = [
        ("-c:v libx264 -pix_fmt yuv420p film.mkv", "no MP4"),
        ("-c:v libx264 -pix_fmt yuv420p10le deep.mp4", "8 bit"),
        ("-c:v libx264 -pix_fmt yuv444p full.mp4", "8 bit"),
        ("-c:v mpeg4 old.mp4", "not H.264"),
        ("-c:v prores prores.mov", "not H.264"),
        (
            "-c:v libx264 -pix_fmt yuv420p -movflags frag_keyframe+empty_moov parts.mp4",
            "fragmented",
        ),
    ];
    for (arguments, reason) in cases {
        let film = studio.numbered("25", 5, arguments);
        assert!(refused(&film).contains(reason), "{arguments}");
    }
    let pcm = studio.make(&format!(
        "{} -f lavfi -i sine=d=0.2 -c:v libx264 -pix_fmt yuv420p -c:a pcm_s16le pcm.mov",
        numbers("25", 5)
    ));
    assert!(refused(&pcm).contains("not AAC"));
}

#[tokio::test]
async fn a_damaged_film_is_refused_and_never_a_panic() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered(
        "25",
        10,
        "-c:v libx264 -pix_fmt yuv420p -movflags faststart film.mp4",
    );
    let original = std::fs::read(film).unwrap();
    let index = original
        .windows(4)
        .position(|window| window == b"mdat")
        .unwrap();
    for length in (0..index).step_by(7) {
        assert!(PlayableFilm::read(Cursor::new(&original[..length])).is_err());
    }
    for place in (0..index).step_by(3) {
        let mut damaged = original.clone();
        damaged[place] ^= 0xff;
        if let Ok(playable) = PlayableFilm::read(Cursor::new(&damaged)) {
            let _ = playable.write(&mut Vec::new());
        }
    }
}
