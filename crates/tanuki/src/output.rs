//! What commands tell on standard output and standard error.
//!
//! A reader that has gone away (`tanuki db check | head -1`) is no reason to
//! fail, and none for the server to stop.

use std::fmt::Display;
use std::io::Write as _;

/// A line for the reader of standard output.
pub fn line(text: impl Display) {
    let _nobody_reads = writeln!(std::io::stdout(), "{text}");
}

/// A line for the person at the terminal, apart from what a script catches.
pub fn aside(text: impl Display) {
    let _nobody_reads = writeln!(std::io::stderr(), "{text}");
}
