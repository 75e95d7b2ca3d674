//! Quotas: frames, drawings, seconds and number of shots that people finish per
//! day, week, month and year.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use serde::Serialize;
use tanuki_domain::{Role, frame_rate};
use tanuki_store::Filter;
use tanuki_store::projection::Projection;
use tanuki_store::query::planning::quotas::{self, Finished, Logged, Scope, Work};
use tanuki_store::query::rows;
use tanuki_store::schema::{PERSON, PROJECT};
use uuid::Uuid;

use super::spans::{self, Daily, Spans};
use crate::access::{ProjectAccess, ensure, require_row};
use crate::blocking::off_worker;
use crate::{Caller, ConstraintViolation, Error, MalformedId, MaybeId, Planning, Result};

/// How shots are counted: the query parameter `count_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountMode {
    /// Whether a shot counts in parts on the days on which people worked on it,
    /// instead of as a whole on its last day.
    pub(super) weighted: bool,
    /// Whether a shot is finished when it is done, instead of when feedback is
    /// requested.
    pub(super) when_done: bool,
}

impl CountMode {
    /// Parses `count_mode`; `None` if it is unknown.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (weighted, when_done) = match name {
            "weighted" => (true, false),
            "weighteddone" => (true, true),
            "feedback" => (false, false),
            "done" => (false, true),
            _ => return None,
        };
        Some(Self {
            weighted,
            when_done,
        })
    }

    /// Parses `count_mode` of the quotas of a project.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is unknown.
    fn named(name: &str) -> Result<Self> {
        Self::parse(name).ok_or_else(|| {
            Error::invalid("count_mode must be equal to weighted, weigtheddone, feedback, or done")
        })
    }
}

/// The query parameters of quotas.
#[derive(Debug)]
pub struct QuotaRequest {
    pub count_mode: String,
    pub studio_id: Option<MaybeId>,
}

/// Totals by period: keys are days (`2026-01-31`), weeks (`2026-5`), months
/// (`2026-01`) or years.
#[derive(Debug, Default, Serialize)]
struct Periods {
    frames: BTreeMap<String, i64>,
    seconds: BTreeMap<String, f64>,
    count: BTreeMap<String, Count>,
    /// Number of periods that have any, by the enclosing period: days by month,
    /// weeks and months by year. The year itself has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<BTreeMap<String, i64>>,
    drawings: BTreeMap<String, i64>,
}

/// Number of shots: an integer if shots count as a whole, a fraction if they
/// count in parts.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum Count {
    Whole(i64),
    Part(f64),
}

/// The totals of a person or task type, or of all of them.
#[derive(Debug, Serialize)]
pub struct Quota {
    day: Periods,
    week: Periods,
    month: Periods,
    year: Periods,
}

/// Quotas by person, or those of one person by task type; the key `total` has
/// the sum.
pub type Quotas = BTreeMap<String, Quota>;

/// Maximum length in days of a span that is expanded day by day. Longer ones
/// are summed with [`Spans`].
const SHORT_SPAN: i64 = 366;

/// The part of a shot that was finished on a day.
struct Share {
    day: NaiveDate,
    frames: i64,
    drawings: i64,
    count: Count,
}

impl Planning<'_> {
    /// Returns the quotas of a task type by person. Requires access to the
    /// project; not for clients.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` for clients and
    /// without access, `Invalid` if the task type or `count_mode` is malformed,
    /// `Constraint` if the studio is.
    pub async fn project_quotas(
        self,
        caller: &Caller,
        project_id: Uuid,
        task_type: &MaybeId,
        asked: QuotaRequest,
    ) -> Result<Quotas> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        ensure(!access.is_client())?;
        let mode = CountMode::named(&asked.count_mode)?;
        let scope = Scope {
            project_id: Some(project_id),
            task_type_id: Some(task_type.hyphenated(MalformedId::InPath)?),
            person_id: None,
            studio_id: studio(asked.studio_id.as_ref())?,
            when_done: mode.when_done,
        };
        self.quotas(caller, project_id, scope, mode).await
    }

    /// Returns the quotas of a person by task type. Open to that person,
    /// managers and supervisors of the project, and admins; not to clients.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project or person does not exist, `Denied` for other
    /// callers, `Invalid` if `count_mode` is malformed, `Constraint` if the
    /// studio is.
    pub async fn person_quotas(
        self,
        caller: &Caller,
        project_id: Uuid,
        person: &MaybeId,
        asked: QuotaRequest,
    ) -> Result<Quotas> {
        self.core.require_existing(project_id).await?;
        let access = caller
            .project_access(self.core.database(), Some(project_id))
            .await?;
        ensure(!access.is_client())?;
        if leads(access) {
            ensure(access.is_granted())?;
        } else {
            ensure(caller.is_admin() || caller.id.to_string() == person.as_str())?;
        }
        let mode = CountMode::named(&asked.count_mode)?;
        let person_id = person.found()?;
        require_row(self.core.database(), &PERSON, person_id).await?;
        let scope = Scope {
            project_id: Some(project_id),
            task_type_id: None,
            person_id: Some(person_id),
            studio_id: studio(asked.studio_id.as_ref())?,
            when_done: mode.when_done,
        };
        self.quotas(caller, project_id, scope, mode).await
    }

    async fn quotas(
        self,
        caller: &Caller,
        project_id: Uuid,
        scope: Scope,
        mode: CountMode,
    ) -> Result<Quotas> {
        let database = self.core.database();
        let mut sum = Sum {
            by_task_type: scope.person_id.is_some(),
            fps: self
                .frames_per_second(project_id)
                .await?
                .unwrap_or(USUAL_FPS),
            quotas: Quotas::new(),
        };
        let zone = self.core.people().zone_of(caller).await?;
        if !mode.weighted {
            let finished = quotas::finished(database, scope, Filter::all()).await?;
            return off_worker(move || {
                sum.add_whole(&finished, zone);
                sum.quotas
            })
            .await;
        }
        let logged = quotas::logged(database, scope, Filter::all()).await?;
        let unlogged = quotas::unlogged(database, scope, Filter::all()).await?;
        off_worker(move || {
            for logged in logged {
                sum.add(&logged.work, &share_of_log(&logged));
            }
            sum.add_spread(&unlogged, zone);
            sum.quotas.values_mut().for_each(Quota::round);
            sum.quotas
        })
        .await
    }

    /// Returns the frames per second of a project; `None` if they are not set
    /// or are not a number greater than zero.
    pub(super) async fn frames_per_second(self, project_id: Uuid) -> Result<Option<f64>> {
        let row = rows::by_id(
            self.core.database(),
            &Projection::only(&PROJECT, &["fps"]),
            project_id,
        )
        .await?;
        Ok(row.and_then(|row| frame_rate::parse(row.get("fps")?.as_str()?)))
    }
}

/// Whether the caller sees the quotas of others if they are in the project.
pub(super) fn leads(access: ProjectAccess) -> bool {
    matches!(access.role(), Role::Manager | Role::Supervisor)
}

/// Returns `studio_id`; `Constraint` if it is malformed.
fn studio(id: Option<&MaybeId>) -> Result<Option<Uuid>> {
    id.map(|id| id.hyphenated(Error::Constraint(ConstraintViolation::Format)))
        .transpose()
}

/// Converts a time in UTC to a day in the time zone. Days whose year would not
/// have four digits remain in UTC.
fn local_day(time: NaiveDateTime, zone: Tz) -> NaiveDate {
    let day = zone.from_utc_datetime(&time).date_naive();
    if (1..=9999).contains(&day.year()) {
        day
    } else {
        time.date()
    }
}

/// Returns the part of a shot that a time log represents: its duration divided
/// by that of the whole task.
fn share_of_log(logged: &Logged) -> Share {
    let count = logged.duration / logged.task_duration;
    let count = if count.is_finite() { count } else { 0.0 };
    let part = |whole: i64| (whole as f64 * count).round_ties_even() as i64;
    Share {
        day: logged.day,
        frames: part(logged.work.frames),
        drawings: part(logged.work.drawings),
        count: Count::Part(count),
    }
}

/// A shot without time logs. It counts in equal parts on the working days from
/// its start to its end, at 24-hour steps.
struct Spread {
    start: NaiveDateTime,
    /// Number of days from the start to the end.
    days: i64,
    each: Daily,
}

impl Spread {
    /// Returns `None` if the start is unknown or after the end.
    fn of(finished: &Finished) -> Option<Self> {
        let start = finished.start?;
        let days = (finished.end - start).num_seconds().div_euclid(86_400);
        if days < 0 {
            return None;
        }
        let first = start.date();
        let last = first.checked_add_signed(TimeDelta::days(days))?;
        // The first day always counts, even if it is on a weekend.
        let worked = spans::working_days(first.succ_opt()?, last) + 1;
        Some(Self {
            start,
            days,
            each: Daily {
                frames: (finished.work.frames as f64 / worked as f64).round_ties_even() as i64,
                drawings: finished.work.drawings,
                parts: 1.0 / worked as f64,
            },
        })
    }

    /// Returns the parts of a short span.
    fn shares(&self, zone: Tz) -> impl Iterator<Item = Share> {
        let times = (0..=self.days).map(|day| self.start + TimeDelta::days(day));
        times
            .filter(|time| time.weekday().number_from_monday() < 6)
            .map(move |time| share(local_day(time, zone), self.each))
    }
}

fn share(day: NaiveDate, each: Daily) -> Share {
    Share {
        day,
        frames: each.frames,
        drawings: each.drawings,
        count: Count::Part(each.parts),
    }
}

/// Frames per second by which seconds are computed if the project has none.
const USUAL_FPS: f64 = 25.0;

/// Accumulates quotas.
struct Sum {
    by_task_type: bool,
    fps: f64,
    quotas: Quotas,
}

impl Sum {
    fn add(&mut self, work: &Work, share: &Share) {
        for entry in self.entries(work) {
            self.add_to(entry, share);
        }
    }

    /// Returns the keys of the quotas that the work counts in.
    fn entries(&self, work: &Work) -> [String; 2] {
        let own = if self.by_task_type {
            work.task_type_id
        } else {
            work.person_id
        };
        [own.to_string(), "total".to_owned()]
    }

    fn add_to(&mut self, entry: String, share: &Share) {
        let quota = self.quotas.entry(entry).or_insert_with(Quota::new);
        quota.add(share, self.fps);
    }

    /// Adds each shot as a whole on the day on which it ended.
    fn add_whole(&mut self, finished: &[Finished], zone: Tz) {
        for finished in finished {
            let share = Share {
                day: local_day(finished.end, zone),
                frames: finished.work.frames,
                drawings: finished.work.drawings,
                count: Count::Whole(1),
            };
            self.add(&finished.work, &share);
        }
    }

    /// Adds each shot in parts on its working days. Long spans are summed
    /// before they are expanded into days.
    fn add_spread(&mut self, finished: &[Finished], zone: Tz) {
        // Grouped by the offset in days of the local date from UTC: -1, 0 or 1.
        let mut long: BTreeMap<(String, i64), Spans> = BTreeMap::new();
        for finished in finished {
            let Some(spread) = Spread::of(finished) else {
                continue;
            };
            if spread.days <= SHORT_SPAN {
                for share in spread.shares(zone) {
                    self.add(&finished.work, &share);
                }
                continue;
            }
            let last = spread.start + TimeDelta::days(spread.days);
            let ahead = (local_day(last, zone) - last.date()).num_days();
            for entry in self.entries(&finished.work) {
                let spans = long.entry((entry, ahead)).or_default();
                spans.add(spread.start.date(), last.date(), spread.each);
            }
        }
        for ((entry, ahead), spans) in long {
            for (day, each) in spans.days() {
                if let Some(day) = day.checked_add_signed(TimeDelta::days(ahead)) {
                    self.add_to(entry.clone(), &share(day, each));
                }
            }
        }
    }
}

impl Quota {
    fn new() -> Self {
        let parts = || Periods {
            entries: Some(BTreeMap::new()),
            ..Periods::default()
        };
        Self {
            day: parts(),
            week: parts(),
            month: parts(),
            year: Periods::default(),
        }
    }

    fn add(&mut self, share: &Share, fps: f64) {
        let week = share.day.iso_week();
        let year = share.day.format("%Y").to_string();
        let month = share.day.format("%Y-%m").to_string();
        let week_year = week.year().to_string();
        let week = format!("{week_year}-{}", week.week());
        self.day.add(&share.day.to_string(), &month, share, fps);
        self.week.add(&week, &week_year, share, fps);
        self.month.add(&month, &year, share, fps);
        self.year.add(&year, "", share, fps);
    }

    /// Rounds the parts to two decimals. Called once after everything has been
    /// added, so that rounding errors do not accumulate.
    fn round(&mut self) {
        for periods in [
            &mut self.day,
            &mut self.week,
            &mut self.month,
            &mut self.year,
        ] {
            for count in periods.count.values_mut() {
                if let Count::Part(count) = count {
                    *count = format!("{count:.2}").parse().unwrap_or(*count);
                }
            }
        }
    }
}

impl Count {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Self::Whole(one + other),
            (one, other) => Self::Part(one.parts() + other.parts()),
        }
    }

    fn parts(self) -> f64 {
        match self {
            Self::Whole(count) => count as f64,
            Self::Part(count) => count,
        }
    }
}

impl Periods {
    fn add(&mut self, period: &str, whole: &str, share: &Share, fps: f64) {
        if let Some(entries) = &mut self.entries
            && !self.frames.contains_key(period)
        {
            *entries.entry(whole.to_owned()).or_default() += 1;
        }
        let key = || period.to_owned();
        *self.frames.entry(key()).or_default() += share.frames;
        *self.seconds.entry(key()).or_default() += share.frames as f64 / fps;
        self.count
            .entry(key())
            .and_modify(|count| *count = count.and(share.count))
            .or_insert(share.count);
        *self.drawings.entry(key()).or_default() += share.drawings;
    }
}
