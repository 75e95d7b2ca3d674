//! Boards (`with-tasks`): the entities of a kind with their tasks in one
//! response.

use std::sync::LazyLock;

use tanuki_domain::Role;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::entities::with_tasks::{self as query, BoardFilter, Episode};
use tanuki_store::query::visibility::boards::Viewer;
use tanuki_store::query::work::EntityKind;
use tanuki_store::query::{entities::kinds, list_filters, rows, work as assigned};
use tanuki_store::schema::ENTITY;
use tanuki_store::view::boards;
use tanuki_store::{Board, BoardFormat, Filter};
use uuid::Uuid;

use crate::access::{ProjectAccess, ensure};
use crate::etag::EtagInputs;
use crate::fields::hyphenated_id;
use crate::parameters::{Parameters, first, refused_filter};
use crate::{Caller, ClientEtags, Conditional, Entities, Error, Result};

/// The description of a board: the kind of its entities, its filters and
/// permissions.
#[derive(Debug)]
pub struct BoardKind {
    pub(super) board: &'static LazyLock<Board>,
    kind: EntityKind,
    /// Name of the entities in the header of the compact format; `None` if the
    /// board has no compact format.
    pub(super) compact_as: Option<&'static str>,
    /// Query parameters that must be ids.
    ids: &'static [&'static str],
    order: &'static [(&'static str, &'static str)],
    /// Returns the filter `episode_id`.
    of_episode: fn(Episode) -> Filter,
    vendors: Vendors,
    clients: bool,
}

/// Which entities of a board vendors see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vendors {
    /// Those that they have tasks on.
    Own,
    /// Parents of the shots and assets that they have tasks on.
    Above,
    Nothing,
}

const BY_ID: &[&str] = &["id", "project_id", "episode_id"];

/// The board of assets.
pub static ASSETS: BoardKind = BoardKind {
    board: &boards::ASSETS,
    kind: EntityKind::Asset,
    compact_as: Some("asset"),
    ids: BY_ID,
    order: &[("entity_type", "name"), ("entity", "name")],
    of_episode: query::is_asset_of,
    vendors: Vendors::Own,
    clients: true,
};

/// The board of shots.
pub static SHOTS: BoardKind = BoardKind {
    board: &boards::SHOTS,
    kind: EntityKind::Temporal("Shot"),
    compact_as: Some("shot"),
    of_episode: query::is_shot_of,
    ..OTHERS
};

/// The board of edits.
pub static EDITS: BoardKind = BoardKind {
    board: &boards::EDITS,
    kind: EntityKind::Temporal("Edit"),
    ..OTHERS
};

/// The board of concepts. Not for clients and vendors.
pub static CONCEPTS: BoardKind = BoardKind {
    board: &boards::CONCEPTS,
    kind: EntityKind::Temporal("Concept"),
    ids: &["id", "project_id"],
    of_episode: |_| Filter::all(),
    vendors: Vendors::Nothing,
    clients: false,
    ..OTHERS
};

/// The board of layout scenes. Not for vendors.
pub static SCENES: BoardKind = BoardKind {
    kind: EntityKind::Temporal("Scene"),
    ids: &["project_id", "episode_id"],
    vendors: Vendors::Nothing,
    ..OTHERS
};

/// The board of sequences.
pub static SEQUENCES: BoardKind = BoardKind {
    kind: EntityKind::Temporal("Sequence"),
    ids: &["project_id", "episode_id"],
    vendors: Vendors::Above,
    ..OTHERS
};

/// The board of episodes.
pub static EPISODES: BoardKind = BoardKind {
    kind: EntityKind::Temporal("Episode"),
    ids: &["project_id", "episode_id"],
    vendors: Vendors::Above,
    ..OTHERS
};

const OTHERS: BoardKind = BoardKind {
    board: &boards::OTHERS,
    kind: EntityKind::Asset,
    compact_as: None,
    ids: BY_ID,
    order: &[],
    of_episode: query::is_child_of,
    vendors: Vendors::Own,
    clients: true,
};

impl Entities<'_> {
    /// Returns a board, filtered by the query string, and the format of its
    /// body. JSON: an array of entities with their `tasks`. On boards of assets
    /// and shots, `stream=true` selects a header followed by one line of JSON
    /// per entity, and `compact=true` arrays of values after a header that
    /// lists the keys.
    ///
    /// Boards of assets and shots have an ETag if they are filtered by
    /// `project_id`: [`Conditional::NotModified`] (304) if it is one of
    /// `if_none_match`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or episode does not exist. `Denied` without
    /// access to the project, and for roles that the board is closed to.
    /// `Invalid` for a malformed id, and for clients who filter by assignee.
    pub async fn board(
        self,
        caller: &Caller,
        of: &'static BoardKind,
        parameters: &Parameters,
        if_none_match: &ClientEtags,
    ) -> Result<Conditional<(JsonChunks, BoardFormat)>> {
        for name in of.ids {
            check_id(name, first(parameters, name))?;
        }
        let project_id = first(parameters, "project_id").and_then(hyphenated_id);
        let access = self
            .require_board(caller, of, parameters, project_id)
            .await?;
        if access.is_some_and(ProjectAccess::is_client) && of.names_assignee(parameters) {
            return Err(refused_filter("assigned_to"));
        }
        let viewer = Viewer {
            person_id: caller.id,
            role: caller.role,
            in_project: access.map(ProjectAccess::role),
        };
        let asked = BoardFilter {
            project_id,
            episode: asked_episode(parameters),
            entities: of.entities(&viewer, parameters, project_id),
            tasks: of.tasks(&viewer, parameters),
            order: of.order,
            viewer,
        };
        let form = of.form(parameters);
        let name = of.compact_as.unwrap_or_default();
        let read = async { Ok((self.stream_board(of.board, &asked, form, name), form)) };
        match (of.compact_as, project_id.zip(access)) {
            (Some(name), Some((project_id, access))) => {
                let edited = EtagInputs {
                    project_id,
                    access,
                    name,
                    parameters,
                };
                self.core
                    .unless_matched(caller, edited, if_none_match, read)
                    .await
            }
            _ => Ok(Conditional::Modified(read.await?, None)),
        }
    }

    /// Lists the entities that are linked to a concept, with their tasks.
    /// Requires access to the concept; contains only the entities that the
    /// caller has access to.
    ///
    /// # Errors
    ///
    /// `NotFound` if the concept does not exist, `Denied` without access to it.
    pub async fn linked_with_tasks(self, caller: &Caller, id: Uuid) -> Result<JsonChunks> {
        let database = self.core.database();
        let project_id = rows::project_of(database, "entity", id).await?;
        let project_id = project_id.ok_or(Error::NotFound)?;
        let access = caller.require_project_access(database, project_id).await?;
        caller.require_entity_reach(database, access, id).await?;
        let viewer = Viewer {
            person_id: caller.id,
            role: caller.role,
            in_project: None,
        };
        let asked = BoardFilter {
            project_id: None,
            episode: None,
            entities: Filter::all()
                .and(query::is_linked_to(id))
                .and(viewer.sees_entity()),
            tasks: Filter::all().and(viewer.sees_task()),
            order: &[],
            viewer,
        };
        Ok(self.stream_board(&boards::LINKED, &asked, BoardFormat::Plain, ""))
    }

    fn stream_board(
        self,
        board: &'static Board,
        asked: &BoardFilter,
        form: BoardFormat,
        name: &str,
    ) -> JsonChunks {
        self.core
            .database()
            .stream_board(board, asked, (form, name))
    }

    /// Checks that the caller may read a board and returns their access to the
    /// project. `None` for a board of all projects of the caller, which exists
    /// for assets only.
    async fn require_board(
        self,
        caller: &Caller,
        of: &BoardKind,
        parameters: &Parameters,
        project_id: Option<Uuid>,
    ) -> Result<Option<ProjectAccess>> {
        let database = self.core.database();
        let project_id = match first(parameters, "episode_id") {
            _ if of.kind != EntityKind::Asset || project_id.is_some() => project_id,
            None => return Ok(None),
            Some(episode) => {
                let id = hyphenated_id(episode).ok_or(Error::NotFound)?;
                let episode = EntityKind::Temporal("Episode");
                if !assigned::entity_exists(database, id, episode).await? {
                    return Err(Error::NotFound);
                }
                rows::project_of(database, "entity", id).await?.flatten()
            }
        };
        let access = caller
            .require_existing_project(database, project_id)
            .await?;
        ensure(of.vendors != Vendors::Nothing || !access.is_vendor())?;
        ensure(of.clients || !access.is_client())?;
        Ok(Some(access))
    }
}

impl BoardKind {
    /// Returns the format that `stream` and `compact` select; both are ignored
    /// by boards without a compact format.
    fn form(&self, parameters: &Parameters) -> BoardFormat {
        let is_set = |name| self.compact_as.is_some() && first(parameters, name) == Some("true");
        let compact = is_set("compact");
        match (is_set("stream"), compact) {
            (true, compact) => BoardFormat::Lines { compact },
            (false, true) => BoardFormat::Compact,
            (false, false) => BoardFormat::Plain,
        }
    }

    /// Returns the condition on the entities of the board.
    fn entities(
        &self,
        viewer: &Viewer,
        parameters: &Parameters,
        project_id: Option<Uuid>,
    ) -> Filter {
        let mut entities = Filter::all().and(kinds::of_kind(self.kind));
        if let Some(id) = project_id {
            entities = entities.and(list_filters::of_project(&ENTITY, id));
        }
        if self.ids.contains(&"id")
            && let Some(id) = first(parameters, "id").and_then(hyphenated_id)
        {
            entities = entities.and(list_filters::has_id(&ENTITY, id));
        }
        if let Some(episode) = asked_episode(parameters) {
            entities = entities.and((self.of_episode)(episode));
        }
        if self.asks_for_own(parameters) {
            entities = entities.and(viewer.works_on_entity());
        }
        match self.vendors {
            Vendors::Above if viewer.in_project == Some(Role::Vendor) => {
                entities.and(viewer.works_below())
            }
            Vendors::Own => entities.and(viewer.sees_entity()),
            _ => entities,
        }
    }

    /// Returns the condition on the tasks of the entities.
    fn tasks(&self, viewer: &Viewer, parameters: &Parameters) -> Filter {
        let tasks = Filter::all().and(viewer.sees_task());
        if self.asks_for_own(parameters) {
            return tasks.and(viewer.works_on_task());
        }
        // Boards of scenes, sequences and episodes filter tasks by the given
        // person, not by the caller.
        match first(parameters, "assigned_to") {
            Some(person) if !viewer.is_vendor() => {
                let person_id = hyphenated_id(person).unwrap_or_default();
                tasks.and(
                    Viewer {
                        person_id,
                        ..*viewer
                    }
                    .works_on_task(),
                )
            }
            _ => tasks,
        }
    }

    /// Returns whether the board is filtered by the tasks of a given person.
    fn names_assignee(&self, parameters: &Parameters) -> bool {
        first(parameters, "assigned_to").is_some() && !self.asks_for_own(parameters)
    }

    /// Returns whether the board is filtered by the tasks of the caller, which
    /// it is for any value of `assigned_to`.
    fn asks_for_own(&self, parameters: &Parameters) -> bool {
        self.ids.contains(&"id") && first(parameters, "assigned_to").is_some()
    }
}

/// Parses the filter `episode_id`; `None` if the board is not filtered by
/// episode.
fn asked_episode(parameters: &Parameters) -> Option<Episode> {
    match first(parameters, "episode_id")? {
        "main" => Some(Episode::None),
        text => hyphenated_id(text).map(Episode::One),
    }
}

/// Refuses a malformed id with `Invalid`. `episode_id` may also be `all` or
/// `main`.
fn check_id(name: &str, given: Option<&str>) -> Result<()> {
    match given {
        Some("all" | "main") if name == "episode_id" => Ok(()),
        Some(text) if hyphenated_id(text).is_none() => Err(Error::invalid(format!(
            "Invalid UUID format for {name}: {text}"
        ))),
        _ => Ok(()),
    }
}
