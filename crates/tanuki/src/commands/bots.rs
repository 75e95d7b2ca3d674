//! `tanuki create-bot`, `list-bots` and `rotate-bot`.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use tanuki_core::{BotDetails, Caller, Core, Error};
use tanuki_store::database::Target;

use uuid::Uuid;

use crate::cli::{CreateBot, GlobalArgs};
use crate::config::Config;
use crate::{open, output};

/// Creates a bot. Only the token is printed to standard output, so that a
/// script can capture it.
pub async fn create(place: &GlobalArgs, flags: &CreateBot) -> Result<()> {
    open::with_studio(place, async |config, core| {
        warn_of_own_key(config);
        create_in(core, flags).await
    })
    .await
}

/// Warns that a token is only valid on servers with the key that signed it.
fn warn_of_own_key(config: &Config) {
    if config.key_is_own && matches!(config.target, Target::Postgres(_)) {
        output::aside(
            "warning: SECRET_KEY is not set: the token is signed with the key of the data folder, \
             and works on a server only that has the same",
        );
    }
}

async fn create_in(core: &Core, flags: &CreateBot) -> Result<()> {
    let mut projects = Vec::with_capacity(flags.projects.len());
    for name in &flags.projects {
        projects.push(core.projects().find_production(name).await?);
    }
    let bot = BotDetails {
        name: flags.name.clone(),
        expiration_date: flags.expires.clone().unwrap_or_default(),
        departments: departments(core, &flags.departments).await?,
        projects: projects.iter().map(|(id, _)| *id).collect(),
        role: flags.role.clone(),
        active: !flags.inactive,
    };
    let operator = Caller::operator();
    let created = match core.bots().create(operator.as_admin()?, &bot).await {
        Err(Error::Fields(errors)) => {
            let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            bail!("{}", messages.join(" "));
        }
        created => created?,
    };
    output::aside(format_args!(
        "Bot {} was created. Its token is shown this once:",
        text(&created, "first_name")
    ));
    output::line(text(&created, "access_token"));
    let names: Vec<&str> = projects.iter().map(|(_, name)| name.as_str()).collect();
    output::aside(what_it_hears(text(&created, "role"), &names));
    Ok(())
}

/// Says of which projects a new bot receives events.
fn what_it_hears(role: &str, productions: &[&str]) -> String {
    if role == "admin" {
        return "As an admin it hears the events of every production.".into();
    }
    if productions.is_empty() {
        return "It is in the team of no production, so it reaches none and hears no events of any. \
                Put it there with --project NAME at its creation, or on the Bots page of the console."
            .into();
    }
    format!(
        "It hears the events of the productions whose team it is in, and of no others: {}",
        productions.join(", ")
    )
}

/// Looks up the ids of departments by their names, ignoring case.
async fn departments(core: &Core, names: &[String]) -> Result<Vec<Uuid>> {
    let known = core.studio().departments().await?;
    names
        .iter()
        .map(|name| {
            known
                .iter()
                .find(|department| text(department, "name").eq_ignore_ascii_case(name))
                .and_then(|department| text(department, "id").parse().ok())
                .with_context(|| {
                    let names: Vec<&str> = known.iter().map(|one| text(one, "name")).collect();
                    format!(
                        "there is no department `{name}`; there are: {}",
                        names.join(", ")
                    )
                })
        })
        .collect()
}

/// Lists the bots, as a table or as JSON.
pub async fn list(place: &GlobalArgs, json: bool) -> Result<()> {
    open::with_studio(place, async |_, core| list_of(core, json).await).await
}

async fn list_of(core: &Core, json: bool) -> Result<()> {
    let bots = core.bots().list().await?;
    if json {
        output::line(serde_json::to_string_pretty(&bots)?);
        return Ok(());
    }
    if bots.is_empty() {
        output::aside("There are no bots yet; `tanuki create-bot NAME` makes one.");
        return Ok(());
    }
    output::line(format_args!(
        "{:<30} {:<12} {:<12} {:<10} ID",
        "NAME", "ROLE", "EXPIRES", "STATE"
    ));
    for bot in &bots {
        output::line(format_args!(
            "{:<30} {:<12} {:<12} {:<10} {}",
            text(bot, "first_name"),
            text(bot, "role"),
            bot.get("expiration_date")
                .and_then(Value::as_str)
                .unwrap_or("never"),
            state(core, bot),
            text(bot, "id")
        ));
    }
    Ok(())
}

fn state(core: &Core, bot: &Map<String, Value>) -> &'static str {
    let today = core.clock().today().to_string();
    let expired = bot
        .get("expiration_date")
        .and_then(Value::as_str)
        .is_some_and(|day| day < today.as_str());
    match (bot.get("active") == Some(&Value::Bool(true)), expired) {
        (false, _) => "inactive",
        (true, true) => "expired",
        (true, false) => "active",
    }
}

/// Issues a new token for a bot, by name or id, and prints it.
pub async fn rotate(place: &GlobalArgs, name: &str) -> Result<()> {
    open::with_studio(place, async |config, core| {
        warn_of_own_key(config);
        rotate_in(core, name).await
    })
    .await
}

async fn rotate_in(core: &Core, name: &str) -> Result<()> {
    let bot = core.bots().find(name).await?;
    let Ok(id) = text(&bot, "id").parse() else {
        bail!("the bot `{name}` has no id");
    };
    let token = core.bots().rotate_token(&Caller::operator(), id).await?;
    output::aside(format_args!(
        "Bot {} has a new token; the old one has stopped working. It is shown this once:",
        text(&bot, "first_name")
    ));
    output::line(token);
    Ok(())
}

fn text<'a>(row: &'a Map<String, Value>, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
