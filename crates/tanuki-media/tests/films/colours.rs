//! Colours are those of the source.

use std::path::Path;

use crate::kit::{Studio, encoding};

const BARS: [[u8; 3]; 8] = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
    [128, 128, 128],
    [16, 64, 192],
    [200, 150, 100],
    [0, 0, 0],
];

/// The input of a film of eight bars, 32 pixels wide each.
fn bars() -> String {
    let colours = BARS.iter().enumerate().map(|(number, [r, g, b])| {
        format!("color=0x{r:02x}{g:02x}{b:02x}:s=32x128:r=25:d=0.4,format=gbrp[c{number}];")
    });
    let inputs: String = (0..BARS.len())
        .map(|number| format!("[c{number}]"))
        .collect();
    let colours: String = colours.collect();
    format!("-f lavfi -i {colours}{inputs}hstack=inputs=8")
}

/// The greatest difference of a channel from the bars, in the middle of each.
fn difference(pixels: &[u8], width: usize, height: usize) -> u8 {
    let bar = width / BARS.len();
    let differences = BARS.iter().enumerate().flat_map(|(number, colour)| {
        let pixel = ((height / 2) * width + number * bar + bar / 2) * 3;
        let own = &pixels[pixel..pixel + 3];
        own.iter()
            .zip(colour)
            .map(|(own, wanted)| own.abs_diff(*wanted))
            .collect::<Vec<_>>()
    });
    differences.max().unwrap()
}

async fn check(studio: &Studio, film: &Path) {
    let (made, encoded) = studio
        .encode_as(film, encoding("25", "256x128"))
        .await
        .unwrap();
    let highdef = encoded.highdef.unwrap();
    let tags = studio.ask(
        &highdef,
        "stream=color_range,color_space,color_transfer,color_primaries",
    );
    assert_eq!(tags[0], "tv,bt709,bt709,bt709", "{}", film.display());
    // As a browser reads it: BT.709, whatever ffmpeg would guess.
    let filter = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc:flags=accurate_rnd+full_chroma_int,format=rgb24";
    let arguments = ["-vf", filter, "-frames:v", "1", "-f", "rawvideo"];
    for path in [&highdef, &encoded.lowdef] {
        let off = difference(&studio.read(path, &arguments), 256, 128);
        assert!(off <= 3, "{}: {off}", film.display());
    }
    let frame = studio
        .ffmpeg
        .extract_frame((&highdef, &made), 3, studio.folder.path());
    let pixels = studio.read(
        &frame.await.unwrap(),
        &["-pix_fmt", "rgb24", "-f", "rawvideo"],
    );
    let off = difference(&pixels, 256, 128);
    assert!(off <= 3, "the picture of {}: {off}", film.display());
}

#[tokio::test]
async fn colours_are_kept_of_every_kind_of_source() {
    let Some(studio) = Studio::open().await else {
        return;
    };
    let matrix = |name: &str, range: &str| {
        format!(
            "-vf scale=out_color_matrix={name}:out_range={range}:flags=accurate_rnd+full_chroma_int"
        )
    };
    let sources = [
        "-c:v png -pix_fmt rgb24 rgb.mov".to_owned(),
        "-c:v libx264rgb -qp 0 rgb.mp4".to_owned(),
        // Untagged, as ffmpeg makes them by default.
        format!(
            "{},format=yuv444p -c:v libx264 -qp 1 untagged.mp4",
            matrix("bt601", "tv")
        ),
        format!(
            "{},format=yuv444p -c:v libx264 -qp 1 -colorspace bt709 -color_primaries bt709 -color_trc bt709 hd.mp4",
            matrix("bt709", "tv")
        ),
        format!(
            "{},format=yuvj444p -c:v mjpeg -q:v 1 -color_range pc full.mov",
            matrix("bt601", "pc")
        ),
        format!(
            "{},format=yuv422p10le,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709 -c:v prores_ks -profile:v 3 -colorspace bt709 -color_primaries bt709 -color_trc bt709 prores.mov",
            matrix("bt709", "tv")
        ),
    ];
    for source in sources {
        let film = studio.make(&format!("{} {source}", bars()));
        check(&studio, &film).await;
    }
}
