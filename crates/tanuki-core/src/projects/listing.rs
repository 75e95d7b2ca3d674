//! Lists of projects.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::query::{projects, visibility};
use tanuki_store::view::projects::WITH_STATUS;
use tanuki_store::{Filter, ListQuery, RowChange};
use uuid::Uuid;

use super::{DESCRIPTOR, LINKED, UNLINKED, in_production};
use crate::fields::id_of;
use crate::object_text::ObjectText;
use crate::{Caller, ConstraintViolation, Error, JsonRow, Projects, Result};

/// The response to a request for all projects.
#[derive(Debug)]
pub enum AllProjects {
    /// The projects whose team the caller is in, streamed.
    Own(JsonChunks),
    Listed(Vec<Map<String, Value>>),
}

impl Projects<'_> {
    /// Lists the open projects whose team the caller is in (for admins, all
    /// open ones), by name. The text of JSON: [`LINKED`] with the project's descriptors and
    /// links, which the web client needs at its start. `name` must match
    /// exactly.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn open_projects(self, caller: &Caller, name: Option<&str>) -> Result<Bytes> {
        let mut which = projects::is_open();
        if !caller.is_admin() {
            which = which.and(visibility::projects::has_member(caller.id));
        }
        self.projects_to_work_in(caller, which, name).await
    }

    /// Like [`open_projects`](Self::open_projects). Admins also get projects
    /// with one of the status names that older studios use for open.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn running_projects(self, caller: &Caller, name: Option<&str>) -> Result<Bytes> {
        if !caller.is_admin() {
            return self.open_projects(caller, name).await;
        }
        self.projects_to_work_in(caller, projects::is_running(), name)
            .await
    }

    async fn projects_to_work_in(
        self,
        caller: &Caller,
        which: Filter,
        name: Option<&str>,
    ) -> Result<Bytes> {
        let mut projects = ListQuery::new(&LINKED).filter(which).ascending("name");
        if let Some(name) = name {
            check_name(name)?;
            projects = projects.filter(projects::has_name(name));
        }
        let database = self.core.database();
        let mask = self.core.mask(caller).await?;
        let change = mask.map(|mask| RowChange::new(move |project| mask.project_row(project)));
        let found = projects.changing(change).rows_with_json(database).await?;
        if found.is_empty() {
            return Ok(b"[]"[..].into());
        }
        let ids: Vec<Uuid> = found
            .iter()
            .map(|project| project.row.get("id"))
            .collect::<Result<_, _>>()?;
        let mut embedded = self.embedded(caller, &ids).await?;
        let mut text = Vec::new();
        for (project, id) in found.iter().zip(ids) {
            let kind: Option<String> = project.row.get("production_type")?;
            let mut object = ObjectText::with_members(project.members());
            embedded.add_to(&mut object, id, kind.as_deref() == Some("tvshow"))?;
            text.push(if text.is_empty() { b'[' } else { b',' });
            text.extend(object.end());
        }
        text.push(b']');
        Ok(text.into())
    }

    /// Lists the projects whose team the caller is in (for admins, all), open
    /// or not. With `name`, only the one with that name, ignoring case; an
    /// exact match is preferred. JSON: [`UNLINKED`], with values hidden that
    /// the caller's role must not see; admins also get the project's status
    /// name and descriptors if no name is given.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if no project has the name.
    pub async fn all_projects(self, caller: &Caller, name: Option<&str>) -> Result<AllProjects> {
        let Some(name) = name else {
            return if caller.is_admin() {
                Ok(AllProjects::Listed(self.projects_for_admins().await?))
            } else {
                Ok(AllProjects::Own(self.own_projects(caller).await?))
            };
        };
        check_name(name)?;
        let mut named = ListQuery::new(&UNLINKED).filter(projects::is_called(name));
        if !caller.is_admin() {
            named =
                projects::with_status(named).filter(visibility::projects::has_member(caller.id));
        }
        let named = named.exact_name_first(name).ascending("name").limit(1);
        let mut found = named.rows(self.core.database()).await?;
        if let Some(mask) = self.core.mask(caller).await? {
            found
                .iter_mut()
                .for_each(|project| mask.project_row(project));
        }
        if found.is_empty() {
            return Err(Error::NotFound);
        }
        Ok(AllProjects::Listed(found))
    }

    /// Streams the projects whose team the caller is in, with values hidden
    /// that their role there must not see.
    async fn own_projects(self, caller: &Caller) -> Result<JsonChunks> {
        let mask = self.core.mask(caller).await?;
        let change = mask.map(|mask| RowChange::new(move |project| mask.project_row(project)));
        let own = projects::with_status(ListQuery::new(&UNLINKED))
            .filter(visibility::projects::has_member(caller.id))
            .changing(change);
        Ok(self.core.database().stream_list(own))
    }

    /// Lists every project with the name of its status and its descriptors of
    /// the entity type `Project`.
    async fn projects_for_admins(self) -> Result<Vec<JsonRow>> {
        let database = self.core.database();
        let all = projects::with_status(ListQuery::new(&WITH_STATUS)).ascending("name");
        let mut found = all.rows(database).await?;
        let own = ListQuery::new(&DESCRIPTOR).filter(projects::describes("Project"));
        let mut descriptors: BTreeMap<Uuid, Vec<Value>> = BTreeMap::new();
        for row in own.rows(database).await? {
            if let Some(project) = id_of(&row, "project_id") {
                let own = descriptors.entry(project).or_default();
                own.push(in_production(row).into());
            }
        }
        for project in &mut found {
            let own = id_of(project, "id").and_then(|id| descriptors.remove(&id));
            project.insert("descriptors".into(), own.unwrap_or_default().into());
        }
        Ok(found)
    }
}

/// Refuses NUL characters, which PostgreSQL rejects even in comparisons.
fn check_name(name: &str) -> Result<()> {
    if name.contains('\0') {
        return Err(Error::InvalidFilter(ConstraintViolation::Format));
    }
    Ok(())
}
