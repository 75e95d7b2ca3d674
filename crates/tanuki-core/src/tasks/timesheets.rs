//! Time sheets: the time that a person spent in a period, and tables of the
//! time that people spent by day, week, month or year.

use std::collections::BTreeMap;

use chrono::Datelike as _;
use tanuki_domain::{Role, dates, period};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::planning::time;
use tanuki_store::query::tasks::timesheets::{self, PersonSpent, Precision, WorkedOn};
use tanuki_store::query::{people, visibility};
use tanuki_store::view::tasks::SPENT_ON_TASK;
use tanuki_store::{Filter, ListQuery};
use uuid::Uuid;

use super::day_offs::{Period, day_in_path};
use super::time::{TIME_SPENTS, incomplete_range};
use crate::access::ensure;
use crate::fields::date;
use crate::resource::Relations;
use crate::{Caller, Error, MalformedId, MaybeId, Result, Tasks};

/// The query parameters of a range of days, both ends inclusive.
#[derive(Debug, Default)]
pub struct SpentRange {
    pub start: Option<String>,
    pub end: Option<String>,
}

/// A table of time spent: the unit of its rows, and the period.
#[derive(Debug, Clone, Copy)]
pub enum TimeTable<'a> {
    /// Days of a month: the year, and the month.
    Days(&'a str, &'a str),
    /// ISO weeks of a year.
    Weeks(&'a str),
    /// Months of a year.
    Months(&'a str),
    /// All years.
    Years,
}

/// What a table of time spent is about; everything, where nothing is given.
#[derive(Debug, Default)]
pub struct TableFilter {
    pub project: Option<MaybeId>,
    pub department: Option<MaybeId>,
    pub studio: Option<MaybeId>,
}

/// Minutes by the number of the day, week, month or year, and by person.
pub type MinutesByPerson = BTreeMap<u32, BTreeMap<Uuid, f64>>;

impl Tasks<'_> {
    /// Lists the time that a person spent: all of it, oldest first, or that of a
    /// range of days. JSON: an array of `time_spent` rows, in a range with
    /// `project_id` and `task_type_id`. Open to the person, admins, and
    /// managers and supervisors, who get what was spent under them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the person does not exist, [`Error::Denied`] for
    /// other callers and for bots, [`Error::Invalid`] if one end is missing or
    /// malformed.
    pub async fn time_spents_of(
        self,
        caller: &Caller,
        person: &MaybeId,
        range: SpentRange,
    ) -> Result<JsonChunks> {
        let which = self.time_of_person(caller, person).await?;
        self.spent_in_range(which, range)
    }

    /// Lists the matching time spent: all of it, or that of a range of days.
    /// JSON and errors as of [`time_spents_of`](Self::time_spents_of).
    pub(crate) fn spent_in_range(self, which: Filter, range: SpentRange) -> Result<JsonChunks> {
        let (projection, which) = match (range.start, range.end) {
            (None, None) => ((TIME_SPENTS.projection)(Relations::Without), which),
            (Some(start), Some(end)) => {
                let (Ok(first), Ok(last)) = (date(&start), date(&end)) else {
                    return Err(Error::invalid(format!(
                        "Wrong date format for {start} and/or {end}"
                    )));
                };
                let days = time::spent_between(first, last);
                (&*SPENT_ON_TASK, which.and(days))
            }
            _ => return Err(incomplete_range()),
        };
        Ok(self
            .core
            .database()
            .stream_list(oldest_first(projection, which)))
    }

    /// Lists the time that a person spent on a day. JSON: an array of
    /// `time_spent` rows. Who may call it is as in
    /// [`time_spents_of`](Self::time_spents_of).
    ///
    /// # Errors
    /// As in [`time_spents_of`](Self::time_spents_of).
    pub async fn time_spents_on(
        self,
        caller: &Caller,
        person: &MaybeId,
        day: &str,
    ) -> Result<JsonChunks> {
        let which = self.time_of_person(caller, person).await?;
        let day = day_in_path(day)?;
        Ok(self.spent_list(which.and(time::spent_between(day, day))))
    }

    /// Lists the time that a person spent in a month, day by day. JSON: an
    /// array of `time_spent` rows. Requires the person or an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the person does not exist, [`Error::Denied`] for
    /// other callers and for bots, [`Error::Invalid`] if the month does not
    /// exist.
    pub async fn time_spents_in_month(
        self,
        caller: &Caller,
        person: &MaybeId,
        year: &str,
        month: &str,
    ) -> Result<JsonChunks> {
        let person_id = self.core.people().require_person(person).await?;
        ensure(caller.is_admin() || caller.id == person_id)?;
        let days = period::month(year, month)?;
        let which = time::spent_by(person_id).and(timesheets::on_days(&days));
        Ok(self.spent_list(which))
    }

    /// Returns the tasks that a person worked on in a period, with the minutes,
    /// in one project or in all. Who may call it is as in
    /// [`time_spents_of`](Self::time_spents_of).
    ///
    /// # Errors
    /// As in [`time_spents_of`](Self::time_spents_of); [`Error::Denied`] too if
    /// somebody else than the person or an admin asks for a project that they
    /// are not in, [`Error::Invalid`] if the period does not exist or the
    /// project's id is malformed.
    pub async fn tasks_worked_on(
        self,
        caller: &Caller,
        person: &MaybeId,
        period: Period<'_>,
        project: Option<&MaybeId>,
    ) -> Result<Vec<WorkedOn>> {
        let mut which = self.time_of_person(caller, person).await?;
        if let Some(project) = project {
            let project_id = parameter("project_id", project)?;
            if person.id() != Some(caller.id) {
                caller
                    .require_project_access(self.core.database(), Some(project_id))
                    .await?;
            }
            which = which.and(time::spent_on(project_id, None));
        }
        let days = period.days()?;
        let which = which.and(timesheets::on_days(&days));
        Ok(timesheets::tasks_worked_on(self.core.database(), which).await?)
    }

    /// Returns a table of the minutes that people spent. Admins get everybody's,
    /// everybody else their own and, as managers and supervisors, what was spent
    /// under them.
    ///
    /// # Errors
    /// [`Error::Denied`] if a manager or supervisor asks for a project that they
    /// are not in; [`Error::Invalid`] if the period does not exist, an id is
    /// malformed, or a supervisor asks for a department that is not theirs.
    pub async fn time_table(
        self,
        caller: &Caller,
        table: TimeTable<'_>,
        filter: &TableFilter,
    ) -> Result<MinutesByPerson> {
        let which = self.time_in_table(caller, filter).await?;
        let (days, precision) = match table {
            TimeTable::Days(year, month) => (Some(period::month(year, month)?), Precision::Day),
            TimeTable::Weeks(year) => (Some(period::weeks(year)?), Precision::Day),
            TimeTable::Months(year) => (Some(period::year(year)?), Precision::Month),
            TimeTable::Years => (None, Precision::Year),
        };
        let which = which.and_option(days.as_ref().map(timesheets::on_days));
        let spent = timesheets::by_person(self.core.database(), which, precision).await?;
        let mut minutes = MinutesByPerson::new();
        for each in spent {
            if let Some(number) = number(table, &each) {
                let people = minutes.entry(number).or_default();
                *people.entry(each.person_id).or_default() += each.duration;
            }
        }
        Ok(minutes)
    }

    /// Which time spent a table is made of.
    async fn time_in_table(self, caller: &Caller, filter: &TableFilter) -> Result<Filter> {
        let id = |name, id: &Option<MaybeId>| id.as_ref().map(|id| parameter(name, id)).transpose();
        let project_id = id("project_id", &filter.project)?;
        let department_id = id("department_id", &filter.department)?;
        let studio_id = id("studio_id", &filter.studio)?;
        let mut which = Filter::all();
        if !caller.is_admin() {
            which = time::spent_by(caller.id);
            if self.leads(caller).await? {
                which = which.or(visibility::time::spent_under(caller.id, caller.role));
                if let Some(project_id) = project_id {
                    caller
                        .require_project_access(self.core.database(), Some(project_id))
                        .await?;
                }
            }
            if let Some(id) = department_id
                && caller.role == Role::Supervisor
            {
                let own = people::departments(self.core.database(), caller.id).await?;
                if !own.contains(&id) {
                    return Err(Error::invalid(
                        "Supervisor not allowed to access this department",
                    ));
                }
            }
        }
        Ok(which
            .and_option(project_id.map(|id| time::spent_on(id, None)))
            .and_option(department_id.map(timesheets::in_department))
            .and_option(studio_id.map(timesheets::in_studio)))
    }

    /// Returns which of the time of a person the caller may see. In SQL:
    /// `visibility::time::spent_under`.
    async fn time_of_person(self, caller: &Caller, person: &MaybeId) -> Result<Filter> {
        let person_id = self.core.people().require_person(person).await?;
        let spent = time::spent_by(person_id);
        if caller.is_admin() || caller.id == person_id {
            return Ok(spent);
        }
        ensure(self.leads(caller).await?)?;
        Ok(spent.and(visibility::time::spent_under(caller.id, caller.role)))
    }

    /// Whether the caller is a manager or supervisor: in the studio, or in the
    /// team of any project.
    async fn leads(self, caller: &Caller) -> Result<bool> {
        if matches!(caller.role, Role::Manager | Role::Supervisor) {
            return Ok(true);
        }
        let database = self.core.database();
        Ok(visibility::time::leads_a_team(database, caller.id, caller.role).await?)
    }

    /// Lists the matching time spent. JSON: an array of `time_spent` rows,
    /// oldest first.
    pub(crate) fn spent_list(self, which: Filter) -> JsonChunks {
        let projection = (TIME_SPENTS.projection)(Relations::Without);
        self.core
            .database()
            .stream_list(oldest_first(projection, which))
    }
}

fn oldest_first(projection: &'static Projection, which: Filter) -> ListQuery {
    ListQuery::new(projection)
        .filter(which)
        .ascending("date")
        .ascending("created_at")
}

/// The number of the line of a table that a sum belongs to.
fn number(table: TimeTable<'_>, spent: &PersonSpent) -> Option<u32> {
    let part = |start| spent.period.get(start..)?.parse().ok();
    match table {
        TimeTable::Days(..) => part(8),
        TimeTable::Weeks(_) => Some(dates::parse_day(&spent.period)?.iso_week().week()),
        TimeTable::Months(_) => part(5),
        TimeTable::Years => part(0),
    }
}

/// Parses the id in a query parameter.
fn parameter(name: &str, id: &MaybeId) -> Result<Uuid> {
    let text = id.as_str();
    id.id()
        .ok_or_else(|| MalformedId::Parameter { name, text }.into())
}
