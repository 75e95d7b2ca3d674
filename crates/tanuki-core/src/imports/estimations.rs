//! Imports of estimations: how long the tasks of one type take, and when.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use serde_json::{Map, Value};
use tanuki_domain::dates;
use tanuki_store::query::entities::kinds;
use tanuki_store::query::imports::{self, KnownEntity, MetadataColumn};
use tanuki_store::query::rows;
use tanuki_store::schema::{TASK, TASK_TYPE};
use tanuki_store::view::people::FULL_UNLINKED;
use tanuki_store::view::tasks::PLAIN;
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::casting::{add, find};
use super::catalog::{People, type_names};
use super::cells::{Row, integer, number};
use super::error::{ImportError, RowErrors};
use super::file::Sheet;
use super::write::write_columns;
use super::{ImportOptions, metadata, read_rows, sheet};
use crate::access::{ensure, require_row};
use crate::blocking::off_worker;
use crate::events::Event;
use crate::fields::by_id;
use crate::files::Upload;
use crate::resource::Relations;
use crate::{Caller, Imports, JsonRow, MaybeId, Result};

/// The columns that a file of estimations has.
const COLUMNS: [&str; 2] = ["Parent", "Entity"];

/// The most days or hours of an estimation, and of a number in a cell.
const MAX_ESTIMATION: f64 = 1_000_000.0;

/// The tasks that a file has estimations for. A value of this type proves that
/// the caller may change them.
#[derive(Debug)]
pub struct EstimatedTasks<'a> {
    caller: &'a Caller,
    project_id: Uuid,
    task_type_id: Uuid,
    /// The episode whose assets or shots the file has; `None` for all.
    episode_id: Option<Uuid>,
}

impl Imports<'_> {
    /// Checks that the caller may import estimations of the tasks of one type:
    /// managers of the project, and supervisors of the task type's department. An
    /// episode may be `all` or `main`, which both mean all tasks.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such project or
    /// task type, or the episode is no id; [`Error::Denied`](crate::Error::Denied)
    /// without permission.
    pub async fn may_estimate<'a>(
        self,
        caller: &'a Caller,
        project_id: Uuid,
        task_type_id: Uuid,
        episode: Option<&MaybeId>,
    ) -> Result<EstimatedTasks<'a>> {
        let database = self.core.database();
        require_row(database, &TASK_TYPE, task_type_id).await?;
        let (_, access) = self.core.require_project(caller, project_id).await?;
        let may = access.is_manager()
            || caller
                .supervises_task_type(database, access, task_type_id)
                .await?;
        ensure(may)?;
        let episode_id = match episode {
            Some(episode) if !matches!(episode.as_str(), "all" | "main") => Some(episode.found()?),
            _ => None,
        };
        Ok(EstimatedTasks {
            caller,
            project_id,
            task_type_id,
            episode_id,
        })
    }

    /// Writes the estimations, dates, drawings, difficulties and metadata of a CSV
    /// file to the tasks of the entities that it names. Returns null for each row
    /// of the file.
    ///
    /// # Errors
    ///
    /// [`ImportError::File`] for a file that cannot be read,
    /// [`ImportError::Rows`] for wrong cells and entities without a task. Nothing
    /// is written then.
    pub async fn estimations(
        self,
        tasks: EstimatedTasks<'_>,
        file: Upload,
        options: ImportOptions,
    ) -> Result<Vec<Value>, ImportError> {
        let sheet = sheet(file).await?;
        let organisation = self.core.organisation(false).await?;
        let mut transaction = self.core.database().begin().await?;
        let unit = Unit::of(&organisation);
        let reader = EstimationReader::load(&mut transaction, &tasks, unit).await?;
        let count = sheet.rows.len();
        let estimated = off_worker(move || reader.read(&sheet)).await??;
        self.write_estimations(&mut transaction, &tasks, estimated)
            .await?;
        if !options.is_dry_run {
            transaction.commit().await?;
        }
        Ok(vec![Value::Null; count])
    }

    async fn write_estimations(
        self,
        transaction: &mut Transaction,
        tasks: &EstimatedTasks<'_>,
        estimated: Vec<Estimated>,
    ) -> Result<()> {
        let ids: Vec<Uuid> = estimated.iter().map(|one| one.task_id).collect();
        tanuki_store::query::locks::tasks_by_id(transaction, &ids).await?;
        let projection = PLAIN.form(Relations::Without, false);
        let before = by_id(rows::by_ids(&mut *transaction, projection, &ids).await?);
        let mut changes = Vec::with_capacity(estimated.len());
        for mut one in estimated {
            if !one.data.is_empty() {
                let row = before.get(&one.task_id);
                let data = row.and_then(|row| row.get("data")?.as_object());
                let mut data = data.cloned().unwrap_or_default();
                data.extend(one.data);
                one.fields.insert("data", data.into());
            }
            changes.push((one.task_id, one.fields));
        }
        let now = self.core.clock().timestamp();
        write_columns(transaction, &TASK, changes, now).await?;
        let updated =
            |id: &Uuid| Event::about("task", "update", *id).in_project(Some(tasks.project_id));
        let events = ids.iter().map(updated).collect();
        self.core
            .record_all(transaction, events, Some(tasks.caller))
            .await
    }
}

/// What a file says about a task.
#[derive(Debug)]
struct Estimated {
    task_id: Uuid,
    fields: BTreeMap<&'static str, Value>,
    data: Map<String, Value>,
}

/// The unit in which a studio writes durations.
#[derive(Debug, Clone, Copy)]
struct Unit {
    is_hours: bool,
    hours_by_day: f64,
}

impl Unit {
    fn of(organisation: &JsonRow) -> Self {
        let hours = organisation.get("hours_by_day").and_then(Value::as_f64);
        Self {
            is_hours: organisation.get("format_duration_in_hours") == Some(&true.into()),
            hours_by_day: hours.filter(|hours| *hours > 0.0).unwrap_or(8.0),
        }
    }

    fn minutes(self, estimation: f64) -> f64 {
        if self.is_hours {
            whole_if_close(estimation * 60.0)
        } else {
            (estimation * self.hours_by_day * 60.0).round_ties_even()
        }
    }

    fn days(self, estimation: f64) -> f64 {
        if self.is_hours {
            whole_if_close(estimation / self.hours_by_day)
        } else {
            estimation
        }
    }
}

/// Rounds what a calculation left a hair beside a whole number.
fn whole_if_close(number: f64) -> f64 {
    let whole = number.round();
    if (number - whole).abs() < 1e-6 {
        whole
    } else {
        number
    }
}

/// Reads the rows of a file of estimations.
struct EstimationReader {
    unit: Unit,
    /// By asset type or sequence, and name.
    entities: HashMap<[String; 2], Uuid>,
    /// By entity.
    tasks: HashMap<Uuid, Uuid>,
    metadata: Vec<MetadataColumn>,
    people: People,
    /// How the caller writes dates, besides `YYYY-MM-DD`.
    date_format: &'static str,
}

impl EstimationReader {
    async fn load(
        transaction: &mut Transaction,
        tasks: &EstimatedTasks<'_>,
        unit: Unit,
    ) -> Result<Self> {
        let EstimatedTasks {
            project_id,
            task_type_id,
            episode_id,
            ..
        } = *tasks;
        let for_entity = imports::kind_of_task_type(&mut *transaction, task_type_id).await?;
        let kind = match for_entity.as_deref() {
            None | Some("Asset") => Kind::Asset,
            Some(name) => Kind::of_type(name),
        };
        let which = kinds::of_kind(kind.is()).or(kinds::of_kind(Kind::Sequence.is()));
        let known = imports::entities(&mut *transaction, project_id, which).await?;
        let types = type_names(transaction).await?;
        let by_id: HashMap<Uuid, &KnownEntity> =
            known.iter().map(|entity| (entity.id, entity)).collect();
        let mut entities = HashMap::new();
        let mut ids = Vec::new();
        for entity in &known {
            let type_name = types.get(&entity.entity_type_id);
            let type_name = type_name.map_or("", String::as_str);
            if Kind::of_type(type_name) != kind {
                continue;
            }
            let above = entity.parent_id.and_then(|id| by_id.get(&id));
            let (parent, episode) = match kind {
                Kind::Asset => (Some(type_name), entity.source_id),
                _ => (
                    above.map(|sequence| sequence.name.as_str()),
                    above.and_then(|sequence| sequence.parent_id),
                ),
            };
            if episode_id.is_none_or(|id| episode == Some(id))
                && let Some(parent) = parent
            {
                add(&mut entities, [parent, &entity.name], entity.id);
                ids.push(entity.id);
            }
        }
        let mut tasks_by_entity = HashMap::new();
        for task in imports::tasks(&mut *transaction, &ids).await? {
            if task.task_type_id == task_type_id {
                tasks_by_entity.entry(task.entity_id).or_insert(task.id);
            }
        }
        let caller = rows::by_id(&mut *transaction, &FULL_UNLINKED, tasks.caller.id).await?;
        let date_format = caller
            .as_ref()
            .and_then(|row| row.get("display_date_format"));
        Ok(Self {
            unit,
            entities,
            tasks: tasks_by_entity,
            metadata: imports::metadata_columns(
                &mut *transaction,
                project_id,
                "Task",
                Some(task_type_id),
                false,
            )
            .await?,
            people: People::load(transaction, project_id).await?,
            date_format: match date_format.and_then(Value::as_str) {
                Some("DD/MM/YYYY") => "%d/%m/%Y",
                Some("MM/DD/YYYY") => "%m/%d/%Y",
                _ => "%Y-%m-%d",
            },
        })
    }

    fn read(&self, sheet: &Sheet) -> Result<Vec<Estimated>, ImportError> {
        let mut estimated: Vec<Estimated> = Vec::new();
        let mut places: HashMap<Uuid, usize> = HashMap::new();
        read_rows(sheet, &COLUMNS, |row, errors| {
            let task = self.task(row, errors);
            let fields = self.fields(row, errors);
            let mut data = Map::new();
            metadata::read(&self.metadata, &self.people, row, (&mut data, errors));
            let Some(task_id) = task else { return };
            if let Some(place) = places.get(&task_id) {
                let before = &mut estimated[*place];
                before.fields.extend(fields);
                before.data.extend(data);
                return;
            }
            places.insert(task_id, estimated.len());
            estimated.push(Estimated {
                task_id,
                fields,
                data,
            });
        })?;
        Ok(estimated)
    }

    /// Finds the task of the entity that a row names.
    fn task(&self, row: Row<'_>, errors: &mut RowErrors) -> Option<Uuid> {
        let [parent, name] = COLUMNS.map(|column| row.trimmed(column));
        let Some(entity) = find(&self.entities, [parent, name]) else {
            let message = format!("Entity '{name}' with parent '{parent}' not found");
            errors.cell(row.line(), "Entity", message);
            return None;
        };
        let task = self.tasks.get(&entity).copied();
        if task.is_none() {
            let message = format!("Entity '{name}' with parent '{parent}' has no such task");
            errors.cell(row.line(), "Entity", message);
        }
        task
    }

    fn fields(&self, row: Row<'_>, errors: &mut RowErrors) -> BTreeMap<&'static str, Value> {
        let mut fields = BTreeMap::new();
        let mut estimation = None;
        let text = row.trimmed("Estimation");
        if !text.is_empty() {
            let given = number(text).filter(|number| (0.0..=MAX_ESTIMATION).contains(number));
            match given {
                Some(given) => {
                    estimation = Some(given);
                    fields.insert("estimation", self.unit.minutes(given).into());
                }
                None => {
                    let message = format!("Estimation must be a number, got '{text}'");
                    errors.cell(row.line(), "Estimation", message);
                }
            }
        }
        for (title, field) in [("Drawings", "nb_drawings"), ("Difficulty", "difficulty")] {
            let text = row.trimmed(title);
            if text.is_empty() {
                continue;
            }
            match integer(text).and_then(|number| i32::try_from(number).ok()) {
                Some(number) => {
                    fields.insert(field, number.into());
                }
                None => {
                    let message = format!("{title} must be an integer, got '{text}'");
                    errors.cell(row.line(), title, message);
                }
            }
        }
        let start = self.day(row, "Start date", errors);
        let due = self.day(row, "Due date", errors).or_else(|| {
            // The day on which the work ends that begins on the first.
            let days = self.unit.days(estimation.filter(|given| *given > 0.0)?);
            if !row.trimmed("Due date").is_empty() {
                return None;
            }
            after_business_days(start?, days - 1.0)
        });
        for (field, day) in [("start_date", start), ("due_date", due)] {
            if let Some(day) = day {
                let time = format!("{}T00:00:00", day.format("%Y-%m-%d"));
                fields.insert(field, time.into());
            }
        }
        fields
    }

    fn day(&self, row: Row<'_>, title: &str, errors: &mut RowErrors) -> Option<NaiveDate> {
        let text = row.trimmed(title);
        if text.is_empty() {
            return None;
        }
        let day = ["%Y-%m-%d", self.date_format]
            .iter()
            .find_map(|format| dates::parse_date(text, format));
        if day.is_none() {
            let message = format!("{title} must be a day as YYYY-MM-DD, got '{text}'");
            errors.cell(row.line(), title, message);
        }
        day
    }
}

/// The day that is so many days from Monday to Friday after another; a part of a
/// day counts as one. `None` beyond the calendar.
fn after_business_days(day: NaiveDate, days: f64) -> Option<NaiveDate> {
    // At most MAX_ESTIMATION.
    let days = days.ceil().max(0.0) as u64;
    let Some(before_last) = days.checked_sub(1) else {
        return Some(day);
    };
    let mut day = day.checked_add_days(Days::new(before_last / 5 * 7))?;
    let mut left = before_last % 5 + 1;
    while left > 0 {
        day = day.checked_add_days(Days::new(1))?;
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    dates::is_in_range(day).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        dates::parse_date(text, "%Y-%m-%d").unwrap()
    }

    #[test]
    fn weekends_are_no_business_days() {
        // 2026-01-05 is a Monday.
        for (start, days, expected) in [
            ("2026-01-05", 0.0, "2026-01-05"),
            ("2026-01-05", -0.5, "2026-01-05"),
            ("2026-01-05", 1.0, "2026-01-06"),
            ("2026-01-05", 3.5, "2026-01-09"),
            ("2026-01-05", 5.0, "2026-01-12"),
            ("2026-01-10", 1.0, "2026-01-12"),
            ("2026-01-10", 5.0, "2026-01-16"),
            ("2026-01-10", 6.0, "2026-01-19"),
            ("2026-01-09", 10.0, "2026-01-23"),
        ] {
            let after = after_business_days(day(start), days);
            assert_eq!(after, Some(day(expected)), "{start} and {days}");
        }
        assert_eq!(after_business_days(day("9999-12-01"), 1e6), None);
    }

    #[test]
    fn estimations_are_stored_in_minutes() {
        let days = Unit {
            is_hours: false,
            hours_by_day: 7.6,
        };
        let hours = Unit {
            is_hours: true,
            ..days
        };
        assert_eq!(days.minutes(1.5), 684.0);
        assert_eq!(hours.minutes(2.05), 123.0);
        assert_eq!(hours.minutes(0.66), 39.6);
        assert_eq!(hours.days(22.8), 3.0);
    }
}
