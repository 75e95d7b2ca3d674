//! Films and archives that are built of playlists.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, tools};

use crate::films::{Studio, wait_at_most, wait_for};
use crate::on_both;

on_both! {
    a_film_is_built_of_every_frame_and_its_sound
    texts_are_burnt_into_a_film_that_asks_for_them
    a_build_that_cannot_be_made_says_why
    a_build_that_is_deleted_is_gone
    an_archive_has_every_preview_of_the_revisions
    a_long_playlist_takes_no_more_memory_than_a_short_one
}

/// A project and a shot of `communication.sql`.
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const SHOT: &str = "cccccccc-0000-4000-8000-000000000002";

/// Sound of a second, in samples.
const SECOND: usize = 48_000;

/// A playlist of these previews, of that name.
fn playlist(studio: &Studio, name: &str, previews: &[&str]) -> String {
    let shots: Vec<Value> = previews
        .iter()
        .map(|id| json!({"entity_id": SHOT, "preview_file_id": id}))
        .collect();
    let body = json!({
        "name": name, "project_id": PROJECT, "for_entity": "shot", "shots": shots,
    });
    let made = studio.send(Request::post("/data/playlists").json(&body));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Starts a build, and returns its path.
fn start(studio: &Studio, playlist: &str) -> String {
    let build = studio.get(&format!("/data/playlists/{playlist}/build/mp4"));
    assert_eq!(build["status"], "running");
    format!(
        "/data/playlists/{playlist}/jobs/{}",
        build["id"].as_str().unwrap()
    )
}

fn ended(studio: &Studio, build: &str) -> Value {
    wait_for("the end of the build", || {
        studio.get(build)["status"] != "running"
    });
    studio.get(build)
}

/// Decodes a film, and returns what ffmpeg writes to standard output.
pub(crate) fn decoded(film: &Path, arguments: &str) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(film)
        .args(arguments.split_whitespace())
        .arg("pipe:1")
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

/// The sound of a film, in 48,000 samples a second.
fn samples(film: &Path) -> Vec<i16> {
    let bytes = decoded(film, "-map 0:a -f s16le -ac 1 -ar 48000");
    let pairs = bytes.chunks_exact(2);
    pairs
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

fn is_loud(samples: &[i16]) -> bool {
    samples.iter().any(|sample| sample.unsigned_abs() > 1000)
}

fn a_film_is_built_of_every_frame_and_its_sound(backend: Backend) {
    let Some(studio) = &Studio::open(backend, &[]) else {
        return;
    };
    let tone = "-f lavfi -i sine=frequency=440:duration=2 -c:a aac -shortest";
    let films = [
        studio.film("loud.mp4", tone),
        studio.film("portrait.mp4", "-vf scale=96:160,setsar=1"),
        studio.film("last.mp4", tone),
    ];
    let previews: Vec<String> = films
        .iter()
        .map(|film| studio.upload(film, "?normalize=false"))
        .collect();
    for id in &previews {
        studio.wait_for_status(id, "ready");
    }
    let named: Vec<&str> = previews.iter().map(String::as_str).collect();
    let playlist = playlist(studio, "Daily", &named);
    let build = start(studio, &playlist);
    let again = studio.send(Request::get(&format!(
        "/data/playlists/{playlist}/build/mp4"
    )));
    assert_eq!(again.status, 409, "{}", again.text());
    let row = ended(studio, &build);
    assert_eq!(row["status"], "succeeded", "{row}");
    assert!(
        row["message"].is_null() && row["ended_at"].is_string(),
        "{row}"
    );

    let film = studio.send(Request::get(&format!("{build}/build/mp4")));
    assert_eq!(film.status, 200);
    let name = film.header("content-disposition").unwrap();
    assert!(name.ends_with("_daily.mp4"), "{name}");
    let path = studio.folder.path().join("built.mp4");
    std::fs::write(&path, &film.body).unwrap();

    // The middle of each frame tells its number: 16 + 4 N.
    let grays = decoded(&path, "-vf crop=2:2,scale=1:1 -f rawvideo -pix_fmt gray");
    assert_eq!(grays.len(), 150, "every film has 50 frames");
    for (number, gray) in grays.iter().enumerate() {
        // Full range: what was 16 to 235 is 0 to 255.
        let expected = (number % 50 * 4) as f64 * 255.0 / 219.0;
        let difference = (f64::from(*gray) - expected).abs();
        assert!(
            difference <= 4.0,
            "frame {number} is {gray}, not {expected}"
        );
    }
    let samples = samples(&path);
    let is_loud = |from: usize, to: usize| is_loud(&samples[from..to]);
    let frame = SECOND / 25;
    assert!(is_loud(0, frame), "the sound begins with the first frame");
    assert!(is_loud(2 * SECOND - frame, 2 * SECOND));
    assert!(!is_loud(2 * SECOND + frame, 4 * SECOND - frame));
    assert!(is_loud(4 * SECOND, 4 * SECOND + frame));
    assert!(
        is_loud(6 * SECOND - frame, 6 * SECOND),
        "and lasts to the last"
    );
    assert!(samples.len() < 6 * SECOND + frame, "{}", samples.len());
}

fn texts_are_burnt_into_a_film_that_asks_for_them(backend: Backend) {
    let Some(studio) = &Studio::open(backend, &[]) else {
        return;
    };
    let film = studio.film("shot.mp4", "-pix_fmt yuv420p");
    let preview = studio.upload(&film, "?normalize=false");
    studio.wait_for_status(&preview, "ready");
    let data = json!({"data": {"frame_in": "1098"}});
    let shot = Request::put(&format!("/data/entities/{SHOT}")).json(&data);
    assert_eq!(studio.send(shot).status, 200);
    let playlist = playlist(studio, "Daily", &[&preview, &preview]);
    let path = format!("/data/playlists/{playlist}/build/mp4");
    let wrong = studio.send(Request::get(&format!("{path}?burn_in=name,watermark")));
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    assert!(wrong.text().contains("watermark"), "{}", wrong.text());
    let build = studio.get(&format!("{path}?burn_in=name,version,frame"));
    let build = build["id"].as_str().unwrap();
    let build = format!("/data/playlists/{playlist}/jobs/{build}");
    let row = ended(studio, &build);
    assert_eq!(row["status"], "succeeded", "{row}");
    let built = studio
        .send(Request::get(&format!("{build}/build/mp4")))
        .body;
    let path = studio.folder.path().join("built.mp4");
    std::fs::write(&path, built).unwrap();
    let part = |crop: &str| {
        let filters = format!("-vf crop={crop} -f rawvideo -pix_fmt gray");
        decoded(&path, &filters)
    };
    // Frames are darkest in the beginning: the name is white on the first.
    let names = part("iw/4:ih/12:0:0");
    assert!(names[..names.len() / 100].iter().any(|gray| *gray > 200));
    // 1098, 1099 and 1100 differ in their last digit, 1099 and 1100 in others.
    let digits = part("iw/24:ih/12:iw*11/12:ih*11/12");
    let frames: Vec<&[u8]> = digits.chunks_exact(digits.len() / 100).collect();
    let difference = |one: usize, other: usize| {
        let pairs = frames[one].iter().zip(frames[other]);
        pairs
            .map(|(one, other)| one.abs_diff(*other))
            .max()
            .unwrap()
    };
    assert!(difference(0, 1) < 60, "{}", difference(0, 1));
    assert!(difference(1, 2) > 100, "{}", difference(1, 2));
    // The second film is counted from its first frame again.
    assert!(difference(0, 50) < 60, "{}", difference(0, 50));
}

fn a_build_that_cannot_be_made_says_why(backend: Backend) {
    let Some(studio) = &Studio::open(backend, &[]) else {
        return;
    };
    let empty = playlist(studio, "Empty", &[]);
    let row = ended(studio, &start(studio, &empty));
    assert_eq!(row["status"], "failed");
    assert_eq!(row["message"], "no preview of the playlist is a film");
    let broken = studio.folder.path().join("broken.mp4");
    std::fs::write(&broken, b"no film at all").unwrap();
    let preview = studio.upload(&broken, "");
    studio.wait_for_status(&preview, "broken");
    let playlist = playlist(studio, "Daily", &[&preview]);
    let row = ended(studio, &start(studio, &playlist));
    assert_eq!(row["status"], "failed");
    let message = row["message"].as_str().unwrap();
    assert!(
        message.contains("_v1.mp4: "),
        "it names the film: {message}"
    );
}

fn a_build_that_is_deleted_is_gone(backend: Backend) {
    let Some(mut opened) = Studio::open(backend, &[]) else {
        return;
    };
    let studio = &opened;
    let preview = studio.upload(&studio.film("film.mp4", ""), "?normalize=false");
    studio.wait_for_status(&preview, "ready");
    let playlist = playlist(studio, "Daily", &[&preview]);
    let build = start(studio, &playlist);
    let gone = studio.send(Request::delete(&build));
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert_eq!(studio.send(Request::get(&build)).status, 404);
    // The job of the first has ended, so that a second may begin.
    wait_for("the end of the first build", || {
        let path = format!("/data/playlists/{playlist}/build/mp4");
        studio.send(Request::get(&path)).status == 200
    });
    let builds = studio.get(&format!("/data/projects/{PROJECT}/playlists/{playlist}"));
    let builds = builds["build_jobs"].as_array().unwrap();
    assert_eq!(builds.len(), 1, "{builds:?}");
    let second = format!(
        "/data/playlists/{playlist}/jobs/{}",
        builds[0]["id"].as_str().unwrap()
    );
    assert_eq!(ended(studio, &second)["status"], "succeeded");
    let film = format!("{second}/build/mp4");
    assert_eq!(studio.send(Request::get(&film)).status, 200);
    assert_eq!(studio.stored("movies/playlists").len(), 1);
    studio.send(Request::delete(&second));
    assert_eq!(studio.send(Request::get(&film)).status, 404);
    // Files are swept when the server starts, and every five minutes.
    crate::jobs::kill(&mut opened.server);
    opened.server.start_again().unwrap();
    wait_for("the sweep", || opened.stored("movies/playlists").is_empty());
}

fn an_archive_has_every_preview_of_the_revisions(backend: Backend) {
    let Some(studio) = &Studio::open(backend, &[]) else {
        return;
    };
    let Some(python) = tools::or_skip(tools::program("python3"), "archives", "python3") else {
        return;
    };
    let film = studio.film("film.mp4", "");
    let other = studio.film("other.mp4", "");
    let first = studio.upload(&film, "?normalize=false");
    let second = studio.upload(&other, "?normalize=false");
    for id in [&first, &second] {
        studio.wait_for_status(id, "ready");
    }
    let playlist = playlist(studio, "Daily", &[&first]);
    let packed = studio.send(Request::get(&format!(
        "/data/playlists/{playlist}/download/zip"
    )));
    assert_eq!(packed.status, 200);
    let length: usize = packed.header("content-length").unwrap().parse().unwrap();
    assert_eq!(length, packed.body.len());
    let path = studio.folder.path().join("packed.zip");
    std::fs::write(&path, &packed.body).unwrap();
    let script = "import sys, zipfile\n\
                  packed = zipfile.ZipFile(sys.argv[1])\n\
                  assert packed.testzip() is None\n\
                  for file in packed.infolist(): print(file.filename, file.file_size)";
    let output = Command::new(python)
        .args(["-c", script])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let listed = String::from_utf8(output.stdout).unwrap();
    let listed: Vec<&str> = listed.lines().collect();
    let size = std::fs::metadata(&film).unwrap().len();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(
        listed[0].ends_with(&format!("_v1.mp4 {size}")),
        "{listed:?}"
    );
    assert!(listed[1].starts_with("0001_"), "{listed:?}");
}

/// Resident memory of the processes that a process started, and of those that
/// they started, in bytes.
fn memory_of_children(id: u32) -> u64 {
    let mut processes = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        // `ID (NAME) STATE PARENT …`, the resident pages in column 24.
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((head, rest)) = stat.rsplit_once(") ") else {
            continue;
        };
        let columns: Vec<&str> = rest.split(' ').collect();
        let own = head.split(' ').next().and_then(|id| id.parse::<u32>().ok());
        let parent = columns.get(1).and_then(|id| id.parse::<u32>().ok());
        let pages = columns.get(21).and_then(|pages| pages.parse::<u64>().ok());
        processes.extend(own.zip(parent).zip(pages));
    }
    let mut family = vec![id];
    let mut memory = 0;
    while let Some(parent) = family.pop() {
        for ((child, _), pages) in processes.iter().filter(|((_, of), _)| *of == parent) {
            family.push(*child);
            memory += pages * 4096;
        }
    }
    memory
}

fn a_long_playlist_takes_no_more_memory_than_a_short_one(backend: Backend) {
    let Some(studio) = &Studio::open(backend, &[]) else {
        return;
    };
    if !Path::new("/proc/self/stat").exists() {
        return;
    }
    let tone = "-f lavfi -i sine=frequency=440:duration=2 -c:a aac -shortest";
    let preview = studio.upload(&studio.film("film.mp4", tone), "?normalize=false");
    studio.wait_for_status(&preview, "ready");
    let peak = |name: &str, shots: usize| {
        let playlist = playlist(studio, name, &vec![preview.as_str(); shots]);
        let build = start(studio, &playlist);
        let peak = AtomicU64::new(0);
        wait_at_most(Duration::from_secs(600), "the end of the build", || {
            peak.fetch_max(
                memory_of_children(studio.server.process_id()),
                Ordering::Relaxed,
            );
            studio.get(&build)["status"] != "running"
        });
        assert_eq!(studio.get(&build)["status"], "succeeded");
        let film = studio.send(Request::get(&format!("{build}/build/mp4")));
        let path = studio.folder.path().join("built.mp4");
        std::fs::write(&path, &film.body).unwrap();
        let frames = decoded(&path, "-map 0:v -vf scale=2:2 -f rawvideo -pix_fmt gray");
        assert_eq!(frames.len(), shots * 50 * 4, "every frame of {shots} films");
        let (samples, frame) = (samples(&path), SECOND / 25);
        let end = shots * 2 * SECOND;
        assert!(is_loud(&samples[..frame]) && is_loud(&samples[end - frame..end]));
        assert!(samples.len() < end + frame, "{}", samples.len());
        peak.into_inner()
    };
    let shots = std::env::var("TANUKI_TEST_SHOTS").map_or(8, |text| text.parse().unwrap());
    let short = peak("Short", 2);
    let long = peak("Long", shots);
    eprintln!(
        "{} MB for 2 shots, {} MB for {shots}",
        short >> 20,
        long >> 20
    );
    assert!(long < short + short / 2, "{long} bytes, not {short}");
}
