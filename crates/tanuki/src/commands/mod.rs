//! The commands.

mod accounts;
mod bots;
mod clean;
mod db;
mod directory;
mod documentation;
mod files;
mod jobs;
mod media;
mod people;
mod projects;
mod serve;

use anyhow::{Result, bail};

use crate::cli::{Cli, Command, Db, Serve};

/// A command did its work but for some of it; it ends with 3.
#[derive(Debug)]
pub struct Incomplete(pub String);

impl std::fmt::Display for Incomplete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Incomplete {}

/// Runs the command; without one, serves.
pub async fn run(cli: Cli) -> Result<()> {
    let place = cli.place;
    match cli.command {
        None => serve::serve(&place, &cli.serve).await,
        Some(Command::Serve(flags)) => {
            let flags = Serve {
                listen: flags.listen.or(cli.serve.listen),
                web_dir: flags.web_dir.or(cli.serve.web_dir),
            };
            serve::serve(&place, &flags).await
        }
        Some(_) if cli.serve.listen.is_some() => bail!("--listen is a flag of serve alone"),
        Some(_) if cli.serve.web_dir.is_some() => bail!("--web-dir is a flag of serve alone"),
        Some(Command::CreateAdmin(admin)) => accounts::create_admin(&place, &admin).await,
        Some(Command::ResetPassword { email }) => accounts::reset_password(&place, &email).await,
        Some(Command::CreateBot(bot)) => bots::create(&place, &bot).await,
        Some(Command::ListBots { json }) => bots::list(&place, json).await,
        Some(Command::RotateBot { name }) => bots::rotate(&place, &name).await,
        Some(Command::Person(command)) => people::run(&place, &command).await,
        Some(Command::SyncLdap(flags)) => directory::sync(&place, &flags).await,
        Some(Command::Project(command)) => projects::run(&place, &command).await,
        Some(Command::Clean(command)) => clean::run(&place, &command).await,
        Some(Command::Jobs(command)) => jobs::run(&place, &command).await,
        Some(Command::Films(command)) => media::run_on_films(&place, &command).await,
        Some(Command::Pictures(command)) => media::run_on_pictures(&place, &command).await,
        Some(Command::Check) => media::check(&place).await,
        Some(Command::Db(Db::Copy { from, to })) => db::copy(&from, &to).await,
        Some(Command::Db(Db::Check)) => db::check(&place).await,
        Some(Command::Db(Db::Tune { create, drop })) => db::tune(&place, create, drop).await,
        Some(Command::Files(command)) => files::run(&place, &command).await,
        Some(Command::Completions { shell }) => documentation::completions(shell),
        Some(Command::Man { folder }) => documentation::manual(folder.as_deref()),
    }
}
