//! The news feed: of an entity, of a project, and of all open projects.

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::entities::news::{self, NewsFilter};
use tanuki_store::query::{list_filters, tasks, visibility};
use tanuki_store::schema::TASK;
use tanuki_store::view::news::{ENTRY, WITH_PREVIEWS};
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use crate::access::ProjectAccess;
use crate::parameters::{hyphenated_id, moment};
use crate::{Caller, Entities, Error, JsonRow, MaybeId, Result};

/// Maximum number of entries in a response.
const MAX_NEWS: i64 = 2000;

/// Filters and paging of the news, as the query string has them.
#[derive(Debug, Default)]
pub struct NewsQuery {
    /// Only news about previews, with these.
    pub only_preview: bool,
    pub task_type_id: Option<MaybeId>,
    /// The status that the comment set.
    pub task_status_id: Option<MaybeId>,
    /// Only news about shots of this episode.
    pub episode_id: Option<MaybeId>,
    /// The author.
    pub person_id: Option<MaybeId>,
    pub after: Option<String>,
    pub before: Option<String>,
    pub page: i64,
    /// The number of entries on a page; at most 2,000 are returned.
    pub limit: i64,
}

impl NewsQuery {
    fn filter(&self) -> Result<Filter> {
        Ok(news::matching(&NewsFilter {
            only_previews: self.only_preview,
            task_type_id: hyphenated_id("task_type_id", self.task_type_id.as_ref())?,
            task_status_id: hyphenated_id("task_status_id", self.task_status_id.as_ref())?,
            episode_id: hyphenated_id("episode_id", self.episode_id.as_ref())?,
            author_id: hyphenated_id("person_id", self.person_id.as_ref())?,
            after: moment("after", self.after.as_deref())?,
            before: moment("before", self.before.as_deref())?,
        }))
    }
}

impl Entities<'_> {
    /// Lists the latest news about an entity. JSON: a page object with at most
    /// 2,000 entries, newest first. Requires access to the entity.
    ///
    /// Clients get the news of comments that they may read. Comments written by
    /// clients are limited to managers and supervisors.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity,
    /// [`Error::Denied`](crate::Error::Denied) without access to it.
    pub async fn entity_news(self, caller: &Caller, id: Uuid) -> Result<JsonChunks> {
        let entity = self.core.require_entity(caller, id).await?;
        let which = tasks::lists::of_entity(entity.id).and(visible(
            caller,
            entity.access,
            entity.project_id,
        ));
        let counted = which.clone();
        let count = async {
            let counts = news::counts(self.core.database(), counted).await?;
            Ok((counts.total, JsonRow::new()))
        };
        let rows = |limit, offset| news::newest(&ENTRY, which, (limit, offset));
        let resources = self.core.resources();
        resources.page_of(count, (1, MAX_NEWS), rows).await
    }

    /// Lists the latest news of a project, newest first. JSON: a page object of
    /// [`ENTRY`], or [`WITH_PREVIEWS`] if only news about previews are wanted,
    /// with the number of changes to each status in `stats`. Requires access to
    /// the project; clients are denied. Artists and vendors get no comments of
    /// clients, vendors only news about entities with a task that they are
    /// assigned to.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`]
    /// without access, [`Error::Invalid`] for malformed parameters.
    pub async fn project_news(
        self,
        caller: &Caller,
        project_id: Uuid,
        asked: &NewsQuery,
    ) -> Result<JsonChunks> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        access.deny_clients()?;
        let visible = visible(caller, access, project_id);
        let counted = list_filters::of_planned_project(self.core.database(), &TASK, project_id);
        let counted = counted.and(visible.clone());
        let which = news::of_project(project_id).and(visible);
        self.news_page(which, counted, asked).await
    }

    /// Lists the latest news of the caller's open projects, for admins of all
    /// open projects, as [`project_news`](Self::project_news) does. Only news
    /// of `project` if it is one of them. Clients get the news of comments that
    /// they may read.
    ///
    /// # Errors
    /// [`Error::Invalid`] for malformed parameters.
    pub async fn open_projects_news(
        self,
        caller: &Caller,
        project: Option<&MaybeId>,
        asked: &NewsQuery,
    ) -> Result<JsonChunks> {
        let is_admin = caller.is_admin();
        let mut which = if is_admin {
            visibility::tasks::in_open_project(None)
        } else {
            visibility::news::in_open_projects_of(caller.id, caller.role)
        };
        if let Some(project_id) = project.and_then(MaybeId::id) {
            let member = (!is_admin).then_some(caller.id);
            let database = self.core.database();
            if visibility::projects::is_open_to(database, project_id, member).await? {
                which = which.and(news::of_project(project_id));
            }
        }
        self.news_page(which.clone(), which, asked).await
    }

    /// Returns an entry of a project's news. JSON: [`ENTRY`]. Requires access
    /// to the project; vendors are denied.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, or no such entry that
    /// the caller may see; [`Error::Denied`] without access.
    pub async fn news_entry(
        self,
        caller: &Caller,
        project_id: Uuid,
        id: &MaybeId,
    ) -> Result<JsonRow> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        access.deny_vendors()?;
        let which = news::has_id(id.found()?)
            .and(news::of_project(project_id))
            .and(visible(caller, access, project_id));
        let entry = ListQuery::new(&ENTRY).filter(which);
        let mut found = entry.rows(self.core.database()).await?;
        found.pop().ok_or(Error::NotFound)
    }

    /// A page of the news that match a condition; `counted` is the same condition,
    /// for their statistics.
    async fn news_page(
        self,
        which: Filter,
        counted: Filter,
        asked: &NewsQuery,
    ) -> Result<JsonChunks> {
        if asked.page < 1 {
            return Err(Error::invalid("page must be a positive integer."));
        }
        if asked.limit < 1 {
            return Err(Error::invalid("limit must be a positive integer."));
        }
        let which = which.and(asked.filter()?);
        let counted = counted.and(asked.filter()?);
        let count = async {
            let counts = news::counts(self.core.database(), counted).await?;
            let stats: Map<String, Value> = counts
                .changes
                .into_iter()
                .map(|(status, count)| (status.to_string(), count.into()))
                .collect();
            let stats = JsonRow::from_iter([("stats".to_owned(), stats.into())]);
            Ok((counts.total, stats))
        };
        let projection = if asked.only_preview {
            &WITH_PREVIEWS
        } else {
            &ENTRY
        };
        let at = (asked.page, asked.limit.min(MAX_NEWS));
        let rows = |limit, offset| news::newest(projection, which, (limit, offset));
        let resources = self.core.resources();
        resources.page_of(count, at, rows).await
    }
}

/// Condition on the news of a project: the caller's role there lets them see
/// it. In SQL, for all projects: `visibility::news::in_open_projects_of`.
fn visible(caller: &Caller, access: ProjectAccess, project_id: Uuid) -> Filter {
    if access.is_manager() || access.is_supervisor() {
        return Filter::all();
    }
    match access.role() {
        Role::Client => visibility::news::visible_to_client(caller.id, Some(project_id)),
        Role::Vendor => visibility::news::visible_to_vendor(caller.id, Some(project_id)),
        _ => visibility::news::visible_to_artist(Some(project_id)),
    }
}
