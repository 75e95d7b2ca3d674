//! Budgets of a project and their entries. Require a manager of the project or
//! an admin.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::list_filters;
use tanuki_store::query::{planning::budgets, projects, rows};
use tanuki_store::schema::{BUDGET, BUDGET_ENTRY};
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Transaction};
use uuid::Uuid;

use super::resource;
use crate::access::ManagedProject;
use crate::events::Event;
use crate::fields::{id_of, values};
use crate::resource::Relations;
use crate::{Caller, ConstraintViolation, Error, JsonRow, MalformedId, MaybeId, Planning, Result};

pub(super) static LISTED: LazyLock<Projection> = LazyLock::new(|| {
    let keys = ["id", "project_id", "revision", "name", "currency"];
    Projection::only(&BUDGET, &keys)
});
pub(super) static LISTED_ENTRY: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &BUDGET_ENTRY,
        &[
            "id",
            "budget_id",
            "department_id",
            "person_id",
            "start_date",
            "months_duration",
            "daily_salary",
            "position",
            "seniority",
            "exceptions",
        ],
    )
});

/// The id of a budget in a path, below a project that the caller manages: the
/// proof of a permission check. The budget may not exist.
#[derive(Debug, Clone, Copy)]
pub struct Budget<'a> {
    production: ManagedProject<'a>,
    id: Uuid,
}

/// The id of a budget entry in a path, below a project that the caller manages.
/// The entry may not exist.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    production: ManagedProject<'a>,
    /// The budget in the path.
    budget_id: Uuid,
    id: Uuid,
}

impl Planning<'_> {
    /// Lists the budgets of a project. JSON: an array with `id`, `project_id`,
    /// `revision`, `name` and `currency`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` if the caller does
    /// not manage it.
    pub async fn budgets(self, caller: &Caller, project: &MaybeId) -> Result<JsonChunks> {
        let production = self.require_plan_manager(caller, project).await?;
        let of_project = list_filters::of_project(&BUDGET, production.project_id);
        let budgets = ListQuery::new(&LISTED).filter(of_project);
        Ok(self.core.database().stream_list(budgets))
    }

    /// Checks that the caller may create budgets in the project of a path.
    ///
    /// # Errors
    ///
    /// `Invalid` if the id is malformed, `NotFound` if the project does not
    /// exist, `Denied` if the caller does not manage it.
    pub async fn budgeted<'a>(
        self,
        caller: &'a Caller,
        project: &MaybeId,
    ) -> Result<ManagedProject<'a>> {
        project.hyphenated(MalformedId::InPath)?;
        self.require_plan_manager(caller, project).await
    }

    /// Checks that the caller may read and change the budgets of the project of
    /// a path.
    ///
    /// # Errors
    ///
    /// `Invalid` if an id is malformed, `NotFound` if the project does not
    /// exist, `Denied` if the caller does not manage it. The budget is not
    /// loaded yet.
    pub async fn budget_of<'a>(
        self,
        caller: &'a Caller,
        project: &MaybeId,
        budget: &MaybeId,
    ) -> Result<Budget<'a>> {
        project.hyphenated(MalformedId::InPath)?;
        let id = budget.hyphenated(MalformedId::InPath)?;
        let production = self.require_plan_manager(caller, project).await?;
        Ok(Budget { production, id })
    }

    /// Checks that the caller may read and change the budget entries of the
    /// project of a path. The budget in the path is not compared with that of
    /// the entry, as long as the latter belongs to the project.
    ///
    /// # Errors
    ///
    /// As for [`budget_of`](Self::budget_of).
    pub async fn budget_entry_of<'a>(
        self,
        caller: &'a Caller,
        project: &MaybeId,
        budget: &MaybeId,
        entry: &MaybeId,
    ) -> Result<Entry<'a>> {
        let production = self.require_plan_manager(caller, project).await?;
        let budget_id = budget.hyphenated(MalformedId::InPath)?;
        let id = entry.hyphenated(MalformedId::InPath)?;
        Ok(Entry {
            production,
            budget_id,
            id,
        })
    }

    /// Creates a budget and returns its row. Its revision follows the highest
    /// of the project. Records `budget:create`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist.
    pub async fn create_budget(
        self,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        name: String,
        currency: Option<String>,
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, "project", project_id).await?;
        if !projects::exists(&mut transaction, project_id).await? {
            return Err(Error::NotFound);
        }
        let revision = budgets::last_revision(&mut transaction, project_id).await? + 1;
        let id = Uuid::new_v4();
        let mut values = values(
            &BUDGET,
            [("name", name.into()), ("currency", currency.into())],
        )?;
        values.insert("id", id.into());
        values.insert("project_id", project_id.into());
        values.insert("revision", revision.into());
        write::insert(&mut transaction, &BUDGET, values, &self.core.defaults()).await?;
        let event = Event::about("budget", "create", id).in_project(Some(project_id));
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        finish(transaction, budget_shape(), id).await
    }

    /// Returns the row of a budget. `NotFound` if the project does not have it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the project has no such budget.
    pub async fn budget(self, budget: Budget<'_>) -> Result<JsonRow> {
        let row = rows::by_id(self.core.database(), budget_shape(), budget.id).await?;
        budget.production.own(row)
    }

    /// Updates the fields that are given and returns the row. Records
    /// `budget:update`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not have the budget.
    pub async fn update_budget(
        self,
        budget: Budget<'_>,
        name: Option<String>,
        currency: Option<String>,
    ) -> Result<JsonRow> {
        let Budget { production, id } = budget;
        let mut transaction = self.core.database().begin().await?;
        let project_id =
            production.require_budget(rows::locked(&mut transaction, &LISTED, id).await?)?;
        let given = [("name", name), ("currency", currency)];
        let given = given
            .into_iter()
            .filter_map(|(field, text)| Some((field, text?.into())));
        let mut values = values(&BUDGET, given)?;
        values.insert("updated_at", self.core.clock().timestamp().into());
        write::update(&mut transaction, &BUDGET, id, values).await?;
        let event = Event::about("budget", "update", id).in_project(project_id);
        self.core
            .record(&mut transaction, event, Some(production.caller))
            .await?;
        finish(transaction, budget_shape(), id).await
    }

    /// Deletes a budget and cascades to its entries. Records `budget:delete`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not have the budget.
    pub async fn delete_budget(self, budget: Budget<'_>) -> Result<()> {
        let Budget { production, id } = budget;
        let mut transaction = self.core.database().begin().await?;
        let project_id =
            production.require_budget(rows::locked(&mut transaction, &LISTED, id).await?)?;
        write::delete_where(&mut transaction, "budget_entry", budgets::entries_of(id)).await?;
        write::delete(&mut transaction, &BUDGET, id).await?;
        let event = Event::about("budget", "delete", id).in_project(project_id);
        self.core
            .record(&mut transaction, event, Some(production.caller))
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Lists the entries of a budget, which are none if the project does not
    /// have the budget. Admins get those of any project's budget.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn budget_entries(self, budget: Budget<'_>) -> Result<JsonChunks> {
        let mut entries = ListQuery::new(&LISTED_ENTRY).filter(budgets::entries_of(budget.id));
        if !budget.production.caller.is_admin() {
            let project_id = budget.production.project_id;
            entries = entries.filter(budgets::entries_in_production(project_id));
        }
        Ok(self.core.database().stream_list(entries))
    }

    /// Creates a budget entry and returns its row. Null means the default of
    /// the column. Records `budget-entry:create`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not have the budget. `Constraint` if
    /// `start_date`, `months_duration` or `daily_salary` is missing, or a value
    /// is malformed.
    pub async fn create_budget_entry(
        self,
        budget: Budget<'_>,
        mut fields: JsonRow,
    ) -> Result<JsonRow> {
        let Budget { production, id } = budget;
        let mut transaction = self.core.database().begin().await?;
        let project_id =
            production.require_budget(rows::locked(&mut transaction, &LISTED, id).await?)?;
        fields.retain(|_, value| *value != Value::Null);
        let required = ["start_date", "months_duration", "daily_salary"];
        if !required.iter().all(|field| fields.contains_key(*field)) {
            return Err(Error::Constraint(ConstraintViolation::Missing));
        }
        fields.insert("exceptions".into(), Map::new().into());
        let mut values = entry_values(&fields)?;
        let entry_id = Uuid::new_v4();
        values.insert("id", entry_id.into());
        values.insert("budget_id", id.into());
        write::insert(
            &mut transaction,
            &BUDGET_ENTRY,
            values,
            &self.core.defaults(),
        )
        .await?;
        let event = entry_event("create", entry_id, id, project_id);
        self.core
            .record(&mut transaction, event, Some(production.caller))
            .await?;
        finish(transaction, entry_shape(), entry_id).await
    }

    /// Returns the row of a budget entry. Both the budget in the path and that
    /// of the entry must belong to the project; `NotFound` otherwise.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the entry, its budget or the one in the path is
    /// not of the project.
    pub async fn budget_entry(self, entry: Entry<'_>) -> Result<JsonRow> {
        let production = entry.production;
        let id = entry.budget_id;
        self.budget(Budget { production, id }).await?;
        let row = rows::by_id(self.core.database(), entry_shape(), entry.id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let id = id_of(&row, "budget_id").ok_or(Error::NotFound)?;
        production.require_budget(rows::by_id(self.core.database(), &LISTED, id).await?)?;
        Ok(row)
    }

    /// Updates a budget entry and returns its row. Months without people are
    /// removed from `exceptions`. Records `budget-entry:update`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not have the entry, `Constraint` if a
    /// value is malformed.
    pub async fn update_budget_entry(self, entry: Entry<'_>, fields: JsonRow) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        let (budget_id, project_id) = entry.locked(&mut transaction).await?;
        let mut values = entry_values(&fields)?;
        values.insert("updated_at", self.core.clock().timestamp().into());
        write::update(&mut transaction, &BUDGET_ENTRY, entry.id, values).await?;
        let event = entry_event("update", entry.id, budget_id, project_id);
        self.core
            .record(&mut transaction, event, Some(entry.production.caller))
            .await?;
        finish(transaction, entry_shape(), entry.id).await
    }

    /// Deletes a budget entry. Records `budget-entry:delete`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not have the entry.
    pub async fn delete_budget_entry(self, entry: Entry<'_>) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let (budget_id, project_id) = entry.locked(&mut transaction).await?;
        write::delete(&mut transaction, &BUDGET_ENTRY, entry.id).await?;
        let event = entry_event("delete", entry.id, budget_id, project_id);
        self.core
            .record(&mut transaction, event, Some(entry.production.caller))
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Sums the time spent in a project by department, person and month. Admins
    /// only.
    ///
    /// # Errors
    ///
    /// `Denied` for other roles, `Invalid` if the id is malformed.
    pub async fn budget_time_spents(
        self,
        caller: &Caller,
        project: &MaybeId,
    ) -> Result<BTreeMap<String, DepartmentSpent>> {
        caller.require_admin()?;
        let project_id = project.hyphenated(MalformedId::InPath)?;
        let mut departments: BTreeMap<String, DepartmentSpent> = BTreeMap::new();
        for spent in budgets::time_spent(self.core.database(), project_id).await? {
            let department = departments
                .entry(spent.department_id.to_string())
                .or_default();
            department.total += spent.duration;
            let person = department
                .persons
                .entry(spent.person_id.to_string())
                .or_default();
            person.total += spent.duration;
            person.months.insert(spent.month, spent.duration);
        }
        Ok(departments)
    }
}

/// Time spent on the tasks of a department, in minutes: in total and by person.
#[derive(Debug, Default, Serialize)]
pub struct DepartmentSpent {
    total: f64,
    #[serde(flatten)]
    persons: BTreeMap<String, PersonSpent>,
}

/// Time that a person spent on these tasks, in minutes: in total and by month
/// (`2026-01`).
#[derive(Debug, Default, Serialize)]
struct PersonSpent {
    total: f64,
    #[serde(flatten)]
    months: BTreeMap<String, f64>,
}

impl Entry<'_> {
    /// Locks the entry and returns the ids of its budget and project.
    async fn locked(self, transaction: &mut Transaction) -> Result<(Uuid, Option<Uuid>)> {
        let row = rows::locked(&mut *transaction, &LISTED_ENTRY, self.id).await?;
        let budget_id = row.and_then(|row| id_of(&row, "budget_id"));
        let budget_id = budget_id.ok_or(Error::NotFound)?;
        let budget = rows::by_id(transaction, &LISTED, budget_id).await?;
        Ok((budget_id, self.production.require_budget(budget)?))
    }
}

impl ManagedProject<'_> {
    /// Returns the row of a budget if it belongs to the project; `NotFound`
    /// otherwise.
    fn own(self, row: Option<JsonRow>) -> Result<JsonRow> {
        row.filter(|row| id_of(row, "project_id") == Some(self.project_id))
            .ok_or(Error::NotFound)
    }

    /// Returns the project of a budget that is about to be changed. It must be
    /// the one in the path, except for admins. `NotFound` otherwise.
    fn require_budget(self, row: Option<JsonRow>) -> Result<Option<Uuid>> {
        let row = if self.caller.is_admin() {
            row.ok_or(Error::NotFound)?
        } else {
            self.own(row)?
        };
        Ok(id_of(&row, "project_id"))
    }
}

fn entry_event(action: &str, entry_id: Uuid, budget_id: Uuid, project_id: Option<Uuid>) -> Event {
    Event::about("budget_entry", action, entry_id)
        .with("budget_id", budget_id.to_string())
        .in_project(project_id)
}

fn budget_shape() -> &'static Projection {
    (resource::BUDGETS.projection)(Relations::With)
}

fn entry_shape() -> &'static Projection {
    (resource::BUDGET_ENTRIES.projection)(Relations::With)
}

/// Reads the changed row for the response and commits.
async fn finish(
    mut transaction: Transaction,
    projection: &Projection,
    id: Uuid,
) -> Result<JsonRow> {
    let row = rows::by_id(&mut transaction, projection, id).await?;
    transaction.commit().await?;
    row.ok_or(Error::NotFound)
}

/// Converts the fields of a request to columns. Unknown fields are ignored.
fn entry_values(fields: &JsonRow) -> Result<Values> {
    let columns = fields.iter().filter_map(|(field, value)| {
        let column = BUDGET_ENTRY.column(field)?;
        let value = match (field.as_str(), value) {
            ("exceptions", Value::Object(months)) => exceptions(months).map(Value::from),
            ("exceptions", Value::Null) => Ok(Map::new().into()),
            _ => Ok(value.clone()),
        };
        Some(value.map(|value| (column.name, value)))
    });
    values(&BUDGET_ENTRY, columns.collect::<Result<Vec<_>>>()?)
}

/// Parses the number of people in months that differ from the default. Null and
/// numbers below 1 are dropped, decimals truncated.
fn exceptions(months: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut kept = Map::new();
    for (month, people) in months {
        let people = match people {
            Value::Null => continue,
            Value::Bool(flag) => Some(i64::from(*flag)),
            Value::Number(number) => number
                .as_i64()
                .or_else(|| number.as_f64().map(|number| number as i64)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let people = people.ok_or(Error::Constraint(ConstraintViolation::Format))?;
        if people > 0 {
            kept.insert(month.clone(), people.into());
        }
    }
    Ok(kept)
}
