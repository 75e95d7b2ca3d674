//! The caller's own to-do list, and the tasks that wait for their feedback.

use serde::Serialize;
use serde_json::json;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::tasks::to_check::{self, SortBy, ToCheckFilter};
use tanuki_store::query::tasks::{open, todos};
use tanuki_store::query::visibility::tasks::{in_open_project, led_by};
use tanuki_store::view::tasks::{TO_CHECK, TODO};
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use crate::masking::Mask;
use crate::resource::PAGE_PREFIX;
use crate::tasks::open::{id, people, time};
use crate::{Caller, MaybeId, Result, Work};

/// The query parameters of tasks to check.
#[derive(Debug, Clone, Default)]
pub struct ToCheck {
    pub project_id: Option<MaybeId>,
    pub task_type_id: Option<MaybeId>,
    pub task_status_id: Option<MaybeId>,
    pub episode_id: Option<MaybeId>,
    /// Ids of assignees separated by commas, or `unassigned`.
    pub person_id: Option<String>,
    pub due_date_since: Option<String>,
    pub due_date_until: Option<String>,
    /// `priority`, `due_date`, `estimation` or `entity_name`; anything else
    /// sorts by names.
    pub order_by: Option<String>,
    /// The number of the page, from 1; without it all tasks are listed.
    pub page: Option<i64>,
    /// The number of tasks on a page.
    pub limit: i64,
}

/// The ids by which the tasks to check can be filtered, in order.
#[derive(Debug, Serialize)]
pub struct ToCheckValues {
    project_ids: Vec<Uuid>,
    task_type_ids: Vec<Uuid>,
    task_status_ids: Vec<Uuid>,
    episode_ids: Vec<Uuid>,
    person_ids: Vec<Uuid>,
}

impl ToCheck {
    fn read(&self) -> Result<ToCheckFilter> {
        Ok(ToCheckFilter {
            project_id: id(self.project_id.as_ref())?,
            task_type_id: id(self.task_type_id.as_ref())?,
            task_status_id: id(self.task_status_id.as_ref())?,
            episode_id: id(self.episode_id.as_ref())?,
            people: self.person_id.as_deref().map(people).transpose()?,
            due: (
                time(self.due_date_since.as_deref())?,
                time(self.due_date_until.as_deref())?,
            ),
        })
    }

    /// What the tasks are sorted by; `None` for a whole list that was not asked
    /// to be sorted.
    fn order(&self) -> Option<SortBy> {
        let by = match self.order_by.as_deref() {
            None if self.page.is_none() => return None,
            Some("priority") => SortBy::Priority,
            Some("due_date") => SortBy::DueDate,
            Some("estimation") => SortBy::Estimation,
            Some("entity_name") => SortBy::EntityName,
            _ => SortBy::Place,
        };
        Some(by)
    }
}

impl Work<'_> {
    /// Lists the caller's tasks in the open projects whose team they are in,
    /// either those that are done or the others. JSON: an array of [`TODO`],
    /// with blank values where the caller is a client.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn my_todos(self, caller: &Caller, is_done: bool) -> Result<JsonChunks> {
        let mask = self.core.mask(caller).await?;
        let tasks = todos::of_person(&TODO, caller.id, is_done)
            .filter(in_open_project(Some(caller.id)))
            .changing(mask.map(Mask::of_tasks_with_entities));
        Ok(self.core.database().stream_list(tasks))
    }

    /// Lists the tasks whose status asks for the caller's feedback: in the open
    /// projects that they manage, and of their departments where they are a
    /// supervisor; admins get those of all open projects. JSON: an array of
    /// [`TO_CHECK`], or one page of it as `data`, with `stats` over all pages
    /// (durations in minutes), `page`, `limit` and `is_more`.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a malformed filter.
    pub async fn tasks_to_check(self, caller: &Caller, asked: &ToCheck) -> Result<JsonChunks> {
        let database = self.core.database();
        let which = to_be_checked_by(caller).and(to_check::matches(&asked.read()?));
        let mut tasks = ListQuery::new(&TO_CHECK).filter(which.clone());
        if let Some(order) = asked.order() {
            tasks = to_check::sorted(tasks, order);
        }
        let Some(page) = asked.page else {
            return Ok(database.stream_list(tasks));
        };
        let (page, limit) = (Ord::max(page, 1), Ord::max(asked.limit, 1));
        let skipped = (page - 1).saturating_mul(limit);
        let sums = open::sums(database, which, []).await?;
        let sums = sums.into_iter().map(|([], sums)| sums).next();
        let sums = sums.unwrap_or_default();
        let minutes = |sum: f64| if sum == 0.0 { json!(0) } else { json!(sum) };
        let after = json!({
            "stats": {
                "total": sums.count,
                "total_duration": minutes(sums.duration),
                "total_estimation": minutes(sums.estimation),
            },
            "page": page,
            "limit": limit,
            "is_more": page.saturating_mul(limit) < sums.count,
        });
        let tasks = tasks
            .offset(skipped.unsigned_abs())
            .limit(limit.unsigned_abs())
            .within(PAGE_PREFIX, after.to_string().replacen('{', ",", 1));
        let most = (sums.count - skipped).clamp(0, limit).unsigned_abs();
        Ok(database.list_of_at_most(tasks, most).await?)
    }

    /// Returns the ids by which the tasks of
    /// [`tasks_to_check`](Self::tasks_to_check) can be filtered.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn to_check_values(self, caller: &Caller) -> Result<ToCheckValues> {
        let which = to_be_checked_by(caller);
        let values = to_check::filter_values(self.core.database(), which).await?;
        let ids = |ids: std::collections::BTreeSet<Uuid>| ids.into_iter().collect();
        Ok(ToCheckValues {
            project_ids: ids(values.projects),
            task_type_ids: ids(values.task_types),
            task_status_ids: ids(values.task_statuses),
            episode_ids: ids(values.episodes),
            person_ids: ids(values.people),
        })
    }
}

/// The tasks that wait for the caller's feedback.
fn to_be_checked_by(caller: &Caller) -> Filter {
    let tasks = to_check::asks_for_feedback();
    if caller.is_admin() {
        return tasks.and(in_open_project(None));
    }
    tasks
        .and(in_open_project(Some(caller.id)))
        .and(led_by(caller.id, caller.role))
}
