//! The report of many clients.

use std::fmt::Write as _;
use std::time::Duration;

use super::restart::CLIENTS;
use super::{ARRIVING, ARTISTS, Morning, PICTURES};
use crate::client::quantile;
use crate::report::{Machine, megabytes, milliseconds};

pub fn markdown(machine: &Machine, mornings: &[Morning]) -> String {
    let mut out = String::new();
    let _infallible = writeln!(
        out,
        "# Benchmarks of many clients\n\n\
         Written by `cargo run --release -p bench -- --many`. One machine, which makes the load as well. \
         The servers run one after the other, each just started; Redis and PostgreSQL go on.\n\n{}\n\n\
         ## A morning\n\n\
         {ARTISTS} artists open their web clients, one after the other within {} seconds. Each logs in with a token, \
         loads what the web client needs, listens to the event stream, opens their tasks with {PICTURES} thumbnails, \
         one task, the board of a production with all its shots, and writes a comment. A client sends a request when the one \
         before is answered. Times are of answers that are no errors. Memory is the most of all processes of the server (without Redis).\n\n\
         | server | answers | median | 99th percentile | slowest | a client: median | 99th percentile | refused | lost | events heard | memory |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        machine.line(),
        ARRIVING.as_secs()
    );
    for its in mornings {
        let of_answers = |part| milliseconds(quantile(&its.answers, part));
        let of_clients = |part| seconds(quantile(&its.clients, part));
        let _infallible = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.0} MB |",
            its.kind.name(),
            its.answers.len(),
            of_answers(0.5),
            of_answers(0.99),
            of_answers(1.0),
            of_clients(0.5),
            of_clients(0.99),
            its.refused,
            its.lost,
            its.events,
            megabytes(its.memory)
        );
    }
    let _infallible = writeln!(
        out,
        "\n## A restart under load\n\n\
         {CLIENTS} clients ask for a task without a pause, and again when they are not answered. The server gets SIGTERM, and is started \
         again once it has exited. Failed are answers that were an error or broke off; a request on a connection that is closed without an answer is \
         sent again, as browsers do.\n\n\
         | server | start until the first answer | failed | nobody was answered for |\n|---|---:|---:|---:|"
    );
    for its in mornings {
        let _infallible = writeln!(
            out,
            "| {} | {} | {} | {} |",
            its.kind.name(),
            milliseconds(its.first_answer),
            its.restart.failed,
            milliseconds(its.restart.silence)
        );
    }
    out
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
