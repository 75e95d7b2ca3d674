//! `tanuki create-bot`, `list-bots` and `rotate-bot`.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use tanuki_core::{BotDetails, Caller, Core, Error};

use uuid::Uuid;

use crate::cli::{CreateBot, Place};
use crate::open;

/// The token goes to standard output alone, so that a script can catch it.
pub async fn create(place: &Place, flags: &CreateBot) -> Result<()> {
    let (_, core) = open::studio_at(place).await?;
    let bot = BotDetails {
        name: flags.name.clone(),
        expiration_date: flags.expires.clone().unwrap_or_default(),
        departments: departments(&core, &flags.departments).await?,
        role: flags.role.clone(),
        active: !flags.inactive,
    };
    let created = match core.create_bot(&Caller::operator(), &bot).await {
        Err(Error::Fields(errors)) => {
            let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            bail!("{}", messages.join(" "));
        }
        created => created?,
    };
    eprintln!(
        "Bot {} was created. Its token is shown this once:",
        text(&created, "first_name")
    );
    println!("{}", text(&created, "access_token"));
    Ok(())
}

/// The ids of departments by their names.
async fn departments(core: &Core, names: &[String]) -> Result<Vec<Uuid>> {
    let known = core.departments().await?;
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

pub async fn list(place: &Place, json: bool) -> Result<()> {
    let (_, core) = open::studio_at(place).await?;
    let bots = core.bots().await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&bots)?);
        return Ok(());
    }
    if bots.is_empty() {
        eprintln!("There are no bots yet; `tanuki create-bot NAME` makes one.");
        return Ok(());
    }
    println!(
        "{:<30} {:<12} {:<12} {:<10} ID",
        "NAME", "ROLE", "EXPIRES", "STATE"
    );
    for bot in &bots {
        println!(
            "{:<30} {:<12} {:<12} {:<10} {}",
            text(bot, "first_name"),
            text(bot, "role"),
            bot.get("expiration_date")
                .and_then(Value::as_str)
                .unwrap_or("never"),
            state(&core, bot),
            text(bot, "id")
        );
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

pub async fn rotate(place: &Place, name: &str) -> Result<()> {
    let (_, core) = open::studio_at(place).await?;
    let bot = core.find_bot(name).await?;
    let Ok(id) = text(&bot, "id").parse() else {
        bail!("the bot `{name}` has no id");
    };
    let token = core.rotate_bot(&Caller::operator(), id).await?;
    eprintln!(
        "Bot {} has a new token; the old one has stopped working. It is shown this once:",
        text(&bot, "first_name")
    );
    println!("{token}");
    Ok(())
}

fn text<'a>(row: &'a Map<String, Value>, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
