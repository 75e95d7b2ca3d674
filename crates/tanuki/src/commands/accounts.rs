//! `tanuki create-admin` and `tanuki reset-password`.

use anyhow::{Result, bail};
use tanuki_core::{Core, Error, NewAdmin};

use crate::cli::{CreateAdmin, GlobalArgs};
use crate::{open, output, password};

/// Creates an admin, or makes an existing person one.
pub async fn create_admin(place: &GlobalArgs, flags: &CreateAdmin) -> Result<()> {
    let password = match &flags.password {
        Some(password) => password.clone(),
        None => password::ask(flags.password_stdin)?,
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
