//! `tanuki create-admin` and `tanuki reset-password`.

use std::io::BufRead as _;

use anyhow::{Context as _, Result, bail};
use tanuki_core::{Core, Error, NewAdmin};

use crate::cli::{CreateAdmin, GlobalArgs};
use crate::{open, output};

/// Creates an admin, or makes an existing person one.
pub async fn create_admin(place: &GlobalArgs, flags: &CreateAdmin) -> Result<()> {
    let password = match &flags.password {
        Some(password) => password.clone(),
        None => line_of_input()?,
    };
    open::with_studio(place, async |_, core| {
        make_admin(core, flags, &password).await
    })
    .await
}

async fn make_admin(core: &Core, flags: &CreateAdmin, password: &str) -> Result<()> {
    let admin = NewAdmin {
        first_name: &flags.first_name,
        last_name: &flags.last_name,
        email: &flags.email,
        password,
        repeated: password,
    };
    match core.setup().create_admin(&admin).await {
        Ok(true) => output::line(format_args!(
            "{} is an admin now; log in at /console.",
            flags.email
        )),
        Ok(false) => output::line(format_args!(
            "{} was there already and is an admin now.",
            flags.email
        )),
        Err(Error::Fields(errors)) => {
            let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            bail!("{}", messages.join(" "));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Reads the password, the first line of standard input.
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

/// Prints a link to choose a new password, which is valid for two hours.
pub async fn reset_password(place: &GlobalArgs, email: &str) -> Result<()> {
    open::with_studio(place, async |_, core| {
        let link = core.auth().password_reset_link_of(email).await?;
        output::aside(format_args!(
            "{email} chooses a new password within two hours under this link:"
        ));
        output::line(link);
        Ok(())
    })
    .await
}
