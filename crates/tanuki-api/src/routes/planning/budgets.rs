//! Budgets of a project and their entries.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};
use tanuki_core::planning::budgets::DepartmentSpent;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, TextRule};
use crate::{Api, response};

type Row = Json<Map<String, Value>>;
type OfBudget = Path<(String, String)>;
type OfEntry = Path<(String, String, String)>;

/// `GET /data/projects/ID/budgets`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.budgets(&caller, &project).await?).await
}

/// The body of `POST /data/projects/ID/budgets`.
#[derive(Debug)]
pub(crate) struct NewBudget {
    name: String,
    currency: Option<String>,
}

impl ActionBody for NewBudget {
    const SCHEMA: &'static str = "BudgetSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name", TextRule::FILLED),
            currency: match fields.has("currency") {
                true => fields.optional_text("currency"),
                false => Some("USD".to_owned()),
            },
        }
    }
}

/// `POST /data/projects/ID/budgets`.
pub(crate) async fn create(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
    body: Body<NewBudget>,
) -> HandlerResult<Row> {
    let production = api.core.budgeted(&caller, &project).await?;
    let NewBudget { name, currency } = body.validate()?;
    let row = api.core.create_budget(production, name, currency).await?;
    Ok(Json(row))
}

/// `GET /data/projects/ID/budgets/ID`.
pub(crate) async fn read(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, budget)): OfBudget,
) -> HandlerResult<Row> {
    let budget = api.core.budget_of(&caller, &project, &budget).await?;
    Ok(Json(api.core.budget(budget).await?))
}

/// The body of `PUT /data/projects/ID/budgets/ID`.
#[derive(Debug)]
pub(crate) struct BudgetUpdate {
    name: Option<String>,
    currency: Option<String>,
}

impl ActionBody for BudgetUpdate {
    const SCHEMA: &'static str = "BudgetUpdateSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.optional_text("name"),
            currency: fields.optional_text("currency"),
        }
    }
}

/// `PUT /data/projects/ID/budgets/ID`.
pub(crate) async fn update(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, budget)): OfBudget,
    body: Body<BudgetUpdate>,
) -> HandlerResult<Row> {
    let budget = api.core.budget_of(&caller, &project, &budget).await?;
    let BudgetUpdate { name, currency } = body.validate()?;
    Ok(Json(api.core.update_budget(budget, name, currency).await?))
}

/// `DELETE /data/projects/ID/budgets/ID`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, budget)): OfBudget,
) -> HandlerResult {
    let budget = api.core.budget_of(&caller, &project, &budget).await?;
    api.core.delete_budget(budget).await?;
    Ok(response::no_content())
}

/// `GET /data/projects/ID/budgets/ID/entries`.
pub(crate) async fn entries(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, budget)): OfBudget,
) -> HandlerResult {
    let budget = api.core.budget_of(&caller, &project, &budget).await?;
    response::stream(api.core.budget_entries(budget).await?).await
}

/// The body of `POST /data/projects/ID/budgets/ID/entries`.
#[derive(Debug)]
pub(crate) struct NewBudgetEntry(Map<String, Value>);

impl ActionBody for NewBudgetEntry {
    const SCHEMA: &'static str = "BudgetEntrySchema";

    fn read(fields: &mut Fields) -> Self {
        let department = fields.text("department_id", TextRule::FILLED);
        Self(entry_fields(fields, department.into()))
    }
}

/// `POST /data/projects/ID/budgets/ID/entries`.
pub(crate) async fn create_entry(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, budget)): OfBudget,
    body: Body<NewBudgetEntry>,
) -> HandlerResult<Row> {
    let budget = api.core.budget_of(&caller, &project, &budget).await?;
    let NewBudgetEntry(entry) = body.validate()?;
    Ok(Json(api.core.create_budget_entry(budget, entry).await?))
}

/// `GET /data/projects/ID/budgets/ID/entries/ID`.
pub(crate) async fn read_entry(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, budget, entry)): OfEntry,
) -> HandlerResult<Row> {
    let core = &api.core;
    let entry = core
        .budget_entry_of(&caller, &project, &budget, &entry)
        .await?;
    Ok(Json(core.budget_entry(entry, &budget).await?))
}

/// The body of `PUT /data/projects/ID/budgets/ID/entries/ID`.
#[derive(Debug)]
pub(crate) struct BudgetEntryUpdate(Map<String, Value>);

impl ActionBody for BudgetEntryUpdate {
    const SCHEMA: &'static str = "BudgetEntryUpdateSchema";

    fn read(fields: &mut Fields) -> Self {
        let department = fields.optional_text("department_id");
        let mut changed = entry_fields(fields, department.into());
        let exceptions = fields.optional_object("exceptions");
        changed.insert("exceptions".into(), exceptions.into());
        Self(changed)
    }
}

/// `PUT /data/projects/ID/budgets/ID/entries/ID`.
pub(crate) async fn update_entry(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, budget, entry)): OfEntry,
    body: Body<BudgetEntryUpdate>,
) -> HandlerResult<Row> {
    let core = &api.core;
    let entry_of_path = core
        .budget_entry_of(&caller, &project, &budget, &entry)
        .await?;
    let BudgetEntryUpdate(changed) = body.validate()?;
    Ok(Json(
        core.update_budget_entry(entry_of_path, changed).await?,
    ))
}

/// `DELETE /data/projects/ID/budgets/ID/entries/ID`.
pub(crate) async fn delete_entry(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, budget, entry)): OfEntry,
) -> HandlerResult {
    let core = &api.core;
    core.budget_of(&caller, &project, &budget).await?;
    let entry = core
        .budget_entry_of(&caller, &project, &budget, &entry)
        .await?;
    core.delete_budget_entry(entry).await?;
    Ok(response::no_content())
}

/// `GET /data/projects/ID/budgets/time-spents`.
pub(crate) async fn time_spents(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult<Json<BTreeMap<String, DepartmentSpent>>> {
    let spent = api.core.budget_time_spents(&caller, &project).await?;
    Ok(Json(spent))
}

/// Reads the fields of an entry; those that are missing are null.
fn entry_fields(fields: &mut Fields, department: Value) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("department_id".into(), department);
    for text in ["person_id", "start_date", "position", "seniority"] {
        entry.insert(text.into(), fields.optional_text(text).into());
    }
    let months = fields.optional_integer("months_duration", None);
    entry.insert("months_duration".into(), months.into());
    let salary = fields.optional_number("daily_salary");
    entry.insert("daily_salary".into(), salary.into());
    entry
}
