//! What the cells of an import name, loaded once for the whole file.

use std::collections::{HashMap, HashSet};

use tanuki_store::query::entities::{kinds, type_named};
use tanuki_store::query::imports::{self, KnownEntity, MetadataColumn, Named, PersonNames};
use tanuki_store::query::projects::links;
use tanuki_store::query::tasks::assignments;
use tanuki_store::schema::PROJECT_ASSET_TYPE_LINK;
use tanuki_store::write::Defaults;
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::EntityImport;
use crate::{Error, Result};

/// A production, and the names of what is in it.
#[derive(Debug)]
pub(super) struct Catalog {
    pub import: EntityImport,
    pub is_tv_show: bool,
    pub metadata: Vec<MetadataColumn>,
    /// The task types of the production for the entities of the import.
    pub task_types: Vec<Named>,
    /// The task types of shots, which assets are ready for.
    pub stages: Vec<Named>,
    pub statuses: Statuses,
    pub people: People,
    pub types: EntityTypes,
    /// The entities of the import's kind, and the episodes and sequences.
    pub known: Vec<KnownEntity>,
}

impl Catalog {
    /// Loads what an import of entities may name. Creates the entity types of
    /// episodes, sequences and shots that the studio lacks.
    ///
    /// # Errors
    ///
    /// Failures of the database only.
    pub async fn load(
        transaction: &mut Transaction,
        project_id: Uuid,
        import: EntityImport,
        defaults: &Defaults<'_>,
    ) -> Result<Self> {
        let kind = import.kind();
        let types = EntityTypes::load(transaction, project_id, import, defaults).await?;
        let is_asset = kind == Kind::Asset;
        let mut which = kinds::of_kind(kind.is());
        for folder in [Kind::Episode, Kind::Sequence] {
            which = which.or(kinds::of_kind(folder.is()));
        }
        Ok(Self {
            import,
            is_tv_show: imports::is_tv_show(&mut *transaction, project_id).await?,
            metadata: imports::metadata_columns(
                &mut *transaction,
                project_id,
                kind.type_name(),
                None,
                false,
            )
            .await?,
            task_types: imports::task_types(&mut *transaction, project_id, kind.type_name())
                .await?,
            stages: if is_asset {
                imports::task_types(&mut *transaction, project_id, "Shot").await?
            } else {
                Vec::new()
            },
            statuses: Statuses::load(transaction).await?,
            people: People::load(transaction, project_id).await?,
            types,
            known: imports::entities(&mut *transaction, project_id, which).await?,
        })
    }
}

/// Returns the names of all entity types, by their ids.
pub(super) async fn type_names(transaction: &mut Transaction) -> Result<HashMap<Uuid, String>> {
    let types = imports::entity_types(transaction).await?.into_iter();
    Ok(types.map(|named| (named.id, named.name)).collect())
}

/// Task statuses by name and short name.
#[derive(Debug)]
pub(super) struct Statuses(HashMap<String, Uuid>);

impl Statuses {
    async fn load(transaction: &mut Transaction) -> Result<Self> {
        let mut by_name = HashMap::new();
        for status in imports::task_statuses(transaction).await? {
            for name in [status.name, status.short_name] {
                by_name.entry(name.to_lowercase()).or_insert(status.id);
            }
        }
        Ok(Self(by_name))
    }

    /// Finds a status by its name or short name in any case.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub fn find(&self, name: &str) -> Result<Uuid, String> {
        let found = self.0.get(&name.to_lowercase()).copied();
        found.ok_or_else(|| format!("Task status not found for {name}"))
    }
}

/// People by full name, e-mail and id.
#[derive(Debug)]
pub(super) struct People {
    by_name: HashMap<String, Vec<Uuid>>,
    bots: HashSet<Uuid>,
    /// Whether bots may be assigned to tasks of the production.
    allows_bots: bool,
}

impl People {
    /// Loads the people and bots of the studio.
    ///
    /// # Errors
    ///
    /// Failures of the database only.
    pub async fn load(transaction: &mut Transaction, project_id: Uuid) -> Result<Self> {
        let allowing = assignments::allowing_bots(&mut *transaction, &[project_id]).await?;
        let mut people = Self {
            by_name: HashMap::new(),
            bots: HashSet::new(),
            allows_bots: !allowing.is_empty(),
        };
        for person in imports::people(transaction).await? {
            people.add(person);
        }
        Ok(people)
    }

    fn add(&mut self, person: PersonNames) {
        let PersonNames {
            id,
            first_name,
            last_name,
            email,
            is_bot,
        } = person;
        let full_name = format!("{first_name} {last_name}");
        for name in [full_name.trim(), &email, &id.to_string()] {
            if !name.is_empty() {
                let called = self.by_name.entry(name.to_lowercase()).or_default();
                if !called.contains(&id) {
                    called.push(id);
                }
            }
        }
        if is_bot {
            self.bots.insert(id);
        }
    }

    /// Finds a person by full name, e-mail or id in any case.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub fn find(&self, name: &str) -> Result<Uuid, String> {
        let name = name.trim();
        match self.by_name.get(&name.to_lowercase()).map(Vec::as_slice) {
            Some([id]) => Ok(*id),
            Some([_, _, ..]) => Err(format!(
                "Several people are called {name}: use the e-mail address"
            )),
            _ => Err(format!("Person not found for {name}")),
        }
    }

    /// Finds somebody who may be assigned to tasks of the production.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub fn find_assignee(&self, name: &str) -> Result<Uuid, String> {
        let id = self.find(name)?;
        if self.bots.contains(&id) && !self.allows_bots {
            let name = name.trim();
            return Err(format!(
                "{name} is a bot, and bots do not work on this production"
            ));
        }
        Ok(id)
    }
}

/// The entity types that an import needs: those of its folders, and asset types.
#[derive(Debug)]
pub(super) struct EntityTypes {
    /// The types that are no asset types, by name.
    temporal: HashMap<String, Uuid>,
    /// All asset types, by name in lower case.
    asset_types: HashMap<String, Uuid>,
    /// The asset types that the production uses; empty if it may use all.
    pub of_production: HashSet<Uuid>,
    /// The task types in the workflow of an asset type; none for all.
    workflows: HashMap<Uuid, HashSet<Uuid>>,
}

impl EntityTypes {
    async fn load(
        transaction: &mut Transaction,
        project_id: Uuid,
        import: EntityImport,
        defaults: &Defaults<'_>,
    ) -> Result<Self> {
        for kind in import.needs() {
            type_named(transaction, kind.type_name(), defaults).await?;
        }
        let (mut temporal, mut asset_types) = (HashMap::new(), HashMap::new());
        for Named { id, name } in imports::entity_types(&mut *transaction).await? {
            if imports::is_temporal(&name) {
                temporal.insert(name, id);
            } else {
                asset_types.entry(name.to_lowercase()).or_insert(id);
            }
        }
        let mut workflows: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
        for (asset_type, task_type) in imports::workflows(&mut *transaction).await? {
            workflows.entry(asset_type).or_default().insert(task_type);
        }
        let link = (project_id, "asset_type_id");
        let of_production = links::targets(transaction, &PROJECT_ASSET_TYPE_LINK, link).await?;
        Ok(Self {
            temporal,
            asset_types,
            of_production: of_production.into_iter().collect(),
            workflows,
        })
    }

    /// Returns the type of entities that are no assets.
    pub fn of_kind(&self, kind: Kind) -> Result<Uuid> {
        let id = self.temporal.get(kind.type_name()).copied();
        id.ok_or(Error::NotFound)
    }

    /// Whether a type that is no asset type has the name, in any case.
    pub fn is_temporal(&self, name: &str) -> bool {
        let lowered = name.to_lowercase();
        let mut names = self.temporal.keys();
        names.any(|known| known.to_lowercase() == lowered)
    }

    /// Finds an asset type of the studio by name in any case.
    pub fn asset_type(&self, name: &str) -> Option<Uuid> {
        self.asset_types.get(&name.to_lowercase()).copied()
    }

    /// Adds an asset type that the import creates.
    pub fn add(&mut self, name: &str, id: Uuid) {
        self.asset_types.insert(name.to_lowercase(), id);
    }

    /// Whether a task type belongs to the workflow of an asset type.
    pub fn works_on(&self, asset_type: Uuid, task_type: Uuid) -> bool {
        let workflow = self.workflows.get(&asset_type);
        workflow.is_none_or(|types| types.contains(&task_type))
    }
}
