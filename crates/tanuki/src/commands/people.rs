//! `tanuki person`: what an operator does with people's accounts.

use anyhow::{Result, bail};
use tanuki_core::auth::ResetError;
use tanuki_core::auth::password::PasswordPolicyError;
use tanuki_core::{Caller, Core, Error};
use tanuki_domain::Role;

use crate::cli::{GlobalArgs, Person};
use crate::{open, output, password};

/// Runs a subcommand of `tanuki person`.
pub async fn run(place: &GlobalArgs, command: &Person) -> Result<()> {
    // Asked for first: the database is not to be held open meanwhile.
    let password = match command {
        Person::SetPassword { password_stdin, .. } => Some(password::ask(*password_stdin)?),
        _ => None,
    };
    open::with_studio(place, async |_, core| match command {
        Person::Activate { login } => set_active(core, login, true).await,
        Person::Deactivate { login } => set_active(core, login, false).await,
        Person::SetRole { login, role } => set_role(core, login, role).await,
        Person::SetPassword { login, .. } => {
            set_password(core, login, &password.unwrap_or_default()).await
        }
        Person::EndSessions { login, .. } => end_sessions(core, login.as_deref()).await,
        Person::DisableTwoFactor { login } => disable_two_factor(core, login).await,
    })
    .await
}

async fn set_active(core: &Core, login: &str, active: bool) -> Result<()> {
    let operator = Caller::operator();
    let people = core.people();
    let id = people.find_by_login(operator.as_admin()?, login).await?;
    people.set_active(operator.as_admin()?, id, active).await?;
    output::line(if active {
        format!("{login} is active.")
    } else {
        format!("{login} is inactive and logged out.")
    });
    Ok(())
}

/// Logs a person out, or everybody.
async fn end_sessions(core: &Core, login: Option<&str>) -> Result<()> {
    let operator = Caller::operator();
    let people = core.people();
    let Some(login) = login else {
        let count = people.end_all_sessions(operator.as_admin()?).await?;
        output::line(format_args!("Everybody is logged out: {count} people."));
        return Ok(());
    };
    let id = people.find_by_login(operator.as_admin()?, login).await?;
    people.end_sessions(operator.as_admin()?, id).await?;
    output::line(format_args!("{login} is logged out everywhere."));
    Ok(())
}

async fn set_role(core: &Core, login: &str, role: &str) -> Result<()> {
    let Ok(role) = role.parse::<Role>() else {
        bail!("{role} is no role");
    };
    let operator = Caller::operator();
    let people = core.people();
    let id = people.find_by_login(operator.as_admin()?, login).await?;
    people.set_role(operator.as_admin()?, id, role).await?;
    output::line(format_args!("{login} has the role {}.", role.as_str()));
    Ok(())
}

async fn set_password(core: &Core, login: &str, new: &str) -> Result<()> {
    let operator = Caller::operator();
    let people = core.people();
    let id = people.find_by_login(operator.as_admin()?, login).await?;
    match people.set_password(&operator, &id.into(), new).await {
        Ok(()) => {}
        Err(ResetError::Unfit(PasswordPolicyError::TooShort)) => bail!(
            "the password needs at least {} characters",
            core.passwords().min_length()
        ),
        Err(ResetError::Failed(error)) => return Err(error.into()),
        Err(other) => bail!("the password cannot be set: {other:?}"),
    }
    output::line(format_args!(
        "{login} has a new password, and is logged out everywhere."
    ));
    Ok(())
}

async fn disable_two_factor(core: &Core, login: &str) -> Result<()> {
    let operator = Caller::operator();
    let people = core.people();
    let id = people.find_by_login(operator.as_admin()?, login).await?;
    let passkeys = match people.disable_two_factor(&operator, &id.into()).await {
        Ok(passkeys) => passkeys,
        Err(Error::Refused(_)) => bail!("{login} has no second factor and no passkey"),
        Err(error) => return Err(error.into()),
    };
    output::line(match passkeys {
        0 => format!("{login} logs in without a second factor."),
        1 => format!("{login} logs in without a second factor. A passkey was removed."),
        more => format!("{login} logs in without a second factor. {more} passkeys were removed."),
    });
    Ok(())
}
