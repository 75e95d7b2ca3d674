//! What each command does.

mod accounts;
mod bots;
mod db;
mod serve;

use anyhow::Result;

use crate::cli::{Cli, Command, Db};

pub async fn run(cli: Cli) -> Result<()> {
    let place = cli.place;
    match cli.command {
        None => serve::serve(&place, &cli.serve).await,
        Some(Command::Serve(serve)) => serve::serve(&place, &serve).await,
        Some(Command::CreateAdmin(admin)) => accounts::create_admin(&place, &admin).await,
        Some(Command::ResetPassword { email }) => accounts::reset_password(&place, &email).await,
        Some(Command::CreateBot(bot)) => bots::create(&place, &bot).await,
        Some(Command::ListBots { json }) => bots::list(&place, json).await,
        Some(Command::RotateBot { name }) => bots::rotate(&place, &name).await,
        Some(Command::Db(Db::Copy { from, to })) => db::copy(&from, &to).await,
        Some(Command::Db(Db::Check)) => db::check(&place).await,
    }
}
