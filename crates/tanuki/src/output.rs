//! Output of commands on standard output and standard error.
//!
//! A closed pipe (`tanuki db check | head -1`) is not an error, and does not
//! stop the server.

use std::fmt::Display;
use std::io::Write as _;

/// Prints a line to standard output.
pub fn line(text: impl Display) {
    let _nobody_reads = writeln!(std::io::stdout(), "{text}");
}

/// Prints a line to standard error, for the person at the terminal, separate
/// from the output that a script captures.
pub fn aside(text: impl Display) {
    let _nobody_reads = writeln!(std::io::stderr(), "{text}");
}
