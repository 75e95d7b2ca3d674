//! The time that the caller spent, and their days off.

use chrono::NaiveDate;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::planning::time;
use tanuki_store::query::tasks::timesheets;
use tanuki_store::{Filter, ListQuery};

use crate::fields::date;
use crate::resource::Relations;
use crate::tasks::SpentRange;
use crate::tasks::day_offs::off_in;
use crate::tasks::time::TIME_SPENTS;
use crate::{Caller, Error, JsonRow, MaybeId, Result, Work};

impl Work<'_> {
    /// Lists the time that the caller spent: all of it, oldest first, or that
    /// of a range of days. JSON: an array of `time_spent` rows, in a range with
    /// `project_id` and `task_type_id`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if one end of the range is missing or malformed.
    pub fn my_time_spents(self, caller: &Caller, range: SpentRange) -> Result<JsonChunks> {
        let tasks = self.core.tasks();
        tasks.spent_in_range(time::spent_by(caller.id), range)
    }

    /// Lists the time that the caller spent on a day. JSON: an array of
    /// `time_spent` rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the day is malformed.
    pub fn my_time_spents_on(self, caller: &Caller, day: &str) -> Result<JsonChunks> {
        Ok(self.core.tasks().spent_list(spent_on(caller, day)?))
    }

    /// Returns the time that the caller spent on a task on a day as a
    /// `time_spent` row; `None` if they spent none, or there is no such task.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the task's id is malformed, [`Error::Invalid`] if
    /// the day is.
    pub async fn my_time_spent_on_task(
        self,
        caller: &Caller,
        task: &MaybeId,
        day: &str,
    ) -> Result<Option<JsonRow>> {
        let which = timesheets::on_task(task.found()?).and(spent_on(caller, day)?);
        let spent = ListQuery::new((TIME_SPENTS.projection)(Relations::Without))
            .filter(which)
            .limit(1);
        Ok(spent.rows(self.core.database()).await?.pop())
    }

    /// Returns the caller's day off on that day as a `day_off` row; empty if
    /// there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the day is malformed.
    pub async fn my_day_off(self, caller: &Caller, day: &str) -> Result<JsonRow> {
        let day = parse(day)?;
        let off = off_in(Some(caller.id), Some(day..=day)).limit(1);
        let mut found = off.rows(self.core.database()).await?;
        Ok(found.pop().unwrap_or_default())
    }
}

/// The time that the caller spent on a day.
fn spent_on(caller: &Caller, day: &str) -> Result<Filter> {
    let day = parse(day)?;
    Ok(time::spent_by(caller.id).and(time::spent_between(day, day)))
}

/// Parses a day in a path, `YYYY-MM-DD`.
fn parse(text: &str) -> Result<NaiveDate> {
    date(text).map_err(|_| Error::invalid("Wrong date format."))
}
