//! The shots that count in the quotas of a person in a period.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use serde_json::{Value, json};
use tanuki_domain::period::Days;
use tanuki_store::query::planning::quotas::{self, Finished, Logged, Scope};
use tanuki_store::query::tasks::timesheets::on_days;
use tanuki_store::query::{list_filters, visibility};
use tanuki_store::schema::ENTITY;
use tanuki_store::view::planning::QUOTA_SHOT;
use tanuki_store::{Filter, Kind, ListQuery, Shape};
use uuid::Uuid;

use super::quotas::{CountMode, leads};
use super::spans;
use crate::access::ensure;
use crate::fields::id_of;
use crate::tasks::Period;
use crate::{Caller, Error, JsonRow, MalformedId, MaybeId, Planning, Result};

/// The shape of a shot that counts in a quota.
pub fn quota_shot_shape() -> Shape {
    QUOTA_SHOT.shape().with("weight", Shape::number())
}

/// The query parameters of the shots in a person's quotas.
#[derive(Debug)]
pub struct QuotaShots {
    pub count_mode: String,
    pub project: Option<MaybeId>,
    pub task_type: Option<MaybeId>,
}

/// A period as times: `local` in the caller's time zone, `utc` the same in UTC.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    local: (NaiveDateTime, NaiveDateTime),
    utc: (NaiveDateTime, NaiveDateTime),
}

impl Planning<'_> {
    /// Returns the shots that count in the quotas of a person in a period, by
    /// full name. JSON: [`QUOTA_SHOT`] with `weight`, the part of the shot that
    /// belongs to the period. Open to that person and admins; with a project,
    /// to its managers and supervisors too. Of their own people get the shots
    /// of projects whose team they are in.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the person or the project does not exist, [`Error::Denied`] for
    /// other callers and for bots, [`Error::Invalid`] if a parameter is
    /// malformed or the period does not exist.
    pub async fn quota_shots(
        self,
        caller: &Caller,
        person: &MaybeId,
        period: Period<'_>,
        asked: &QuotaShots,
    ) -> Result<Vec<JsonRow>> {
        let person_id = self.core.people().require_person(person).await?;
        let mode = CountMode::parse(&asked.count_mode).ok_or_else(|| {
            Error::invalid("count_mode must be equal to weighted, weighteddone, feedback, or done")
        })?;
        let project_id = parameter("project_id", asked.project.as_ref())?;
        self.require_quota_shots(caller, person_id, project_id)
            .await?;
        let scope = Scope {
            project_id,
            task_type_id: parameter("task_type_id", asked.task_type.as_ref())?,
            person_id: Some(person_id),
            studio_id: None,
            when_done: mode.when_done,
        };
        let days = period.days()?;
        let bounds = Bounds::of(&days, self.core.people().zone_of(caller).await?);
        let weights = if mode.weighted {
            self.weighted_shots(caller, scope, &days, bounds).await?
        } else {
            let (start, end) = bounds.utc;
            let which = quotas::ended_between(scope, start, end).and(in_sight(caller));
            let finished = quotas::finished(self.core.database(), scope, which).await?;
            let shots = finished.iter().map(|task| task.work.shot_id);
            shots.map(|shot| (shot, json!(1))).collect()
        };
        self.shots_with_weights(caller, &weights).await
    }

    /// Permission to see the shots in the quotas of a person.
    async fn require_quota_shots(
        self,
        caller: &Caller,
        person_id: Uuid,
        project_id: Option<Uuid>,
    ) -> Result<()> {
        if let Some(id) = project_id {
            self.core.require_existing(id).await?;
            let database = self.core.database();
            let access = caller.project_access(database, project_id).await?;
            if leads(access) {
                return ensure(access.is_granted());
            }
        }
        ensure(caller.is_admin() || caller.id == person_id)
    }

    /// Returns the parts of shots that belong to the period: by the time that
    /// was logged, or where none was, by the working days.
    async fn weighted_shots(
        self,
        caller: &Caller,
        scope: Scope,
        days: &Days,
        bounds: Bounds,
    ) -> Result<HashMap<Uuid, Value>> {
        let database = self.core.database();
        let which = on_days(days).and(in_sight(caller));
        let mut weights = weights_of_logs(&quotas::logged(database, scope, which).await?);
        let (start, end) = bounds.utc;
        let which = quotas::ran_between(scope, start, end).and(in_sight(caller));
        for task in quotas::unlogged(database, scope, which).await? {
            if let Entry::Vacant(weight) = weights.entry(task.work.shot_id) {
                weight.insert(weight_of_days(&task, bounds.local));
            }
        }
        Ok(weights
            .into_iter()
            .map(|(id, part)| (id, json!(part)))
            .collect())
    }

    /// Loads shots and adds their weights.
    async fn shots_with_weights(
        self,
        caller: &Caller,
        weights: &HashMap<Uuid, Value>,
    ) -> Result<Vec<JsonRow>> {
        let ids: Vec<Uuid> = weights.keys().copied().collect();
        let shots = ListQuery::new(&QUOTA_SHOT).filter(list_filters::has_id_in(&ENTITY, &ids));
        let mut shots = shots.rows(self.core.database()).await?;
        let mask = self.core.mask(caller).await?;
        for shot in &mut shots {
            if let (Some(mask), Some(project_id)) = (&mask, id_of(shot, "project_id")) {
                mask.entity(project_id, Kind::Shot.type_name(), shot);
            }
            let weight = id_of(shot, "id").and_then(|id| weights.get(&id));
            shot.insert("weight".into(), weight.cloned().unwrap_or_default());
        }
        shots.sort_by(|one, other| full_name(one).cmp(full_name(other)));
        Ok(shots)
    }
}

fn full_name(shot: &JsonRow) -> &str {
    let name = shot.get("full_name").and_then(Value::as_str);
    name.unwrap_or_default()
}

/// The tasks that the caller may see, open or not.
fn in_sight(caller: &Caller) -> Filter {
    if caller.is_admin() {
        return Filter::all();
    }
    visibility::tasks::of_member(caller.id).and(visibility::tasks::assigned_if_vendor(
        caller.id,
        caller.role,
    ))
}

impl Bounds {
    fn of(days: &Days, zone: Tz) -> Self {
        let start = days.start().and_time(NaiveTime::MIN);
        let end = days.end().and_time(NaiveTime::MIN) + TimeDelta::days(1);
        Self {
            local: (start, end),
            utc: (utc(start, zone), utc(end, zone)),
        }
    }
}

/// Converts a local time to UTC. Of a time that the clocks show twice it takes
/// the second; one that they skip is read with the offset before the change.
fn utc(local: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    let hour = TimeDelta::hours(1);
    let known = zone.from_local_datetime(&local).latest();
    let skipped = || {
        let before = zone.from_local_datetime(&(local - hour)).latest()?;
        Some(before + hour)
    };
    let time = known.or_else(skipped).map(|time| time.naive_utc());
    tanuki_domain::dates::clamp_time(time.unwrap_or(local))
}

/// Sums the time logged by shot, each log as a part of the whole task.
fn weights_of_logs(logs: &[Logged]) -> HashMap<Uuid, f64> {
    let mut weights = HashMap::new();
    for log in logs {
        let weight: &mut f64 = weights.entry(log.work.shot_id).or_default();
        *weight += rounded(log.duration / log.task_duration);
    }
    weights
}

/// Returns the part of a task's working days that are in the period. One that
/// began before and ended after it counts as one day in it.
fn weight_of_days(task: &Finished, (start, end): (NaiveDateTime, NaiveDateTime)) -> f64 {
    let Some(begun) = task.start else {
        return 0.0;
    };
    let whole = business_days(begun, task.end);
    let within = if begun >= start && task.end <= end {
        whole
    } else if begun >= start {
        business_days(begun, end)
    } else if task.end <= end {
        business_days(start, task.end)
    } else {
        1
    };
    rounded(within as f64 / whole as f64)
}

/// Returns the number of days from Monday to Friday that end within the span,
/// in steps of 24 hours, and the first one, whichever it is.
fn business_days(start: NaiveDateTime, end: NaiveDateTime) -> i64 {
    let days = (end - start).num_days();
    let first: NaiveDate = start.date();
    let last = first.checked_add_signed(TimeDelta::days(days));
    match (first.succ_opt(), last) {
        (Some(second), Some(last)) if days > 0 => spans::working_days(second, last) + 1,
        _ => 1,
    }
}

/// Rounds to two decimals, as Python's `round` does.
fn rounded(part: f64) -> f64 {
    format!("{part:.2}").parse().unwrap_or(part)
}

/// Parses the id in a query parameter.
fn parameter(name: &str, id: Option<&MaybeId>) -> Result<Option<Uuid>> {
    let parse = |id: &MaybeId| {
        let text = id.as_str();
        let id = id.id();
        id.ok_or_else(|| Error::from(MalformedId::Parameter { name, text }))
    };
    id.map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn local_midnights_are_converted_at_changes_of_the_clock() {
        for (local, zone, expected) in [
            (
                "2025-01-07T00:00:00",
                Tz::Europe__Paris,
                "2025-01-06T23:00:00",
            ),
            (
                "2025-07-07T00:00:00",
                Tz::Europe__Paris,
                "2025-07-06T22:00:00",
            ),
            // The clocks skip from 00:00 to 01:00.
            (
                "2018-11-04T00:00:00",
                Tz::America__Sao_Paulo,
                "2018-11-04T03:00:00",
            ),
            // They show 00:00 to 01:00 twice.
            (
                "2021-11-07T00:30:00",
                Tz::America__Havana,
                "2021-11-07T05:30:00",
            ),
            (
                "0001-01-01T00:00:00",
                Tz::Asia__Tokyo,
                "0001-01-01T00:00:00",
            ),
        ] {
            assert_eq!(utc(time(local), zone), time(expected), "{local}");
        }
    }

    #[test]
    fn tasks_count_with_their_days_in_the_period() {
        let days = |start, end| business_days(time(start), time(end));
        assert_eq!(days("2025-01-06T09:00:00", "2025-01-06T18:00:00"), 1);
        assert_eq!(days("2025-01-06T09:00:00", "2025-01-07T08:00:00"), 1);
        assert_eq!(days("2025-01-06T09:00:00", "2025-01-13T09:00:00"), 6);
        assert_eq!(days("2025-01-13T09:00:00", "2025-01-06T09:00:00"), 1);
    }
}
