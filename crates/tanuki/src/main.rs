//! Tanuki: production tracking for animation and VFX studios.

mod app;
mod cli;
mod commands;
mod config;
mod http;
mod open;
mod output;
mod password;
mod web_client;

use std::process::ExitCode;

use clap::Parser as _;

use cli::Cli;

/// mimalloc returns freed memory to other threads and to the operating system
/// more readily than the system's allocator, and is faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match tanuki_media::child::run_as_child() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => return failed(&error.into()),
    }
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// The exit code of a command that did a part of its work.
const INCOMPLETE: u8 = 3;

/// Prints the error in a single line, with its chain of causes joined by
/// colons.
fn failed(error: &anyhow::Error) -> ExitCode {
    output::aside(format_args!("tanuki: {error:#}"));
    match error.is::<commands::Incomplete>() {
        true => ExitCode::from(INCOMPLETE),
        false => ExitCode::FAILURE,
    }
}
