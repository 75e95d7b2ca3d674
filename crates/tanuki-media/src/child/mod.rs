//! Child processes with limits: ffmpeg and ffprobe, and this executable itself
//! where it draws a document.

mod launch;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;

pub use launch::run_as_child;

/// Why a child process did not do its work. The message is for people.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It exited with a failure; another try would end in the same way.
    #[error("{0}")]
    Failed(String),
    /// It may work later.
    #[error("{0}")]
    Temporary(String),
}

impl From<io::Error> for ChildError {
    fn from(error: io::Error) -> Self {
        Self::Temporary(format!("a file cannot be read or written: {error}"))
    }
}

/// How much of the end of what a program says on standard error is kept, in
/// bytes.
const REASON: usize = 1024;

/// Environment variables that a child process gets. The others hold secrets of
/// the server.
const ENVIRONMENT: [&str; 5] = ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "SystemRoot", "TEMP"];

/// Limits of one run of a program.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The run is killed after this time.
    pub time: Duration,
    /// The size of a file that it may write, in bytes; enforced on Linux.
    pub file_size: u64,
    /// The memory that it may map, in bytes; enforced on Linux. `None`: no limit.
    pub memory: Option<u64>,
    /// The increment of the scheduling priority (`nice`), 0 to 19.
    pub niceness: i32,
    /// Whether the run is killed when this process ends, on Linux. Its executable
    /// calls [`run_as_child`].
    pub is_bound: bool,
}

impl Default for Limits {
    /// An hour, files of 64 GiB and a niceness of 10, not bound to this process.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60 * 60),
            file_size: 64 << 30,
            memory: None,
            niceness: 10,
            is_bound: false,
        }
    }
}

/// Runs a program in a folder, and ignores what it writes to standard output. The
/// program and its children are killed when the future is dropped.
///
/// # Errors
/// [`ChildError::Temporary`] if it cannot be started, is killed, exceeds the time
/// or fails for want of space or memory. [`ChildError::Failed`] if it exits with
/// a failure, with the end of what it said.
pub(crate) async fn run(
    program: &Path,
    arguments: &[OsString],
    folder: &Path,
    limits: Limits,
) -> Result<(), ChildError> {
    read(program, arguments, folder, limits, |_| Ok(())).await
}

/// Like [`run`], and passes what the program writes to standard output to `each`,
/// piece by piece; an error of that ends the run.
///
/// # Errors
/// Those of [`run`], and of `each`.
pub(crate) async fn read<E: From<ChildError> + From<io::Error>>(
    program: &Path,
    arguments: &[OsString],
    folder: &Path,
    limits: Limits,
    each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let streams = (Stdio::null(), Stdio::piped());
    let child = start((program, arguments), folder, streams, limits.is_bound)?;
    finish(program, child, limits, each).await
}

/// Runs a program whose standard input and output are the ends of pipes, or
/// null. Otherwise like [`run`].
///
/// # Errors
/// Those of [`run`].
pub(crate) async fn run_in_pipeline(
    (program, arguments): (&Path, &[OsString]),
    folder: &Path,
    limits: Limits,
    streams: (Stdio, Stdio),
) -> Result<(), ChildError> {
    let child = start((program, arguments), folder, streams, limits.is_bound)?;
    finish(program, child, limits, |_| Ok(())).await
}

/// Waits for the end of a child process, and reads its output if that is piped.
async fn finish<E: From<ChildError> + From<io::Error>>(
    program: &Path,
    mut child: Child,
    limits: Limits,
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut group = ProcessGroup::limited(&child, limits);
    let output = child.stdout.take();
    let errors = child.stderr.take();
    let work = async {
        let reading = async {
            let Some(mut output) = output else {
                return Ok::<(), E>(());
            };
            let mut piece = [0; 8192];
            loop {
                match output.read(&mut piece).await? {
                    0 => return Ok(()),
                    length => each(piece.get(..length).unwrap_or_default())?,
                }
            }
        };
        let ending = async { Ok((tail(errors).await?, child.wait().await?)) };
        let ((), ended) = tokio::try_join!(reading, ending)?;
        Ok::<_, E>(ended)
    };
    let name = program.file_stem().map(OsStr::to_string_lossy);
    let name = name.unwrap_or_default();
    let (said, status) = tokio::time::timeout(limits.time, work)
        .await
        .map_err(|_| {
            let seconds = limits.time.as_secs();
            ChildError::Temporary(format!("{name} took longer than {seconds} seconds"))
        })??;
    group.ended();
    if status.success() {
        return Ok(());
    }
    Err(failure(&name, status, &said).into())
}

fn start(
    (program, arguments): (&Path, &[OsString]),
    folder: &Path,
    (input, output): (Stdio, Stdio),
    is_bound: bool,
) -> Result<Child, ChildError> {
    let mut command = launch::command(program, arguments, is_bound);
    command
        .current_dir(folder)
        .env_clear()
        .envs(
            ENVIRONMENT
                .iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .stdin(input)
        .stdout(output)
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|error| {
        ChildError::Temporary(format!("{} cannot be started: {error}", program.display()))
    })
}

/// Reads to the end and returns the last part as text.
async fn tail(errors: Option<impl AsyncRead + Unpin>) -> io::Result<String> {
    let mut end = Vec::new();
    if let Some(mut errors) = errors {
        let mut piece = [0; 4096];
        loop {
            let length = errors.read(&mut piece).await?;
            if length == 0 {
                break;
            }
            end.extend_from_slice(piece.get(..length).unwrap_or_default());
            let surplus = end.len().saturating_sub(REASON);
            end.drain(..surplus);
        }
    }
    Ok(String::from_utf8_lossy(&end).into_owned())
}

/// What is to be known of a run that failed.
fn failure(name: &str, status: ExitStatus, said: &str) -> ChildError {
    // The first lines may have been cut off; paths say nothing to people.
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    let last = lines
        .get(lines.len().saturating_sub(4)..)
        .unwrap_or_default();
    let reason = if last.is_empty() {
        format!("{name}: {status}")
    } else {
        format!("{name}: {}", last.join("; "))
    };
    let wants_room = ["No space left", "Cannot allocate memory", "File too large"];
    if status.code().is_none() || wants_room.iter().any(|sign| said.contains(sign)) {
        return ChildError::Temporary(reason);
    }
    ChildError::Failed(reason)
}

/// The process group of a child: killed when it is dropped before
/// [`ended`](Self::ended).
#[derive(Debug)]
struct ProcessGroup {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

#[cfg(unix)]
impl ProcessGroup {
    /// Applies the limits to the child, which has just been started.
    fn limited(child: &Child, limits: Limits) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let leader = id.and_then(rustix::process::Pid::from_raw);
        if leader.is_some() {
            // A limit that cannot be set is no reason not to run; the child may
            // have ended already as well.
            let _ = rustix::process::setpriority_process(leader, limits.niceness);
            #[cfg(target_os = "linux")]
            limit_resources(leader, limits);
        }
        Self { leader }
    }

    fn ended(&mut self) {
        self.leader = None;
    }
}

/// Limits what the kernel lets a process use: the size of files, no core dump,
/// and processor time, which ends it even where it is not bound to this
/// process.
#[cfg(target_os = "linux")]
fn limit_resources(process: Option<rustix::process::Pid>, limits: Limits) {
    use rustix::process::{Resource, Rlimit, prlimit};
    let processors = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let seconds = limits.time.as_secs().saturating_mul(processors).max(1);
    for (resource, limit) in [
        (Resource::Fsize, Some(limits.file_size)),
        (Resource::As, limits.memory),
        (Resource::Core, Some(0)),
        (Resource::Cpu, Some(seconds)),
    ] {
        let Some(limit) = limit else { continue };
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        let _ = prlimit(process, resource, limit);
    }
}

#[cfg(unix)]
impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(leader) = self.leader.take() {
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(not(unix))]
impl ProcessGroup {
    fn limited(_: &Child, _: Limits) -> Self {
        Self {}
    }

    fn ended(&mut self) {}
}
