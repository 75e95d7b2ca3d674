//! Creates entities in a project.

use serde_json::Value;
use tanuki_store::query::entities;
use tanuki_store::query::entities::by_name::{self, AssetPlace};
use tanuki_store::query::{entities::kinds, rows, uniqueness, work};
use tanuki_store::schema::ENTITY;
use tanuki_store::write::{self, Values};
use tanuki_store::{Connection, Transaction};
use uuid::Uuid;

use super::Kind;
use crate::access::{ProjectAccess, ensure, load_unchecked};
use crate::events::Event;
use crate::fields::column_value;
use crate::resource::require_in_project;
use crate::{Caller, ConstraintViolation, Entities, Error, JsonRow, MaybeId, Result};

/// The values of an entity to create.
#[derive(Debug, Clone, Default)]
pub struct NewEntity {
    pub name: String,
    /// The sequence of a shot, the episode of an edit, the folder of a concept.
    pub parent: Option<Uuid>,
    /// Values of other columns, by name.
    pub fields: Vec<(&'static str, Value)>,
    /// Ids of the entities that a concept is linked to.
    pub concept_of: Vec<Uuid>,
}

impl NewEntity {
    /// Returns the episode that an asset is created for.
    fn source_id(&self) -> Option<Uuid> {
        let (_, id) = self.fields.iter().find(|(name, _)| *name == "source_id")?;
        Uuid::try_parse(id.as_str()?).ok()
    }
}

impl Entities<'_> {
    /// Creates an entity of a kind other than asset and returns its row.
    /// Idempotent: if the parent (for episodes and concepts: the project)
    /// already has an entity of that name and kind, its row is returned
    /// unchanged.
    ///
    /// Requires a manager of the project, for concepts any member of its team
    /// except clients and vendors, for folders of concepts a supervisor.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or the parent does not exist, `Denied` if the
    /// caller may not create the kind, `Invalid` for a reference to another
    /// project.
    pub async fn create_entity(
        self,
        caller: &Caller,
        kind: Kind,
        project_id: Uuid,
        new: NewEntity,
    ) -> Result<JsonRow> {
        self.core.require_existing(project_id).await?;
        let access = caller
            .project_access(self.core.database(), Some(project_id))
            .await?;
        check_creator(kind, access)?;
        let mut transaction = self.core.database().begin().await?;
        // Serializes creations in the project: names are unique.
        uniqueness::lock(&mut transaction, &ENTITY, Some(project_id)).await?;
        let above = self
            .parent(&mut transaction, caller, kind, project_id, &new)
            .await?;
        let place = (project_id, kind.is());
        // Names of episodes and concepts are unique in the project, all others
        // within their parent.
        let parent = (!matches!(kind, Kind::Episode | Kind::Concept)).then_some(new.parent);
        if let Some(id) = kinds::named(&mut transaction, &new.name, place, parent).await? {
            return row(&mut transaction, kind, id).await;
        }
        let defaults = self.core.defaults();
        let type_id = entities::type_named(&mut transaction, kind.type_name(), &defaults).await?;
        let id = self
            .insert_entity(&mut transaction, caller, project_id, type_id, &new)
            .await?;
        let text = |id: Option<Uuid>| id.map(|id| id.to_string());
        let event = Event::about(kind.table_name(), "new", id);
        let event = match kind {
            Kind::Shot => event.with("episode_id", text(above)),
            Kind::Edit => event.with("parent_id", text(new.parent)),
            _ => event,
        };
        let event = event.in_project(Some(project_id));
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        let answer = row(&mut transaction, kind, id).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Creates an asset and returns its row. Idempotent: if the project has an
    /// asset of that name, type and episode that is not canceled, its row is
    /// returned unchanged. Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or the asset type does not exist, `Denied` if
    /// the caller does not manage the project, `Invalid` for a reference to
    /// another project.
    pub async fn create_asset(
        self,
        caller: &Caller,
        project_id: Uuid,
        asset_type: &MaybeId,
        new: NewEntity,
    ) -> Result<JsonRow> {
        let project_id = self
            .core
            .require_managed_project(caller, project_id)
            .await?
            .project_id;
        let type_id = asset_type.found()?;
        if !work::asset_type_exists(self.core.database(), type_id).await? {
            return Err(Error::NotFound);
        }
        let mut transaction = self.core.database().begin().await?;
        // Serializes creations in the project: names are unique.
        uniqueness::lock(&mut transaction, &ENTITY, Some(project_id)).await?;
        let place = AssetPlace {
            project_id,
            entity_type_id: type_id,
            source_id: new.source_id(),
        };
        let namesake = by_name::asset_named(&mut transaction, &new.name, place, None).await?;
        if let Some(id) = namesake {
            return row(&mut transaction, Kind::Asset, id).await;
        }
        let id = self
            .insert_entity(&mut transaction, caller, project_id, type_id, &new)
            .await?;
        let event = Event::about("asset", "new", id)
            .with("asset_type", type_id.to_string())
            .in_project(Some(project_id));
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        let answer = row(&mut transaction, Kind::Asset, id).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Checks that the parent of a new entity is in the project, and returns
    /// the parent's own parent.
    async fn parent(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        kind: Kind,
        project_id: Uuid,
        new: &NewEntity,
    ) -> Result<Option<Uuid>> {
        let (Some(above), Some(parent)) = (kind.above(), new.parent) else {
            return Ok(None);
        };
        let parent = load_unchecked(transaction, caller, above, parent).await?;
        if parent.project_id != project_id {
            return Err(Error::NotFound);
        }
        Ok(parent.parent_id)
    }

    async fn insert_entity(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        entity_type_id: Uuid,
        new: &NewEntity,
    ) -> Result<Uuid> {
        let id = Uuid::new_v4();
        let mut values = Values::from([
            ("id", id.into()),
            ("project_id", project_id.into()),
            ("entity_type_id", entity_type_id.into()),
            ("parent_id", new.parent.into()),
            ("created_by", caller.author().into()),
        ]);
        let name = ("name", Value::from(new.name.as_str()));
        for (name, json) in new.fields.iter().chain([&name]) {
            let column = ENTITY
                .column(name)
                .ok_or(Error::Constraint(ConstraintViolation::Format))?;
            values.insert(column.name, column_value(column, json)?);
        }
        let defaults = self.core.defaults();
        write::insert(transaction, &ENTITY, values, &defaults).await?;
        check_references(transaction, caller, project_id, new).await?;
        if let Some(link) = ENTITY.link("entity_concept_links") {
            let of = rows::existing(&mut *transaction, link.of, &new.concept_of).await?;
            write::replace_links(transaction, link, id, &of, &defaults).await?;
        }
        Ok(id)
    }
}

/// Checks the references of a new entity: its parent and episode belong to the
/// project; the entities that a concept is linked to belong to it, are shared,
/// or belong to another project that the caller has access to.
async fn check_references(
    transaction: &mut Transaction,
    caller: &Caller,
    project_id: Uuid,
    new: &NewEntity,
) -> Result<()> {
    let source = new.fields.iter().find(|(field, _)| *field == "source_id");
    let source = source.and_then(|(_, id)| Uuid::try_parse(id.as_str()?).ok());
    for (field, ids, across_projects) in [
        ("parent_id", new.parent.as_slice(), false),
        ("episode_id", source.as_slice(), false),
        ("entity_concept_links", &new.concept_of, true),
    ] {
        let connection = (&mut *transaction).into();
        let what = (field, &ENTITY);
        let ids = (ids, across_projects);
        require_in_project(connection, caller, project_id, what, ids).await?;
    }
    Ok(())
}

/// Checks that the caller may create an entity of a kind: concepts are open to
/// the team without clients and vendors, folders of concepts to supervisors,
/// all other kinds to managers.
fn check_creator(kind: Kind, access: ProjectAccess) -> Result<()> {
    match kind {
        Kind::Concept => {
            ensure(access.is_granted())?;
            access.deny_guests()
        }
        Kind::ConceptFolder => access.require_supervisor(),
        _ => access.require_manager(),
    }
}

/// Returns the row of an entity as the endpoints of its kind return it.
pub(super) async fn row(connection: impl Connection, kind: Kind, id: Uuid) -> Result<JsonRow> {
    let row = rows::by_id(connection, &kind.projections().row, id).await?;
    row.ok_or(Error::NotFound)
}
