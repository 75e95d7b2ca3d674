//! Lists of the playlists of a project.

use tanuki_store::database::JsonChunks;
use tanuki_store::query::playlists;
use tanuki_store::view::playlists::LISTED;
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use super::PLAYLISTS;
use crate::access::ProjectAccess;
use crate::entities::Kind;
use crate::parameters::{Parameters, hyphenated_id};
use crate::resource::Relations;
use crate::{Caller, MaybeId, Playlists, Result};

/// The number of playlists on a page.
const PAGE_SIZE: u64 = 20;

/// Filters, order and page of a list of playlists, as the query string has
/// them.
#[derive(Debug, Default)]
pub struct PlaylistQuery {
    pub task_type_id: Option<MaybeId>,
    /// `shot`, `asset`, `sequence`, `edit` or `episode`.
    pub for_entity: Option<String>,
    /// A column; creation and last change sort newest first. Any other text
    /// sorts by the last change.
    pub sort_by: Option<String>,
    /// From 1; what is less counts as 1.
    pub page: i64,
}

/// The playlists of a project that are asked for by episode.
#[derive(Debug, Clone)]
pub enum PlaylistEpisode {
    /// Those of no episode that are not for all.
    Main,
    /// Those of no episode that are for all.
    All,
    Of(MaybeId),
}

impl From<MaybeId> for PlaylistEpisode {
    fn from(id: MaybeId) -> Self {
        match id.as_str() {
            "main" => Self::Main,
            "all" => Self::All,
            _ => Self::Of(id),
        }
    }
}

impl Playlists<'_> {
    /// Lists the playlists of a project, twenty to a page. JSON: an array of
    /// [`LISTED`]. Requires access to the project; vendors are denied, clients
    /// get those that are shared with them.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project,
    /// [`Error::Denied`](crate::Error::Denied) without access,
    /// [`Error::Invalid`](crate::Error::Invalid) for a malformed id.
    pub async fn project_playlists(
        self,
        caller: &Caller,
        project_id: Uuid,
        asked: &PlaylistQuery,
    ) -> Result<JsonChunks> {
        let access = self.require_reader(caller, project_id).await?;
        let which = playlists::of_project(project_id);
        self.page(access, which, asked).await
    }

    /// Lists the playlists of an episode of a project, as
    /// [`project_playlists`](Self::project_playlists) does.
    ///
    /// # Errors
    /// Those of `project_playlists`, and [`Error::NotFound`](crate::Error::NotFound) if
    /// there is no such episode.
    pub async fn episode_playlists(
        self,
        caller: &Caller,
        project_id: Uuid,
        episode: &PlaylistEpisode,
        asked: &PlaylistQuery,
    ) -> Result<JsonChunks> {
        let access = self.require_reader(caller, project_id).await?;
        let of_episode = match episode {
            PlaylistEpisode::Main => playlists::of_no_episode(false),
            PlaylistEpisode::All => playlists::of_no_episode(true),
            PlaylistEpisode::Of(id) => {
                let found = self
                    .core
                    .load_entity_unchecked(caller, Kind::Episode, id.found()?)
                    .await?;
                playlists::of_episode(found.id)
            }
        };
        let which = playlists::of_project(project_id).and(of_episode);
        self.page(access, which, asked).await
    }

    /// Lists the playlists of a project with all their columns and the ids of
    /// their build jobs, the most recently changed first: one page if `page` is
    /// positive, otherwise all. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Denied`](crate::Error::Denied) for everybody else,
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project.
    pub async fn all_playlists(
        self,
        caller: &Caller,
        project_id: &MaybeId,
        parameters: &Parameters,
    ) -> Result<JsonChunks> {
        caller.require_admin()?;
        let (project_id, _) = self
            .core
            .require_project(caller, project_id.found()?)
            .await?;
        let list = ListQuery::new((PLAYLISTS.projection)(Relations::With))
            .filter(playlists::of_project(project_id));
        self.core.resources().paged(list, parameters, 0).await
    }

    /// Requires access to the project and a role other than vendor. Admins pass
    /// even if there is no such project.
    pub(super) async fn require_reader(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<ProjectAccess> {
        let (_, access) = self
            .core
            .require_project_unless_admin(caller, project_id)
            .await?;
        access.deny_vendors()?;
        Ok(access)
    }

    async fn page(
        self,
        access: ProjectAccess,
        which: Filter,
        asked: &PlaylistQuery,
    ) -> Result<JsonChunks> {
        let task_type = asked
            .task_type_id
            .as_ref()
            .filter(|id| !id.as_str().is_empty());
        let task_type = hyphenated_id("task_type_id", task_type)?;
        let kind = asked.for_entity.as_deref().filter(|kind| !kind.is_empty());
        let which = which
            .and_option(access.is_client().then(playlists::is_for_clients))
            .and_option(task_type.map(playlists::of_task_type))
            .and_option(kind.map(playlists::for_entity));
        let pages_before = u64::try_from(asked.page - 1).unwrap_or(0);
        let list = ListQuery::new(&LISTED).filter(which);
        let list = playlists::sorted(list, asked.sort_by.as_deref().unwrap_or_default())
            .limit(PAGE_SIZE)
            .offset(pages_before.saturating_mul(PAGE_SIZE));
        Ok(self.core.database().fetch_list(list).await?)
    }
}
