//! `--files`: how fast pictures and films are stored and served, beside the
//! reference, `vipsthumbnail` and nginx. Writes `docs/benchmarks-files.md`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde_json::json;

use crate::Bench;
use crate::client::{Connection, Request, Upload, load};
use crate::measure::CLIENTS;
use crate::process::{Process, free_address};
use crate::report::{Machine, megabytes};
use crate::servers::{Kind, Server};
use crate::studio::Studio;

/// Pictures that are uploaded, and how many of them at once.
const PICTURES: usize = 16;
const AT_ONCE: usize = 2;

/// Size of the film, in bytes, and how often it is downloaded.
const FILM: u64 = 2 << 30;
const DOWNLOADS: usize = 3;

/// Bytes of a range request.
const RANGE: u64 = 64 << 10;

/// How long the reference may take for the upload of the film.
const UPLOAD_WAIT: Duration = Duration::from_secs(180);

/// How long a stored film may take until it is served.
const FILM_WAIT: Duration = Duration::from_secs(120);

/// One line of the report: a value for each server, and for the program that
/// does nothing else.
#[derive(Debug)]
struct Line {
    name: &'static str,
    unit: &'static str,
    reference: Reference,
    tanuki: f64,
    /// `vipsthumbnail` or nginx.
    other: Option<(&'static str, f64)>,
    /// The most memory that Tanuki's process had meanwhile, in bytes.
    peak: u64,
}

/// What the reference does.
#[derive(Debug, Clone, Copy)]
enum Reference {
    NotMeasured,
    /// It broke off.
    Fails,
    Does(f64),
}

/// The files that are uploaded.
struct Samples {
    folder: PathBuf,
}

/// Measures on PostgreSQL, and writes the report.
pub async fn measure(bench: &Bench) -> Result<()> {
    let Bench { tanuki, studio, .. } = bench;
    let samples = Samples::make(&tanuki.folder)?;
    let nginx = nginx(&tanuki.folder).await?;
    let ours = bench.tanuki()?;
    let mut servers = bench.servers.iter();
    let reference = servers.find(|server| server.kind == Kind::Reference);
    let mut lines = Vec::new();
    for (name, file) in [
        ("a 4K PNG, its thumbnails made", samples.file("4k.png")),
        (
            "a 24 MP JPEG, its thumbnails made",
            samples.file("24mp.jpg"),
        ),
    ] {
        eprintln!("{name} …");
        ours.process.reset_peak_memory()?;
        let rate = async |server: &Server| pictures(server, studio, &file).await;
        lines.push(Line {
            name,
            unit: "pictures a second",
            reference: optionally(reference, &rate).await,
            tanuki: rate(ours).await?,
            other: Some(("vipsthumbnail", vips(&file, &tanuki.folder)?)),
            peak: ours.process.peak_memory(),
        });
    }
    let film = samples.file("film.mp4");
    eprintln!("a film of 2 GiB …");
    // The reference makes tiles of the film before it answers.
    let mut kept = None;
    let uploaded = match reference {
        Some(server) => {
            let upload = upload_film(server, studio, &film);
            match tokio::time::timeout(UPLOAD_WAIT, upload).await {
                Ok(Ok((speed, id))) => {
                    kept = Some(id);
                    Reference::Does(speed)
                }
                Ok(Err(error)) => failed(&error),
                Err(_) => failed(&anyhow!("no answer within {} s", UPLOAD_WAIT.as_secs())),
            }
        }
        None => Reference::NotMeasured,
    };
    ours.process.reset_peak_memory()?;
    let (speed, id) = upload_film(ours, studio, &film).await?;
    let put = Upload::put("/put/film.mp4", &film)?;
    lines.push(Line {
        name: "upload of a film of 2 GiB",
        unit: "MB/s",
        reference: uploaded,
        tanuki: speed,
        other: Some(("nginx", uploading(nginx.address, &put).await?)),
        peak: ours.process.peak_memory(),
    });
    let path = |id: &str| format!("/movies/originals/preview-files/{id}.mp4");
    let get = |server: &Server, id: &str| (server.address(), path(id), server.token.clone());
    let asked = reference
        .zip(kept.as_ref())
        .map(|(server, id)| get(server, id));
    let alone = (nginx.address, "/film.mp4".to_owned(), String::new());
    let ours_asked = get(ours, &id);
    ours.process.reset_peak_memory()?;
    lines.push(Line {
        name: "download of it",
        unit: "MB/s",
        reference: optionally(asked.as_ref(), &async |asked: &_| download(asked).await).await,
        tanuki: download(&ours_asked).await?,
        other: Some(("nginx", download(&alone).await?)),
        peak: ours.process.peak_memory(),
    });
    ours.process.reset_peak_memory()?;
    lines.push(Line {
        name: "ranges of 64 KiB of it",
        unit: "requests a second",
        reference: optionally(asked.as_ref(), &async |asked: &_| ranges(asked).await).await,
        tanuki: ranges(&ours_asked).await?,
        other: Some(("nginx", ranges(&alone).await?)),
        peak: ours.process.peak_memory(),
    });
    let report = markdown(&bench.machine()?, &lines);
    print!("{report}");
    std::fs::write(bench.docs.join("benchmarks-files.md"), report)?;
    Ok(())
}

/// Measures the reference, if it is there. That it fails is a result.
async fn optionally<T>(server: Option<&T>, measure: &impl AsyncFn(&T) -> Result<f64>) -> Reference {
    let Some(server) = server else {
        return Reference::NotMeasured;
    };
    match measure(server).await {
        Ok(value) => Reference::Does(value),
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> Reference {
    eprintln!("{}: {error}", Kind::Reference.name());
    Reference::Fails
}

impl Samples {
    /// Makes pictures and a film with ffmpeg: a fractal with grain, which
    /// compresses as a rendered frame does.
    fn make(folder: &Path) -> Result<Self> {
        let folder = folder.join("samples");
        std::fs::create_dir_all(&folder)?;
        let samples = Self { folder };
        let grain = |size| format!("mandelbrot=s={size}:start_scale=0.6,noise=alls=6:allf=t");
        let still = ["-frames:v", "1"];
        samples.ffmpeg(&grain("3840x2160"), &still, "4k.png")?;
        samples.ffmpeg(
            &grain("6000x4000"),
            &[&still[..], &["-q:v", "3"]].concat(),
            "24mp.jpg",
        )?;
        let coded = [
            "-t",
            "4",
            "-pix_fmt",
            "yuv420p",
            "-b:v",
            "60M",
            "-preset",
            "ultrafast",
        ];
        samples.ffmpeg(&grain("1920x1080"), &coded, "part.mp4")?;
        samples.repeat("part.mp4", "film.mp4")?;
        Ok(samples)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn ffmpeg(&self, source: &str, arguments: &[&str], name: &str) -> Result<()> {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-y", "-f", "lavfi", "-i", source]);
        run(command.args(arguments).arg(self.file(name)))
    }

    /// Makes a film of [`FILM`] bytes from a short one, without encoding it
    /// again.
    fn repeat(&self, part: &str, name: &str) -> Result<()> {
        let part = self.file(part);
        let times = FILM / std::fs::metadata(&part)?.len();
        let mut command = Command::new("ffmpeg");
        command.args([
            "-v",
            "error",
            "-y",
            "-stream_loop",
            &times.to_string(),
            "-i",
        ]);
        command
            .arg(part)
            .args(["-c", "copy", "-fs", &FILM.to_string()]);
        run(command.arg(self.file(name)))
    }
}

/// Runs a program to its end.
///
/// # Errors
/// If it is not installed or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_owned();
    let ended = command
        .status()
        .with_context(|| format!("{} is needed", program.display()))?;
    ensure!(ended.success(), "{}: {ended}", program.display());
    Ok(())
}

/// Makes a preview without a file, and returns its id.
pub async fn new_preview(server: &Server, studio: &Studio) -> Result<String> {
    let mut connection = Connection::open(server.address()).await?;
    let task = &studio.facts.task;
    let comment = json!({"task_status_id": studio.facts.status, "comment": "a preview"});
    let path = format!("/actions/tasks/{task}/comment");
    let id = created(&mut connection, server, &path, &comment).await?;
    let path = format!("/actions/tasks/{task}/comments/{id}/add-preview");
    created(&mut connection, server, &path, &json!({})).await
}

async fn created(
    connection: &mut Connection,
    server: &Server,
    path: &str,
    body: &serde_json::Value,
) -> Result<String> {
    let request = Request::new("POST", path, &server.token, Some(body));
    let (status, answer) = connection.json(&request).await?;
    match answer["id"].as_str() {
        Some(id) => Ok(id.to_owned()),
        None => bail!("{}: {path} was answered {status}", server.kind.name()),
    }
}

/// Uploads a picture again and again, [`AT_ONCE`] at a time, each answered when
/// its thumbnails are made. Returns how many a second.
async fn pictures(server: &Server, studio: &Studio, file: &Path) -> Result<f64> {
    let mut uploads = Vec::with_capacity(PICTURES);
    for _ in 0..PICTURES {
        let id = new_preview(server, studio).await?;
        let path = format!("/pictures/preview-files/{id}?no_job=true");
        uploads.push(Upload::form(&path, &server.token, file)?);
    }
    let begun = Instant::now();
    let parts = uploads.chunks(PICTURES.div_ceil(AT_ONCE));
    let sent = parts.map(async |part| {
        for upload in part {
            uploading(server.address(), upload).await?;
        }
        anyhow::Ok(())
    });
    futures_util::future::try_join_all(sent).await?;
    Ok(PICTURES as f64 / begun.elapsed().as_secs_f64())
}

/// Has `vipsthumbnail` make the same thumbnails, and `vips` the PNG that is
/// kept of a JPEG, [`AT_ONCE`] pictures at a time. Returns how many pictures a
/// second.
fn vips(file: &Path, folder: &Path) -> Result<f64> {
    let make = |number: usize| -> Result<()> {
        let out = |name: &str| folder.join(format!("vips-{number}-{name}.png"));
        for size in ["150x100", "100x100", "1200x"] {
            let mut command = Command::new("vipsthumbnail");
            command.arg(file).args(["-s", size, "-o"]).arg(out(size));
            run(command.env("VIPS_CONCURRENCY", "1"))?;
        }
        if file.extension().is_some_and(|extension| extension == "jpg") {
            let mut command = Command::new("vips");
            command.arg("copy").arg(file).arg(out("original"));
            run(command.env("VIPS_CONCURRENCY", "1"))?;
        }
        Ok(())
    };
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|number| {
                scope.spawn(move || (0..PICTURES / AT_ONCE).try_for_each(|_| make(number)))
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| bail!("a thread panicked")))
    })?;
    Ok(PICTURES as f64 / begun.elapsed().as_secs_f64())
}

/// Uploads a film that is kept as it is, and waits until it is served. Returns
/// the speed of the upload and the id of its preview.
async fn upload_film(server: &Server, studio: &Studio, file: &Path) -> Result<(f64, String)> {
    let id = new_preview(server, studio).await?;
    let path = format!("/pictures/preview-files/{id}?normalize=false");
    let upload = Upload::form(&path, &server.token, file)?;
    let speed = uploading(server.address(), &upload).await?;
    let path = format!("/movies/originals/preview-files/{id}.mp4");
    let first = Request::get(&path, &server.token).range(0, 0);
    let begun = Instant::now();
    loop {
        let mut connection = Connection::open(server.address()).await?;
        match connection.send(&first).await?.status {
            200 | 206 => return Ok((speed, id)),
            status if begun.elapsed() > FILM_WAIT => {
                bail!("{}: the film is answered {status}", server.kind.name())
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Sends a file. Returns MB/s.
async fn uploading(address: SocketAddr, upload: &Upload) -> Result<f64> {
    let mut connection = Connection::open(address).await?;
    let answer = connection.upload(upload).await?;
    ensure!(
        (200..300).contains(&answer.status),
        "an upload was answered {}",
        answer.status
    );
    Ok(megabytes(upload.bytes()) / answer.time.as_secs_f64())
}

/// Downloads a file: the median of [`DOWNLOADS`], in MB/s.
async fn download((address, path, token): &(SocketAddr, String, String)) -> Result<f64> {
    let mut speeds = Vec::with_capacity(DOWNLOADS);
    for _ in 0..DOWNLOADS {
        let mut connection = Connection::open(*address).await?;
        let answer = connection.send(&Request::get(path, token)).await?;
        ensure!(
            answer.status == 200,
            "{path} was answered {}",
            answer.status
        );
        speeds.push(megabytes(answer.bytes as u64) / answer.time.as_secs_f64());
    }
    speeds.sort_by(f64::total_cmp);
    Ok(speeds[DOWNLOADS / 2])
}

/// Asks for other parts of a film in turn, [`CLIENTS`] at a time. Returns how
/// many a second.
async fn ranges((address, path, token): &(SocketAddr, String, String)) -> Result<f64> {
    let request = Request::get(path, token);
    let next = move |number: usize| {
        // Far from one another, as a seeking player asks.
        let place = (number as u64).wrapping_mul(0x9E37_79B9) % (FILM / 2);
        request.clone().range(place, place + RANGE - 1)
    };
    let run = load(*address, CLIENTS, Duration::from_secs(3), next).await?;
    Ok(run.per_second())
}

/// Starts an nginx that serves the samples, and stores what is PUT.
async fn nginx(folder: &Path) -> Result<Process> {
    let address = free_address()?;
    let (samples, at) = (folder.join("samples"), folder.join("nginx"));
    std::fs::create_dir_all(at.join("put"))?;
    // The user is that of the benchmark: nginx ignores it unless that is root.
    let configuration = format!(
        "user root; daemon off; worker_processes 2; pid {at}/pid; error_log stderr warn;\n\
         events {{}}\n\
         http {{ access_log off; sendfile on; client_max_body_size 0; keepalive_requests 1000000000;\n\
         client_body_temp_path {at}/body; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f;\n\
         uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n\
         server {{ listen {address}; root {samples};\n\
         location /put/ {{ root {at}; dav_methods PUT; }} }} }}\n",
        at = at.display(),
        samples = samples.display()
    );
    let file = at.join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&file);
    Process::start(command, address, &folder.join("nginx.log"))
        .await
        .context("nginx is needed (Debian: nginx-light)")
}

fn markdown(machine: &Machine, lines: &[Line]) -> String {
    let mut out = String::new();
    let _infallible = writeln!(
        out,
        "# Benchmarks of pictures and films\n\n\
         Written by `cargo run --release -p bench -- --files`. One machine, which makes the load as \
         well; Zou and Tanuki on one PostgreSQL, each with a folder of its own on one disk. Pictures are uploaded \
         {AT_ONCE} at a time and answered once their thumbnails are made (150x100, 100x100, 1200 wide; of a \
         JPEG the PNG that is kept as well); `vipsthumbnail` makes the same files, {AT_ONCE} processes at a time, without a \
         server. The film is kept as it is; nginx serves the same file, and stores it with PUT. Memory is the most \
         that Tanuki's process had meanwhile.\n\n{}\n\n\
         | | unit | Zou | Tanuki | other | times Zou | of the other | memory |\n\
         |---|---|---:|---:|---:|---:|---:|---:|",
        machine.line()
    );
    let number = |value: f64| format!("{value:.*}", usize::from(value < 100.0));
    for line in lines {
        let (reference, times) = match line.reference {
            Reference::NotMeasured => ("not measured".into(), String::new()),
            Reference::Fails => ("breaks off".into(), String::new()),
            Reference::Does(value) => (number(value), format!("{:.1}", line.tanuki / value)),
        };
        let (other, part) = line.other.map_or_else(Default::default, |(name, value)| {
            let part = format!("{:.2}", line.tanuki / value);
            (format!("{name} {}", number(value)), part)
        });
        let _infallible = writeln!(
            out,
            "| {} | {} | {reference} | {} | {other} | {times} | {part} | {:.0} MB |",
            line.name,
            line.unit,
            number(line.tanuki),
            megabytes(line.peak)
        );
    }
    out
}
