//! Tanuki: production tracking for animation and VFX studios.

mod cli;
mod commands;
mod config;
mod http;
mod open;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

use cli::Cli;

/// Threads give memory back to each other and to the machine more readily
/// than with the system's allocator, and in less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
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

/// One line that says what is wrong; a chain of causes is joined by colons.
fn failed(error: &anyhow::Error) -> ExitCode {
    output::aside(format_args!("tanuki: {error:#}"));
    ExitCode::FAILURE
}
