//! Films are shown in their shape.

use crate::kit::{SIZE, Studio, encoding};

#[tokio::test]
async fn a_turned_film_stands_upright() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    studio.numbered("25", 5, "-c:v libx264 -pix_fmt yuv420p flat.mp4");
    let film = studio.make("-i flat.mp4 -c copy -metadata:s:v rotate=90 film.mp4");
    let facts = studio.ffmpeg.probe(&film).await.unwrap();
    if facts.video.size == (160, 96) {
        // Newer versions have another option.
        studio.make("-display_rotation 90 -i flat.mp4 -c copy film.mp4");
    }
    let (made, encoded) = studio
        .encode_as(&film, encoding("25", "192x108"))
        .await
        .unwrap();
    assert_eq!(made.video.size, (108, 180));
    assert_eq!(
        studio.ask(&encoded.lowdef, "stream=width,height")[0],
        "108,180"
    );
}

#[tokio::test]
async fn oblong_pixels_become_square() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered(
        "25",
        5,
        "-vf setsar=2 -c:v libx264 -pix_fmt yuv420p film.mp4",
    );
    let facts = studio.ffmpeg.probe(&film).await.unwrap();
    assert_eq!(facts.video.size, (320, 96));
    let (made, encoded) = studio
        .encode_as(&film, encoding("25", "320x180"))
        .await
        .unwrap();
    assert_eq!(made.video.size, (320, 180));
    // Black above and below.
    let pixels = studio.read(
        &encoded.highdef.unwrap(),
        &["-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo"],
    );
    let bottom = pixels[170 * 320 + 160];
    assert!(bottom < 20, "{bottom}");
}

#[tokio::test]
async fn odd_sizes_and_deep_colours_become_films_that_browsers_play() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let scale = |size: &str| format!("-vf scale={size},format=yuv444p10le -c:v libx264 film.mp4");
    for (size, resolution) in [
        ("161:97", "161x097"),
        ("67:131", "x101"),
        ("2:2", "160x100"),
    ] {
        let film = studio.numbered("25", 3, &scale(size));
        let encoding = encoding("25", resolution);
        let (made, encoded) = studio.encode_as(&film, encoding).await.unwrap();
        assert_eq!(
            (made.video.size.0 % 2, made.video.size.1 % 2),
            (0, 0),
            "{size}"
        );
        let format = studio.ask(&encoded.highdef.unwrap(), "stream=pix_fmt");
        assert_eq!(format[0], "yuv420p");
    }
}

#[tokio::test]
async fn a_film_of_one_frame_has_one_frame() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let film = studio.numbered("25", 1, "-c:v libx264 -pix_fmt yuv420p film.mp4");
    let (made, encoded) = studio.encode(&film, "25").await.unwrap();
    assert_eq!(
        (made.video.frames, made.video.size),
        (Some(1), (SIZE.0 as u32, SIZE.1 as u32))
    );
    assert_eq!(studio.numbers_of(&encoded.lowdef), [0]);
}
