//! What the JSON of a project embeds for the web client: its descriptors, task
//! types, task statuses and first episode.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tanuki_domain::Role;
use tanuki_store::ListQuery;
use tanuki_store::query::{projects, visibility};
use uuid::Uuid;

use super::{DESCRIPTOR, in_production};
use crate::fields::id_of;
use crate::object_text::ObjectText;
use crate::{Caller, Error, JsonRow, Projects, Result};

/// What some projects embed. Links are serialized: a studio has thousands.
#[derive(Debug)]
pub(super) struct Embedded {
    descriptors: BTreeMap<Uuid, Vec<Value>>,
    task_types: HashMap<Uuid, TaskTypes>,
    statuses: HashMap<Uuid, ObjectText>,
    first_episodes: BTreeMap<Uuid, Uuid>,
}

/// By the id of the task type.
#[derive(Debug, Default)]
struct TaskTypes {
    links: ObjectText,
    priorities: ObjectText,
}

impl Projects<'_> {
    /// Loads what projects embed, with the descriptors that the caller may see.
    /// The number of queries does not grow with the projects.
    pub(super) async fn embedded(self, caller: &Caller, ids: &[Uuid]) -> Result<Embedded> {
        let database = self.core.database();
        let (descriptors, types, links, first_episodes) = tokio::try_join!(
            self.embedded_descriptors(caller, ids),
            async { Ok(projects::task_type_links(database, ids).await?) },
            async { Ok(projects::task_status_links(database, ids).await?) },
            async { Ok(projects::first_episodes(database, ids).await?) },
        )?;
        let mut task_types: HashMap<Uuid, TaskTypes> = HashMap::new();
        for link in types {
            let of_project = task_types.entry(link.project_id).or_default();
            of_project.links.value(link.task_type_id, &link)?;
            of_project
                .priorities
                .value(link.task_type_id, &link.priority)?;
        }
        let mut statuses: HashMap<Uuid, ObjectText> = HashMap::new();
        for link in links {
            let of_project = statuses.entry(link.project_id).or_default();
            of_project.value(link.task_status_id, &link)?;
        }
        Ok(Embedded {
            descriptors,
            task_types,
            statuses,
            first_episodes,
        })
    }

    /// Adds what a project embeds to its JSON.
    pub(super) async fn embed(self, caller: &Caller, id: Uuid, row: &mut JsonRow) -> Result<()> {
        let mut embedded = self.embedded(caller, &[id]).await?;
        let is_tv_show = row
            .get("production_type")
            .is_some_and(|kind| kind == "tvshow");
        let mut members = ObjectText::default();
        embedded.add_to(&mut members, id, is_tv_show)?;
        let members: JsonRow = serde_json::from_slice(&members.end())
            .map_err(|error| Error::Failed(format!("what a project embeds: {error}")))?;
        row.extend(members);
        Ok(())
    }

    /// Returns metadata descriptors by project, limited to those that the
    /// caller's role in each project may see.
    async fn embedded_descriptors(
        self,
        caller: &Caller,
        ids: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Vec<Value>>> {
        let roles = if caller.is_admin() {
            BTreeMap::new()
        } else {
            self.project_roles(caller.id).await?
        };
        let mut by_role: HashMap<Role, Vec<Uuid>> = HashMap::new();
        for id in ids {
            // Teams cannot grant the role of an admin.
            let role = roles
                .get(id)
                .and_then(|role| role.parse::<Role>().ok())
                .filter(|role| *role != Role::Admin)
                .unwrap_or(caller.role);
            by_role.entry(role).or_default().push(*id);
        }
        let mut found: BTreeMap<Uuid, Vec<Value>> = BTreeMap::new();
        for (role, ids) in by_role {
            let scope = self.descriptor_scope(caller, role).await?;
            let visible = ListQuery::new(&DESCRIPTOR)
                .filter(projects::descriptors_of(ids))
                .filter(visibility::descriptors::in_scope(&scope));
            for row in visible.rows(self.core.database()).await? {
                let Some(project) = id_of(&row, "project_id") else {
                    continue;
                };
                found
                    .entry(project)
                    .or_default()
                    .push(in_production(row).into());
            }
        }
        Ok(found)
    }
}

impl Embedded {
    /// Adds to a project's JSON, once, `descriptors`, `task_type_links`,
    /// `task_types_priority`, `task_statuses_link`, and for a TV show with
    /// episodes `first_episode_id`.
    pub fn add_to(&mut self, project: &mut ObjectText, id: Uuid, is_tv_show: bool) -> Result<()> {
        let descriptors = self.descriptors.remove(&id).unwrap_or_default();
        let types = self.task_types.remove(&id).unwrap_or_default();
        let statuses = self.statuses.remove(&id).unwrap_or_default();
        project.value("descriptors", &descriptors)?;
        project.text("task_type_links", &types.links.end());
        project.text("task_types_priority", &types.priorities.end());
        project.text("task_statuses_link", &statuses.end());
        if let (true, Some(episode)) = (is_tv_show, self.first_episodes.get(&id)) {
            project.value("first_episode_id", episode)?;
        }
        Ok(())
    }
}
