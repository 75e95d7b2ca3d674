//! What a child process of this executable does: it becomes another program, or
//! draws a document.
//!
//! Linux kills a child when its parent ends if the child asks for that before it
//! becomes the program. What runs between `fork` and `exec` is unsafe code in
//! Rust. So the server's own executable is started: it asks, and becomes the
//! program.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use tokio::process::Command;

use crate::document;

/// The first argument of an executable that is to become a program. The id of
/// its parent, the program and its arguments follow.
const ARGUMENT: &str = "become-program";

/// Returns a command that starts a program. With `is_bound`, the program is
/// killed when this process ends; its executable must call [`run_as_child`]
/// first of all. Elsewhere than on Linux, programs go on.
pub(super) fn command(program: &Path, arguments: &[OsString], is_bound: bool) -> Command {
    let mut command;
    if is_bound && cfg!(target_os = "linux") {
        // This executable, also if its file was replaced.
        command = Command::new("/proc/self/exe");
        command
            .arg(ARGUMENT)
            .arg(std::process::id().to_string())
            .arg(program);
    } else {
        command = Command::new(program);
    }
    command.args(arguments);
    command
}

/// If this process was started by [`command`] or by
/// [`Document::draw`](document::Document::draw), does what it was started for.
/// To be called at the beginning of `main`, before there are other threads.
/// Returns whether it was: then the work is done.
///
/// # Errors
/// If the program cannot be started, or the document cannot be drawn.
pub fn run_as_child() -> io::Result<bool> {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some(OsStr::new(document::ARGUMENT)) {
        document::draw_as_child(arguments)?;
        return Ok(true);
    }
    if first.as_deref() != Some(OsStr::new(ARGUMENT)) {
        return Ok(false);
    }
    let parent = arguments.next().and_then(|id| id.to_str()?.parse().ok());
    match (parent, arguments.next()) {
        (Some(parent), Some(program)) => become_child_of(parent, &program, arguments),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

#[cfg(target_os = "linux")]
fn become_child_of(
    parent: i32,
    program: &OsStr,
    arguments: impl Iterator<Item = OsString>,
) -> io::Result<bool> {
    use std::os::unix::process::CommandExt as _;

    use rustix::process::{Signal, getppid, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have ended before that.
    if getppid().map(|id| id.as_raw_nonzero().get()) != Some(parent) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    Err(std::process::Command::new(program).args(arguments).exec())
}

#[cfg(not(target_os = "linux"))]
fn become_child_of(_: i32, _: &OsStr, _: impl Iterator<Item = OsString>) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}
