//! Removes what was removed in ShotGrid.

use serde_json::{Map, Value, json};
use tanuki_store::query::entities::{deletion, kinds};
use tanuki_store::query::projects::links;
use tanuki_store::query::tasks::lists;
use tanuki_store::query::{removal, rows, shotgun};
use tanuki_store::schema::{PERSON, PROJECT, PROJECT_PERSON_LINK};
use tanuki_store::{Filter, Kind, Shape, Transaction};
use uuid::Uuid;

use super::keys::shotgun_id;
use crate::access::load_unchecked;
use crate::comments::COMMENTS;
use crate::entities::ENTITIES;
use crate::events::Event;
use crate::files::PREVIEW_FILES;
use crate::people::PERSONS;
use crate::projects::PROJECTS;
use crate::resource::{Action, DeleteContext, Relations, Resource};
use crate::studio::{TASK_STATUSES, TASK_TYPES};
use crate::tasks::TASKS;
use crate::{Admin, Caller, ConstraintViolation, Error, Imports, Result};

/// What is removed when it was removed in ShotGrid.
#[derive(Debug)]
pub struct ShotgunRemoval {
    /// The last part of the path: `/import/shotgun/remove/NAME`.
    pub name: &'static str,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Row(&'static Resource),
    Entity(Kind),
    /// A member of a team.
    Member,
}

const fn row(name: &'static str, resource: &'static Resource) -> ShotgunRemoval {
    let what = What::Row(resource);
    ShotgunRemoval { name, what }
}

const fn entity(name: &'static str, kind: Kind) -> ShotgunRemoval {
    let what = What::Entity(kind);
    ShotgunRemoval { name, what }
}

const fn member(name: &'static str) -> ShotgunRemoval {
    let what = What::Member;
    ShotgunRemoval { name, what }
}

/// What is removed when it was removed in ShotGrid.
pub static SHOTGUN_REMOVALS: &[ShotgunRemoval] = &[
    row("project", &PROJECTS),
    row("person", &PERSONS),
    member("project-connection"),
    member("projectconnection"),
    entity("episode", Kind::Episode),
    entity("sequence", Kind::Sequence),
    entity("asset", Kind::Asset),
    entity("scene", Kind::Scene),
    entity("shot", Kind::Shot),
    row("step", &TASK_TYPES),
    row("status", &TASK_STATUSES),
    row("task", &TASKS),
    row("version", &PREVIEW_FILES),
    row("note", &COMMENTS),
];

/// The shape of the response: whether it is gone, and the id of what was there,
/// if it has one.
pub fn removal_shape() -> Shape {
    Shape::object([
        ("removed_instance_id", Shape::id()),
        ("success", Shape::boolean()),
    ])
}

impl Imports<'_> {
    /// Removes what has the `id` of the body in ShotGrid. Returns `success`, and
    /// `removed_instance_id` if a row with an id was there. What other rows refer
    /// to stays, and `success` is false. An asset with working files is canceled.
    /// Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a body without an `id`, [`Error::Denied`] for the
    /// caller's own account, [`Error::DeniedBecause`] for a protected one.
    pub async fn remove_shotgun_row(
        self,
        admin: Admin<'_>,
        removal: &'static ShotgunRemoval,
        sent: &Value,
    ) -> Result<Value> {
        let id = shotgun_id(sent);
        let id = id.ok_or_else(|| Error::invalid("id: A whole number is expected."))?;
        let caller = admin.caller();
        let (resource, which) = match removal.what {
            What::Member => return self.remove_member(caller, id).await,
            What::Row(resource) => (resource, Filter::all()),
            What::Entity(kind) => (&ENTITIES, kinds::of_kind(kind.is())),
        };
        let mut transaction = self.core.database().begin().await?;
        let table = resource.table;
        let found = shotgun::by_shotgun_id(&mut transaction, table.name, &[id], which).await?;
        let Some((_, id)) = found.first().copied() else {
            return Ok(json!({"success": true}));
        };
        if table.name == PERSON.name && id == caller.id {
            return Err(Error::Denied);
        }
        let removed = match removal.what {
            What::Entity(Kind::Asset) => self.remove_asset(&mut transaction, caller, id).await,
            _ => {
                self.remove_row(&mut transaction, caller, resource, id)
                    .await
            }
        };
        let is_gone = match removed {
            Ok(()) => {
                transaction.commit().await?;
                true
            }
            Err(error) if is_in_use(&error) => false,
            Err(error) => return Err(error),
        };
        Ok(json!({"removed_instance_id": id, "success": is_gone}))
    }

    async fn remove_row(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        resource: &'static Resource,
        id: Uuid,
    ) -> Result<()> {
        (resource.lock_before)(&mut *transaction, Action::Delete, id, &Map::new()).await?;
        let projection = (resource.projection)(Relations::Without);
        let row = rows::locked(transaction, projection, id).await?;
        let row = row.ok_or_else(resource.not_found)?;
        if resource.table.name == PROJECT.name {
            // The log refers to projects: the event of its import would keep each.
            shotgun::forget_events(transaction, id).await?;
        }
        let deleting = DeleteContext {
            core: self.core,
            caller,
            transaction,
            id,
            row: &row,
            force: false,
        };
        self.core.resources().delete_row(resource, deleting).await
    }

    /// Removes an asset with its tasks, or cancels it if they have working files.
    async fn remove_asset(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        id: Uuid,
    ) -> Result<()> {
        deletion::candidates(transaction, &[id]).await?;
        let tasks = removal::lock_tasks(transaction, lists::of_entity(id)).await?;
        let tasks: Vec<Uuid> = tasks.iter().map(|task| task.id).collect();
        if !shotgun::has_working_files(&mut *transaction, &tasks).await? {
            for task in tasks {
                self.remove_row(transaction, caller, &TASKS, task).await?;
            }
        }
        let asset = load_unchecked(&mut *transaction, caller, Kind::Asset, id).await?;
        let entities = self.core.entities();
        entities
            .remove_or_cancel(transaction, caller, &[(asset, false)])
            .await
    }

    async fn remove_member(self, caller: &Caller, id: i32) -> Result<Value> {
        let mut transaction = self.core.database().begin().await?;
        let members = shotgun::members(&mut transaction, &[id], &[]).await?;
        if let Some(member) = members.first() {
            let ends = (member.project_id, "person_id", member.person_id);
            links::remove(&mut transaction, &PROJECT_PERSON_LINK, ends).await?;
            let event = Event::named("project:update").in_project(Some(member.project_id));
            self.core
                .record(&mut transaction, event, Some(caller))
                .await?;
            transaction.commit().await?;
        }
        Ok(json!({"success": true}))
    }
}

/// Whether a deletion was refused because other rows refer to the row.
fn is_in_use(error: &Error) -> bool {
    matches!(
        error,
        Error::Constraint(ConstraintViolation::Referenced) | Error::Invalid { .. }
    )
}
