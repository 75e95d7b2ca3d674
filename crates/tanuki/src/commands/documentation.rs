//! `tanuki completions` and `tanuki man`: generated from the command line's
//! own description, so that they cannot differ from `--help`.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;

/// Prints the completion script of `shell`.
///
/// # Errors
/// If standard output cannot be written to.
pub fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tanuki", &mut script);
    print(&script)
}

/// Prints the manual page of `tanuki` in roff, or writes a page for each
/// command into `folder`, which is created if it does not exist.
///
/// # Errors
/// If standard output or the folder cannot be written to.
pub fn manual(folder: Option<&Path>) -> Result<()> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        return print(&page);
    };
    let failed = || format!("cannot write manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(failed)
}

/// Writes to standard output. A reader that has closed the pipe, such as
/// `head`, is no error.
fn print(bytes: &[u8]) -> Result<()> {
    match std::io::stdout().write_all(bytes) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}
