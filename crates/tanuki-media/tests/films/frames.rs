//! Frame N shows N.

use crate::kit::{Studio, encoding, number};

/// Silent H.264 with B-frames and groups of 12, as playblasts are.
const PLAYBLAST: &str = "-c:v libx264 -preset veryfast -g 12 -bf 3 -pix_fmt yuv420p";

#[tokio::test]
async fn every_frame_is_kept_at_every_rate() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let rates = [
        ("24000/1001", "23.976"),
        ("24", "24"),
        ("25", "25"),
        ("30000/1001", "29.97"),
        ("30", "30"),
        ("60000/1001", "59.94"),
    ];
    for (rate, production) in rates {
        let film = studio.numbered(rate, 50, &format!("{PLAYBLAST} film.mp4"));
        let (made, encoded) = studio.encode(&film, production).await.unwrap();
        let highdef = encoded.highdef.unwrap();
        let expected: Vec<u32> = (0..50).collect();
        assert_eq!(studio.numbers_of(&highdef), expected, "{rate}");
        assert_eq!(studio.numbers_of(&encoded.lowdef), expected, "{rate}");
        assert_eq!(made.video.frames, Some(50), "{rate}");
        let own = rate
            .split_once('/')
            .map_or(format!("{rate}/1"), |_| rate.to_owned());
        assert_eq!(made.video.rate.to_string(), own);
        let first = studio.ask(&highdef, "stream=start_time");
        assert_eq!(first[0], "0.000000", "{rate}");
    }
}

#[tokio::test]
async fn a_frame_is_extracted_by_its_number() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered("24000/1001", 300, &format!("{PLAYBLAST} film.mp4"));
    let (made, encoded) = studio.encode(&film, "23.976").await.unwrap();
    let uploaded = studio.ffmpeg.probe(&film).await.unwrap();
    let highdef = encoded.highdef.unwrap();
    for (path, facts) in [(&film, &uploaded), (&highdef, &made)] {
        for frame in [0, 1, 2, 149, 298, 299, 5000] {
            let extracted = studio
                .ffmpeg
                .extract_frame((path, facts), frame, studio.folder.path());
            let pixels = studio.read(
                &extracted.await.unwrap(),
                &["-pix_fmt", "rgb24", "-f", "rawvideo"],
            );
            let shown = u64::from(number(&pixels, 3));
            assert_eq!(shown, frame.min(299), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn coarse_times_of_a_container_double_and_drop_no_frame() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    for name in ["film.mkv", "film.avi", "film.mov"] {
        let film = studio.numbered("24000/1001", 100, &format!("{PLAYBLAST} {name}"));
        let (made, encoded) = studio.encode(&film, "23.98").await.unwrap();
        let numbers = studio.numbers_of(&encoded.highdef.unwrap());
        assert_eq!(numbers, (0..100).collect::<Vec<_>>(), "{name}");
        assert_eq!(made.video.rate.to_string(), "24000/1001", "{name}");
    }
}

#[tokio::test]
async fn a_film_of_another_rate_gets_that_of_the_production() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered("24", 48, &format!("{PLAYBLAST} film.mp4"));
    let (made, encoded) = studio.encode(&film, "25").await.unwrap();
    let numbers = studio.numbers_of(&encoded.highdef.unwrap());
    assert_eq!(
        (numbers.len(), made.video.rate.to_string()),
        (50, "25/1".into())
    );
    assert_eq!((numbers[0], numbers[49]), (0, 47));
    assert!(numbers.is_sorted());
}

#[tokio::test]
async fn a_variable_rate_becomes_a_constant_one() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    // Every third frame is missing.
    let film = studio.numbered(
        "24",
        32,
        "-vf select='mod(n-2,3)' -vsync vfr -c:v libx264 -pix_fmt yuv420p film.mp4",
    );
    let facts = studio.ffmpeg.probe(&film).await.unwrap();
    assert!(!facts.video.is_constant);
    let (made, encoded) = studio.encode(&film, "24").await.unwrap();
    let numbers = studio.numbers_of(&encoded.highdef.unwrap());
    assert_eq!(made.video.rate.to_string(), "24/1");
    // A frame is shown at its time, and the one before it in a gap.
    for (at, shown) in numbers.iter().enumerate() {
        let expected = if at % 3 == 2 { at - 1 } else { at };
        assert_eq!(*shown as usize, expected, "{numbers:?}");
    }
}

#[tokio::test]
async fn tiles_show_every_frame_in_rows_of_eight() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered("25", 20, &format!("{PLAYBLAST} film.mp4"));
    let facts = studio.ffmpeg.probe(&film).await.unwrap();
    let tiles = studio
        .ffmpeg
        .extract_tiles((&film, &facts), studio.folder.path());
    let tiles = tiles.await.unwrap();
    // 100 pixels high, in the aspect ratio of 160x96.
    assert_eq!(studio.ask(&tiles, "stream=width,height"), ["1336,300"]);
}

#[tokio::test]
async fn high_definition_may_be_left_out() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered("25", 10, &format!("{PLAYBLAST} film.mp4"));
    let facts = studio.ffmpeg.probe(&film).await.unwrap();
    let mut encoding = encoding("25", "160x096");
    encoding.with_highdef = false;
    let mut percents = Vec::new();
    let progress = |percent| percents.push(percent);
    let encoded = studio
        .ffmpeg
        .encode((&film, &facts), &encoding, studio.folder.path(), progress);
    let encoded = encoded.await.unwrap();
    assert!(encoded.highdef.is_none());
    assert_eq!(studio.numbers_of(&encoded.lowdef).len(), 10);
    assert!(percents.iter().all(|percent| *percent < 100));
}
