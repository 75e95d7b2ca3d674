//! Team memberships of bots. A bot has access only to the projects whose team
//! it is in, and receives only their events.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use tanuki_store::projection::Projection;
use tanuki_store::query::people::{self, BotTeam};
use tanuki_store::query::{projects, projects::links, rows};
use tanuki_store::schema::PROJECT;
use tanuki_store::{Filter, ListQuery, Transaction};
use uuid::Uuid;

use super::Setting;
use crate::access::ManagedProject;
use crate::{Admin, Error, FieldError, JsonRow, Projects, Result};

static NAMED: LazyLock<Projection> = LazyLock::new(|| Projection::only(&PROJECT, &["id", "name"]));

impl Projects<'_> {
    /// Returns the id and name of every open project, ordered by name.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn open_production_names(self) -> Result<Vec<JsonRow>> {
        self.production_names(true).await
    }

    /// Returns the id and name of all projects or of the open ones, ordered by
    /// name.
    async fn production_names(self, open: bool) -> Result<Vec<JsonRow>> {
        let which = if open {
            projects::is_open()
        } else {
            Filter::all()
        };
        let named = ListQuery::new(&NAMED).filter(which).ascending("name");
        Ok(named.rows(self.core.database()).await?)
    }

    /// Returns the team memberships of all bots, ordered by project name.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn teams_of_bots(self) -> Result<Vec<BotTeam>> {
        Ok(people::teams_of_bots(self.core.database()).await?)
    }

    /// Returns the id and name of the project that has this id or name, open or
    /// not. A name that matches exactly is preferred to one that differs in
    /// case.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if there is none; the message lists all projects.
    pub async fn find_production(self, name_or_id: &str) -> Result<(Uuid, String)> {
        let known: Vec<(Uuid, String)> = self
            .production_names(false)
            .await?
            .iter()
            .filter_map(|row| {
                let name = row.get("name")?.as_str()?.to_owned();
                Some((crate::fields::id_of(row, "id")?, name))
            })
            .collect();
        let id = Uuid::try_parse(name_or_id).ok();
        let lowered = name_or_id.to_lowercase();
        let found = known
            .iter()
            .find(|(known, name)| id == Some(*known) || name == name_or_id)
            .or_else(|| {
                known
                    .iter()
                    .find(|(_, name)| name.to_lowercase() == lowered)
            });
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
            Error::invalid(format!(
                "there is no production `{name_or_id}`; there are: {}",
                names.join(", ")
            ))
        })
    }

    /// Checks that all ids are projects, before anything is written.
    ///
    /// # Errors
    ///
    /// [`Error::Fields`] for the field `projects` otherwise.
    pub(crate) async fn check_productions(self, ids: &[Uuid]) -> Result<()> {
        let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let there = rows::existing_in(self.core.database(), PROJECT.name, &ids).await?;
        if there.len() == ids.len() {
            return Ok(());
        }
        Err(Error::Fields(vec![FieldError {
            field: "projects".into(),
            message: "Choose productions of the list.".into(),
        }]))
    }

    /// Adds a bot to the teams of the `chosen` projects and removes it from
    /// those of `others` that are not chosen, in one transaction.
    pub(crate) async fn set_teams_of_bot(
        self,
        admin: Admin<'_>,
        bot: Uuid,
        chosen: &[Uuid],
        others: &[Uuid],
    ) -> Result<()> {
        // Locked in id order, so that two transactions cannot deadlock.
        let all: BTreeSet<Uuid> = chosen.iter().chain(others).copied().collect();
        let mut transaction = self.core.database().begin().await?;
        for project_id in all {
            let project = ManagedProject::of_admin(admin, project_id);
            if chosen.contains(&project_id) {
                self.link_setting(&mut transaction, project, Setting::Team, &bot.into())
                    .await?;
            } else {
                self.remove_from_team(&mut transaction, project, bot)
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn remove_from_team(
        self,
        transaction: &mut Transaction,
        project: ManagedProject<'_>,
        person: Uuid,
    ) -> Result<()> {
        let (table, column, _) = Setting::Team.link();
        let ends = (project.project_id, column, person);
        if links::exists(&mut *transaction, table, ends).await? {
            links::remove(transaction, table, ends).await?;
            self.changed_project(transaction, project).await?;
        }
        Ok(())
    }
}
