//! Programs that tests run: to their end, as long as the tests run, or to answer
//! lines.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail, ensure};

/// Runs a program to its end, without input.
///
/// # Errors
///
/// If it cannot be started, or fails.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    check(&output, command)
}

/// Runs a program to its end, with a text as its input; returns its output if that
/// is piped.
///
/// # Errors
///
/// If it cannot be started, or fails.
pub(crate) fn feed(command: &mut Command, text: &str) -> Result<Output> {
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let spawned = command.spawn();
    let mut child = spawned.with_context(|| name_of(command))?;
    let mut input = child.stdin.take().context("no input")?;
    // If it gives up before the end, it says why.
    let written = input.write_all(text.as_bytes());
    drop(input);
    let output = child.wait_with_output()?;
    check(&output, command)?;
    written?;
    Ok(output)
}

/// Requires that a program has succeeded; the error is what it wrote to standard
/// error.
///
/// # Errors
///
/// If it has failed.
pub(crate) fn check(output: &Output, command: &Command) -> Result<()> {
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!("{}: {reason}", name_of(command));
    }
    Ok(())
}

fn name_of(command: &Command) -> String {
    command.get_program().display().to_string()
}

/// Ends a server with the test program, and removes its folder: a small shell reads
/// a pipe that the test program holds open, and at its end stops the server.
#[derive(Debug)]
pub(crate) struct Guard {
    _shell: Mutex<Child>,
}

impl Guard {
    /// Guards a server that a signal stops.
    ///
    /// # Errors
    ///
    /// If there is no shell.
    pub fn of(server: &Child, signal: &str, folder: &Path) -> Result<Self> {
        let shell = Command::new("sh")
            .arg("-c")
            .arg("cat >/dev/null; kill -s \"$1\" \"$2\"; sleep 0.5; rm -rf \"$3\"")
            .args(["sh", signal, &server.id().to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .spawn()?;
        Ok(Self {
            _shell: Mutex::new(shell),
        })
    }
}

/// A program that answers each line of its input with one; killed when dropped.
#[derive(Debug)]
pub struct LineProgram {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl LineProgram {
    /// Starts the program.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        Ok(Self {
            input: child.stdin.take().context("no input")?,
            output: BufReader::new(child.stdout.take().context("no output")?),
            child,
        })
    }

    /// Sends a line that is not answered.
    ///
    /// # Errors
    ///
    /// If the program has ended.
    pub fn send(&mut self, line: &str) -> Result<()> {
        Ok(writeln!(self.input, "{line}")?)
    }

    /// Sends a line, and returns the answer without its line break.
    ///
    /// # Errors
    ///
    /// If the program has ended.
    pub fn ask(&mut self, line: &str) -> Result<String> {
        self.send(line)?;
        let mut answer = String::new();
        let read = self.output.read_line(&mut answer)?;
        ensure!(read > 0, "the program has ended");
        Ok(answer.trim().to_owned())
    }
}

impl Drop for LineProgram {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}
