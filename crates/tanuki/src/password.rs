//! Reading a password for a command: never from an argument, which other users
//! of the machine can see.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::{Context as _, Result, bail};
use console::Term;

/// Asks for a new password: reads the first line of standard input, or asks
/// twice at the terminal, which does not show what is typed.
pub fn ask(from_stdin: bool) -> Result<String> {
    if from_stdin {
        return line_of_input();
    }
    if !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask for the password; pass it on standard input with \
             --password-stdin"
        );
    }
    let password = hidden("Password: ")?;
    if password.is_empty() {
        bail!("the password is empty");
    }
    if hidden("The same again: ")? != password {
        bail!("the two passwords are not the same");
    }
    Ok(password)
}

fn hidden(prompt: &str) -> Result<String> {
    let terminal = Term::stderr();
    let typed = terminal
        .write_str(prompt)
        .and_then(|()| terminal.read_secure_line());
    typed.context("cannot read the password from the terminal")
}

fn line_of_input() -> Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("standard input holds no password");
    }
    Ok(password.to_owned())
}
