//! Tasks of open projects: list, statistics and burndown chart.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Map, Value, json};
use tanuki_domain::dates;
use tanuki_store::Filter;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::list_filters;
use tanuki_store::query::tasks::open::{self, Burndown, OpenTaskFilter, Sums};
use tanuki_store::schema::TASK;
use tanuki_store::view::tasks::OPEN_MASKED;
use uuid::Uuid;

use super::todos::in_sight;
use crate::fields::hyphenated_id;
use crate::masking::Mask;
use crate::parameters::refused_filter;
use crate::resource::PAGE_PREFIX;
use crate::{Caller, Error, MalformedId, MaybeId, Result, Tasks};

/// Filters of open tasks, as the query parameters have them.
#[derive(Debug, Clone, Default)]
pub struct OpenTasks {
    pub project_id: Option<MaybeId>,
    pub task_type_id: Option<MaybeId>,
    pub task_status_id: Option<MaybeId>,
    /// Ids separated by commas, or `unassigned`.
    pub person_id: Option<String>,
    pub studio_id: Option<MaybeId>,
    pub department_id: Option<MaybeId>,
    pub start_date: Option<String>,
    pub due_date: Option<String>,
    pub priority: Option<i64>,
}

/// The tasks that match the filters and that the caller may see, and the
/// projects in which the caller is a client.
struct Pool {
    which: Filter,
    blank: BTreeSet<Uuid>,
}

impl Pool {
    /// Whether the caller is a client of the project. Clients do not see
    /// durations and estimations.
    fn hides(&self, project_id: Uuid) -> bool {
        self.blank.contains(&project_id)
    }

    /// Totals by status as JSON. Durations and estimations (minutes) leave out
    /// projects whose values are hidden, and are 0 if all are hidden.
    fn stats(&self, groups: Vec<([Uuid; 2], Sums)>, total: i64) -> Value {
        let mut by_status: BTreeMap<Uuid, i64> = BTreeMap::new();
        let (mut all, mut hidden) = (Sums::default(), true);
        for ([project, status], mut sums) in groups {
            *by_status.entry(status).or_default() += sums.count;
            if self.hides(project) {
                (sums.duration, sums.estimation) = (0.0, 0.0);
            } else {
                hidden = false;
            }
            all += sums;
        }
        let sum = |sum: f64| if hidden { json!(0) } else { json!(sum) };
        let statuses = by_status
            .iter()
            .map(|(id, amount)| json!({"task_status_id": id.to_string(), "amount": amount}));
        json!({
            "total_duration": sum(all.duration),
            "total_estimation": sum(all.estimation),
            "total": total,
            "status": statuses.collect::<Vec<_>>(),
        })
    }
}

impl Tasks<'_> {
    /// Returns one page of open tasks with `stats` over all pages. JSON: `data`
    /// with rows of [`OPEN_MASKED`], `stats`, `limit`, `is_more` and `page`.
    /// Requires access to the project if one is given.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a malformed filter, or a filter on values that are
    /// hidden from clients where the caller is one.
    pub async fn open_tasks(
        self,
        caller: &Caller,
        asked: &OpenTasks,
        page: Option<i64>,
        limit: i64,
    ) -> Result<JsonChunks> {
        let pool = self.pool(caller, asked).await?;
        let limit = Ord::max(limit, 1);
        let skipped = page.map_or(0, |page| Ord::max(page - 1, 0).saturating_mul(limit));
        let by = ["project_id", "task_status_id"];
        let groups = open::sums(self.core.database(), pool.which.clone(), by).await?;
        let count = groups.iter().map(|(_, sums)| sums.count).sum();
        // A page without tasks has no totals either.
        let groups = if skipped < count { groups } else { Vec::new() };
        let page = page.filter(|page| *page != 0).unwrap_or(1);
        // The total leaves out the tasks of previous pages, which HTTP clients
        // rely on.
        let total = Ord::max(count - skipped, 0);
        let head = json!({
            "stats": pool.stats(groups, total),
            "limit": limit,
            "is_more": page.saturating_mul(limit) < total,
            "page": page,
        });
        // After the tasks, in the order of Zou's keys.
        let after = head.to_string().replacen('{', ",", 1);
        let mask = self.core.mask(caller).await?;
        let at = (limit.unsigned_abs(), skipped.unsigned_abs());
        let tasks = open::page(&OPEN_MASKED, pool.which, at)
            .within(PAGE_PREFIX, after)
            .blanking_tasks_of(pool.blank)
            .changing(mask.map(Mask::of_tasks_with_entities));
        let most = Ord::min(total, limit).unsigned_abs();
        Ok(self.core.database().list_of_at_most(tasks, most).await?)
    }

    /// Returns the number of open tasks, done tasks, and total duration and
    /// estimation (minutes) by project id, each with the same values by task
    /// type and status in `task_types`.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn open_tasks_stats(self, caller: &Caller) -> Result<Map<String, Value>> {
        let pool = self.pool(caller, &OpenTasks::default()).await?;
        let by = ["project_id", "task_type_id", "task_status_id"];
        let mut projects: BTreeMap<Uuid, (Sums, Vec<Value>)> = BTreeMap::new();
        for ([project, task_type, status], sums) in
            open::sums(self.core.database(), pool.which.clone(), by).await?
        {
            let (all, parts) = projects.entry(project).or_default();
            *all += sums;
            let mut part = Map::new();
            part.insert("task_status_id".into(), status.to_string().into());
            part.insert("task_type_id".into(), task_type.to_string().into());
            part.insert("project_id".into(), project.to_string().into());
            part.extend(amounts(sums, pool.hides(project)));
            parts.push(part.into());
        }
        let stats = projects.into_iter().map(|(project, (all, parts))| {
            let mut stats = amounts(all, pool.hides(project));
            stats.insert("task_types".into(), parts.into());
            (project.to_string(), stats.into())
        });
        Ok(stats.collect())
    }

    /// Returns the burndown of open tasks as JSON: totals, `start_date`,
    /// `end_date` and the number of done tasks by day. Same filters and errors
    /// as [`open_tasks`](Self::open_tasks).
    ///
    /// # Errors
    /// As [`open_tasks`](Self::open_tasks).
    pub async fn open_tasks_burndown(self, caller: &Caller, asked: &OpenTasks) -> Result<Value> {
        let Pool { which, blank } = self.pool(caller, asked).await?;
        let blank = blank.into_iter().collect();
        let burndown = open::burndown(self.core.database(), which, blank).await?;
        Ok(burndown_json(burndown))
    }

    /// Builds the condition for the filters and the caller's permissions.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without access to it, [`Error::Invalid`] for a malformed filter or one
    /// on hidden values.
    async fn pool(self, caller: &Caller, asked: &OpenTasks) -> Result<Pool> {
        let project_id = id(asked.project_id.as_ref())?;
        let filters = asked.read()?;
        let mut which = Filter::all().and(open::asked(&filters));
        let mut blank = BTreeSet::new();
        if let Some(id) = project_id {
            let database = self.core.database();
            which = which.and(list_filters::of_planned_project(database, &TASK, id));
            if !caller.is_admin() {
                self.core.require_existing(id).await?;
                let access = caller
                    .require_project_access(self.core.database(), Some(id))
                    .await?;
                blank.extend(access.is_client().then_some(id));
                if access.is_vendor() {
                    which = which.and(open::is_assigned_to(caller.id));
                }
            }
        } else {
            which = which.and(in_sight(caller));
            if !caller.is_admin() {
                blank = self.core.projects_as_client(caller).await?;
            }
        }
        if !blank.is_empty()
            && let Some(field) = asked.filter_on_hidden()
        {
            return Err(refused_filter(field));
        }
        Ok(Pool { which, blank })
    }
}

impl OpenTasks {
    /// Returns the first given filter that is on values hidden from clients.
    fn filter_on_hidden(&self) -> Option<&'static str> {
        let given = [
            ("person_id", self.person_id.is_some()),
            ("start_date", self.start_date.is_some()),
            ("due_date", self.due_date.is_some()),
            ("priority", self.priority.is_some()),
        ];
        let mut given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.next().map(|(field, _)| field)
    }

    fn read(&self) -> Result<OpenTaskFilter> {
        let people = self.person_id.as_deref().map(people).transpose()?;
        Ok(OpenTaskFilter {
            task_type_id: id(self.task_type_id.as_ref())?,
            task_status_id: id(self.task_status_id.as_ref())?,
            studio_id: id(self.studio_id.as_ref())?,
            department_id: id(self.department_id.as_ref())?,
            people,
            start_date: time(self.start_date.as_deref())?,
            due_date: time(self.due_date.as_deref())?,
            priority: self.priority,
        })
    }
}

/// Parses an id of a filter.
///
/// # Errors
/// [`Error::Invalid`] if it is malformed.
pub(crate) fn id(id: Option<&MaybeId>) -> Result<Option<Uuid>> {
    id.map(|id| id.hyphenated(MalformedId::InPath)).transpose()
}

/// Parses the ids of assignees, separated by commas. Empty for `unassigned`.
///
/// # Errors
/// [`Error::Invalid`] if one is malformed.
pub(crate) fn people(ids: &str) -> Result<Vec<Uuid>> {
    if ids == "unassigned" {
        return Ok(Vec::new());
    }
    ids.split(',')
        .map(|text| hyphenated_id(text).ok_or_else(|| MalformedId::InPath.into()))
        .collect()
}

/// Parses a time of a filter, or a day, of which the time is midnight.
///
/// # Errors
/// [`Error::Invalid`] if it is malformed.
pub(crate) fn time(text: Option<&str>) -> Result<Option<NaiveDateTime>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let day = || dates::parse_day(text).map(|day| day.and_time(NaiveTime::MIN));
    dates::parse_time(text, "%Y-%m-%dT%H:%M:%S")
        .or_else(day)
        .map(Some)
        .ok_or_else(|| {
            Error::invalid(
                "Wrong date format for before argument.\
                 Expected format: 2020-01-05T13:23:10 or 2020-01-05",
            )
        })
}

fn amounts(sums: Sums, for_client: bool) -> Map<String, Value> {
    let time = |time: f64| if for_client { json!(0) } else { json!(time) };
    Map::from_iter([
        ("amount".into(), sums.count.into()),
        ("amount_done".into(), sums.done.into()),
        ("total_duration".into(), time(sums.duration)),
        ("total_estimation".into(), time(sums.estimation)),
    ])
}

/// Formats a burndown as JSON. Tasks done before the first planned day are
/// counted on that day: a single old date from an import would stretch the
/// whole chart.
fn burndown_json(mut burndown: Burndown) -> Value {
    let planned = [burndown.start, burndown.end];
    let first_planned = planned.into_iter().flatten().min();
    if let Some(first) = first_planned.filter(|_| burndown.start.is_some()) {
        let later = burndown.done.split_off(&first);
        let early = std::mem::replace(&mut burndown.done, later);
        for (count, estimation) in early.into_values() {
            let day = burndown.done.entry(first).or_default();
            *day = (day.0 + count, day.1 + estimation);
        }
    }
    let days = burndown.done.keys().copied();
    let bounds: Vec<NaiveDate> = planned.into_iter().flatten().chain(days).collect();
    let text = |day: Option<&NaiveDate>| day.map(NaiveDate::to_string);
    let estimation = |sum: f64| if sum == 0.0 { json!(0) } else { json!(sum) };
    let done = burndown.done.iter().map(|(day, (count, sum))| {
        json!({"date": day.to_string(), "done": count, "done_estimation": estimation(*sum)})
    });
    json!({
        "total": burndown.count,
        "total_estimation": estimation(burndown.estimation),
        "start_date": text(bounds.iter().min()),
        "end_date": text(bounds.iter().max()),
        "done_by_day": done.collect::<Vec<_>>(),
    })
}
