//! What the JSON of a project embeds for the web client: its descriptors, task
//! types, task statuses and first episode.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::Value;
use tanuki_domain::Role;
use tanuki_store::ListQuery;
use tanuki_store::query::{projects, visibility};
use uuid::Uuid;

use super::{DESCRIPTOR, in_production};
use crate::fields::id_of;
use crate::{Caller, Error, JsonRow, Projects, Result};

/// The members of the JSON objects of some projects, serialized: a studio has
/// thousands of them in all.
#[derive(Debug)]
pub(super) struct Embedded {
    descriptors: BTreeMap<Uuid, Vec<Value>>,
    task_types: HashMap<Uuid, TaskTypes>,
    statuses: HashMap<Uuid, Members>,
    first_episodes: BTreeMap<Uuid, Uuid>,
}

#[derive(Debug, Default)]
struct TaskTypes {
    links: Members,
    priorities: Members,
}

/// The members of a JSON object whose keys are ids, without its brackets.
#[derive(Debug, Default)]
struct Members(Vec<u8>);

impl Members {
    fn push(&mut self, id: Uuid, value: &impl Serialize) -> Result<()> {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        self.0.extend_from_slice(format!("\"{id}\":").as_bytes());
        serialize(value, &mut self.0)
    }
}

#[derive(Debug, Serialize)]
struct TaskTypeSettings {
    priority: Option<i64>,
    hd_bitrate_compression: Option<i64>,
    ld_bitrate_compression: Option<i64>,
    is_client_visible: Option<bool>,
}

#[derive(Debug, Serialize)]
struct TaskStatusSettings {
    priority: Option<i64>,
    roles_for_board: Option<Value>,
    is_client_allowed: Option<bool>,
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
            let settings = TaskTypeSettings {
                priority: link.priority,
                hd_bitrate_compression: link.hd_bitrate_compression,
                ld_bitrate_compression: link.ld_bitrate_compression,
                is_client_visible: link.is_client_visible,
            };
            let of_project = task_types.entry(link.project_id).or_default();
            of_project.links.push(link.task_type_id, &settings)?;
            of_project
                .priorities
                .push(link.task_type_id, &link.priority)?;
        }
        let mut statuses: HashMap<Uuid, Members> = HashMap::new();
        for link in links {
            let settings = TaskStatusSettings {
                priority: link.priority,
                roles_for_board: link.roles_for_board,
                is_client_allowed: link.is_client_allowed,
            };
            let of_project = statuses.entry(link.project_id).or_default();
            of_project.push(link.task_status_id, &settings)?;
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
        let embedded = self.embedded(caller, &[id]).await?;
        let is_tv_show = row
            .get("production_type")
            .is_some_and(|kind| kind == "tvshow");
        let mut text = vec![b'{'];
        embedded.write(id, is_tv_show, &mut text)?;
        text.push(b'}');
        let members: JsonRow = serde_json::from_slice(&text).map_err(unserializable)?;
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
    /// Appends the members of a project's JSON object, with commas between them:
    /// `descriptors`, `task_type_links`, `task_types_priority`,
    /// `task_statuses_link`, and for a TV show with episodes `first_episode_id`.
    pub fn write(&self, id: Uuid, is_tv_show: bool, out: &mut Vec<u8>) -> Result<()> {
        let object = |key: &str, members: Option<&Members>, out: &mut Vec<u8>| {
            out.extend_from_slice(format!(",\"{key}\":{{").as_bytes());
            out.extend_from_slice(members.map_or(&[], |members| &members.0));
            out.push(b'}');
        };
        out.extend_from_slice(b"\"descriptors\":");
        let none = Vec::new();
        serialize(self.descriptors.get(&id).unwrap_or(&none), out)?;
        let types = self.task_types.get(&id);
        object("task_type_links", types.map(|types| &types.links), out);
        let priorities = types.map(|types| &types.priorities);
        object("task_types_priority", priorities, out);
        object("task_statuses_link", self.statuses.get(&id), out);
        if let (true, Some(episode)) = (is_tv_show, self.first_episodes.get(&id)) {
            out.extend_from_slice(format!(",\"first_episode_id\":\"{episode}\"").as_bytes());
        }
        Ok(())
    }
}

fn serialize(value: &impl Serialize, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, value).map_err(unserializable)
}

fn unserializable(error: serde_json::Error) -> Error {
    Error::Failed(format!(
        "what a project embeds cannot be serialized: {error}"
    ))
}
