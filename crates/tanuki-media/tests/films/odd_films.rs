//! Files that are no films, or damaged ones: a reason, and nothing else read.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use tanuki_media::child::Limits;
use tanuki_media::film::{Ffmpeg, FilmError, Programs};

use crate::kit::{Studio, numbers};

async fn refused(studio: &Studio, name: &str) -> String {
    match studio.encode(&studio.path(name), "25").await {
        Err(FilmError::Unusable(reason)) => reason,
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_no_film_is_refused_with_a_reason() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    std::fs::write(studio.path("empty.mp4"), "").unwrap();
    std::fs::write(studio.path("text.mp4"), "no film at all\n".repeat(200)).unwrap();
    for name in ["empty.mp4", "text.mp4"] {
        assert!(
            refused(&studio, name).await.contains("Invalid data"),
            "{name}"
        );
    }
    studio.make("-f lavfi -i sine=d=1 -c:a aac sound.mp4");
    assert!(refused(&studio, "sound.mp4").await.contains("no picture"));
    studio.make("-f lavfi -i color=red:s=64x64 -frames:v 1 cover.png");
    studio.make(
        "-f lavfi -i sine=d=1 -i cover.png -map 0 -map 1 -c:a aac -c:v png -disposition:v attached_pic covered.mp4",
    );
    assert!(refused(&studio, "covered.mp4").await.contains("no picture"));
    // Its index is at the end, which is missing.
    let film = studio.numbered("25", 50, "-c:v libx264 -pix_fmt yuv420p whole.mp4");
    let bytes = std::fs::read(film).unwrap();
    std::fs::write(studio.path("cut.mp4"), &bytes[..bytes.len() / 2]).unwrap();
    refused(&studio, "cut.mp4").await;
}

#[tokio::test]
async fn a_playlist_opens_no_other_file() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let secret = studio.numbered("25", 5, "-c:v mpeg2video secret.ts");
    let list = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
        secret.display()
    );
    std::fs::write(studio.path("list.mp4"), list).unwrap();
    std::fs::write(
        studio.path("joined.mp4"),
        "ffconcat version 1.0\nfile secret.ts\n",
    )
    .unwrap();
    for name in ["list.mp4", "joined.mp4"] {
        refused(&studio, name).await;
    }
}

#[tokio::test]
async fn a_film_that_was_cut_off_keeps_the_frames_it_has() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered(
        "25",
        100,
        "-c:v libx264 -g 10 -bf 0 -pix_fmt yuv420p whole.mkv",
    );
    let bytes = std::fs::read(film).unwrap();
    std::fs::write(studio.path("cut.mkv"), &bytes[..bytes.len() / 2]).unwrap();
    let (_, encoded) = studio.encode(&studio.path("cut.mkv"), "25").await.unwrap();
    let numbers = studio.numbers_of(&encoded.highdef.unwrap());
    let count = numbers.len() as u32;
    assert!((10..100).contains(&count), "{count}");
    assert_eq!(numbers, (0..count).collect::<Vec<_>>());
}

#[tokio::test]
async fn data_streams_and_forty_streams_are_no_obstacle() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    // A timecode is a data stream of QuickTime.
    let film = studio.numbered(
        "24",
        10,
        "-c:v libx264 -pix_fmt yuv420p -timecode 01:00:00:00 film.mov",
    );
    assert_eq!(studio.ask(&film, "stream=codec_type"), ["video", "data"]);
    let (_, encoded) = studio.encode(&film, "24").await.unwrap();
    let kinds = studio.ask(&encoded.highdef.unwrap(), "stream=codec_type");
    assert_eq!(kinds, ["video", "audio"]);
    let maps = "-map 1:a ".repeat(40);
    let film = studio.make(&format!(
        "{} -f lavfi -i anullsrc=d=0.4 -map 0:v {maps} -c:v libx264 -pix_fmt yuv420p -c:a pcm_s16le many.mov",
        numbers("25", 10)
    ));
    let (made, _) = studio.encode(&film, "25").await.unwrap();
    assert_eq!((made.audio.len(), made.video.frames), (16, Some(10)));
}

#[tokio::test]
async fn a_program_that_hangs_is_killed_with_its_children() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered("25", 3, "-c:v libx264 -pix_fmt yuv420p film.mp4");
    let facts = studio.ffmpeg.probe(&film).await.unwrap();
    let script = studio.path("ffmpeg.sh");
    let real = studio.ffmpeg.path().display();
    let pid = studio.path("pid");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *filter_complex*) sleep 600 & echo $! > {}; wait;; *) exec {real} \"$@\";; esac\n",
        pid.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let programs = Programs {
        ffmpeg: Some(script),
        ffprobe: None,
    };
    let limits = Limits {
        time: Duration::from_secs(1),
        ..Limits::default()
    };
    let hanging = Ffmpeg::find(&programs, limits).await.unwrap();
    let started = Instant::now();
    let encoding = crate::kit::encoding("25", "160x096");
    let ended = hanging
        .encode((&film, &facts), &encoding, studio.folder.path(), |_| {})
        .await;
    assert!(matches!(ended, Err(FilmError::Temporary(_))), "{ended:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
    let pid = std::fs::read_to_string(pid).unwrap();
    let is_alive = || {
        std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
            .is_ok_and(|stat| !stat.contains(") Z"))
    };
    for _ in 0..50 {
        if !is_alive() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the child of the program is alive");
}

#[tokio::test]
async fn the_environment_of_the_server_is_not_the_programs() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let script = studio.path("ffmpeg.sh");
    let seen = studio.path("seen");
    let real = studio.ffmpeg.path().display();
    let text = format!("#!/bin/sh\nenv >> {}\nexec {real} \"$@\"\n", seen.display());
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let programs = Programs {
        ffmpeg: Some(script),
        ffprobe: None,
    };
    Ffmpeg::find(&programs, Limits::default()).await.unwrap();
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("PATH=") && !seen.contains("CARGO"), "{seen}");
}

#[tokio::test]
async fn a_file_that_grows_too_long_ends_the_run() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered("25", 100, "-c:v libx264 -pix_fmt yuv420p film.mp4");
    let facts = studio.ffmpeg.probe(&film).await.unwrap();
    let limits = Limits {
        file_size: 10_000,
        ..Limits::default()
    };
    let small = Ffmpeg::find(&Programs::default(), limits).await.unwrap();
    let encoding = crate::kit::encoding("25", "x1000");
    let ended = small
        .encode((&film, &facts), &encoding, studio.folder.path(), |_| {})
        .await;
    assert!(matches!(ended, Err(FilmError::Temporary(_))), "{ended:?}");
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let programs = Programs {
        ffmpeg: Some("/nowhere/ffmpeg".into()),
        ffprobe: None,
    };
    let missing = Ffmpeg::find(&programs, Limits::default())
        .await
        .unwrap_err();
    assert_eq!(missing, "/nowhere/ffmpeg is no file");
}
