//! Time spent by a person on a task on a day: set, add, delete, sum up.

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use tanuki_domain::dates;
use tanuki_store::Transaction;
use tanuki_store::projection::Projection;
use tanuki_store::query::planning::time::{self, WorkDay};
use tanuki_store::query::{access, rows, tasks};
use tanuki_store::schema::TIME_SPENT;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::assign::worker;
use crate::access::ensure;
use crate::cascade::sum_durations;
use crate::events::Event;
use crate::{Caller, Error, JsonRow, MaybeId, Result, Tasks};

pub(super) static SPENT: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TIME_SPENT, &[]));

/// The path parameters of a person's time on a task and day.
#[derive(Debug, Clone, Copy)]
pub struct Day<'a> {
    pub task: &'a MaybeId,
    pub date: &'a str,
    pub person: &'a MaybeId,
}

/// How a duration combines with time already logged for that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spend {
    Set,
    Add,
}

impl Tasks<'_> {
    /// Sets the time (minutes) that a person spent on a task on a day, or adds
    /// to it, and updates the task's duration. Returns the row. Requires that
    /// the person is assigned to the task, and is the caller or the caller a
    /// manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task or person does not exist,
    /// [`Error::Denied`] without permission, [`Error::Invalid`] for a malformed
    /// date.
    pub async fn spend(
        self,
        caller: &Caller,
        day: Day<'_>,
        how: Spend,
        read_duration: impl FnOnce() -> Result<f64>,
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        let task_id = day.task.found()?;
        let task = tasks::task_keys(&mut transaction, task_id)
            .await?
            .ok_or(Error::NotFound)?;
        let person = worker(
            (&mut transaction).into(),
            day.person.found()?,
            task.project_id,
        )
        .await?;
        let duration = read_duration()?;
        self.may_log(&mut transaction, caller, task_id, person.id)
            .await?;
        let spent = WorkDay {
            task_id,
            person_id: person.id,
            date: parse(day.date)?,
        };
        rows::lock(&mut transaction, "task", task_id).await?;
        let before = time::spent_in_day(&mut transaction, &SPENT, spent).await?;
        let (id, action) = match before {
            Some((id, before)) => {
                let duration = if how == Spend::Add {
                    before + duration
                } else {
                    duration
                };
                let now = self.core.clock().timestamp();
                let values =
                    Values::from([("duration", duration.into()), ("updated_at", now.into())]);
                write::update(&mut transaction, &TIME_SPENT, id, values).await?;
                (id, "update")
            }
            None => {
                let id = self
                    .begin_day(&mut transaction, caller, spent, duration)
                    .await?;
                (id, "new")
            }
        };
        let event = Event::about("time_spent", action, id).in_project(task.project_id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        sum_durations(self.core, caller, &mut transaction, &[task_id]).await?;
        let row = rows::by_id(&mut transaction, &SPENT, id).await?;
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    /// Inserts the first time logged for a task and day, and marks the person
    /// as present.
    async fn begin_day(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        day: WorkDay,
        duration: f64,
    ) -> Result<Uuid> {
        let id = Uuid::new_v4();
        let values = Values::from([
            ("id", id.into()),
            ("task_id", day.task_id.into()),
            ("person_id", day.person_id.into()),
            ("date", day.date.into()),
            ("duration", duration.into()),
        ]);
        write::insert(transaction, &TIME_SPENT, values, &self.core.defaults()).await?;
        time::set_presence(transaction, day.person_id, self.core.clock().timestamp()).await?;
        let event = Event::about("person", "update", day.person_id);
        self.core.record(transaction, event, Some(caller)).await?;
        Ok(id)
    }

    /// Deletes the time that a person spent on a task on a day, and updates the
    /// task's duration. Returns the deleted row with a duration of 0.
    /// Permissions as for [`spend`](Self::spend).
    ///
    /// # Errors
    ///
    /// Those of [`spend`](Self::spend), and [`Error::NotFound`] if no time was
    /// logged.
    pub async fn remove_spent(self, caller: &Caller, day: Day<'_>) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        let person = worker((&mut transaction).into(), day.person.found()?, None).await?;
        let task_id = day.task.found()?;
        let task = tasks::task_keys(&mut transaction, task_id)
            .await?
            .ok_or(Error::NotFound)?;
        self.may_log(&mut transaction, caller, task_id, person.id)
            .await?;
        let spent = WorkDay {
            task_id,
            person_id: person.id,
            date: parse(day.date)?,
        };
        rows::lock(&mut transaction, "task", task_id).await?;
        let (id, _) = time::spent_in_day(&mut transaction, &SPENT, spent)
            .await?
            .ok_or(Error::NotFound)?;
        let mut row = rows::by_id(&mut transaction, &SPENT, id)
            .await?
            .ok_or(Error::NotFound)?;
        write::delete(&mut transaction, &TIME_SPENT, id).await?;
        let event = Event::about("time_spent", "delete", id).in_project(task.project_id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        sum_durations(self.core, caller, &mut transaction, &[task_id]).await?;
        transaction.commit().await?;
        row.insert("duration".into(), json!(0));
        Ok(row)
    }

    /// Permission to log time: the person must be assigned to the task, and be
    /// the caller or the caller a manager of the project.
    async fn may_log(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        task_id: Uuid,
        person_id: Uuid,
    ) -> Result<()> {
        ensure(access::works_on_task(&mut *transaction, person_id, task_id).await?)?;
        let project_id = rows::project_of(&mut *transaction, "task", task_id).await?;
        let access = caller
            .require_project_access(transaction, project_id.flatten())
            .await?;
        if caller.id == person_id {
            return Ok(());
        }
        access.require_manager()
    }

    /// Returns the time spent on a task (minutes), by person id and as `total`,
    /// of all days or of one. Requires access to the task; clients are denied.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a malformed date.
    pub async fn time_spent_on(
        self,
        caller: &Caller,
        task_id: Uuid,
        date: Option<&str>,
    ) -> Result<Map<String, Value>> {
        let on_task = caller.require_task_access(self.core.database().into(), task_id);
        let access = on_task.await?.access;
        access.deny_clients()?;
        let malformed = |_| Error::invalid("Wrong date format.");
        let date = date.map(parse).transpose().map_err(malformed)?;
        let mut by_person = JsonRow::new();
        let mut total = 0.0;
        for row in time::spent_on_task(self.core.database(), &SPENT, task_id, date).await? {
            total += row.get("duration").and_then(Value::as_f64).unwrap_or(0.0);
            let person = row.get("person_id").and_then(Value::as_str);
            let list = by_person
                .entry(person.unwrap_or("None"))
                .or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(row.into());
            }
        }
        let none = by_person.is_empty();
        by_person.insert("total".into(), if none { json!(0) } else { json!(total) });
        Ok(by_person)
    }
}

/// Parses a day in a path: year, month and day, with or without leading zeros.
fn parse(text: &str) -> Result<NaiveDate> {
    let malformed = || Error::invalid("Invalid date format.");
    let has_only_digits = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    dates::parse_day(text)
        .filter(|_| has_only_digits)
        .ok_or_else(malformed)
}
