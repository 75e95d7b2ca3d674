//! `tanuki create-admin` and `tanuki reset-password`.

use std::io::BufRead as _;

use anyhow::{Context as _, Result, bail};
use tanuki_core::{Error, NewAdmin};

use crate::cli::{CreateAdmin, Place};
use crate::open;

pub async fn create_admin(place: &Place, flags: &CreateAdmin) -> Result<()> {
    let password = match &flags.password {
        Some(password) => password.clone(),
        None => line_of_input()?,
    };
    let (_, core) = open::studio_at(place).await?;
    let admin = NewAdmin {
        first_name: &flags.first_name,
        last_name: &flags.last_name,
        email: &flags.email,
        password: &password,
        repeated: &password,
    };
    match core.create_admin(&admin).await {
        Ok(true) => println!("{} is an admin now; log in at /console.", flags.email),
        Ok(false) => println!("{} was there already and is an admin now.", flags.email),
        Err(Error::Fields(errors)) => {
            let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            bail!("{}", messages.join(" "));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
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

pub async fn reset_password(place: &Place, email: &str) -> Result<()> {
    let (_, core) = open::studio_at(place).await?;
    let link = core.password_reset_link_of(email).await?;
    eprintln!("{email} chooses a new password within two hours under this link:");
    println!("{link}");
    Ok(())
}
