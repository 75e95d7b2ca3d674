//! Budgets of a project and their entries.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::planning::budgets::{Budget, DepartmentSpent, Entry};
use tanuki_core::{Caller, Error, JsonRow, MaybeId};

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds, TextRule};
use crate::{Api, response};

/// The ids in the path of a budget.
#[derive(Debug, Deserialize)]
pub(crate) struct BudgetPath {
    project_id: MaybeId,
    budget_id: MaybeId,
}

/// The ids in the path of a budget's entry.
#[derive(Debug, Deserialize)]
pub(crate) struct EntryPath {
    project_id: MaybeId,
    budget_id: MaybeId,
    entry_id: MaybeId,
}

/// `GET /data/projects/ID/budgets`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(api.core.planning().budgets(&caller, &project).await?).await
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
    PathIds(project): PathIds<MaybeId>,
    body: Body<NewBudget>,
) -> HandlerResult<Json<JsonRow>> {
    let production = api.core.planning().budgeted(&caller, &project).await?;
    let NewBudget { name, currency } = body.validate()?;
    let row = api
        .core
        .planning()
        .create_budget(production, name, currency)
        .await?;
    Ok(Json(row))
}

/// `GET /data/projects/ID/budgets/ID`.
pub(crate) async fn read(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<BudgetPath>,
) -> HandlerResult<Json<JsonRow>> {
    let budget = budget_of(&api, &caller, &path).await?;
    Ok(Json(api.core.planning().budget(budget).await?))
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
    PathIds(path): PathIds<BudgetPath>,
    body: Body<BudgetUpdate>,
) -> HandlerResult<Json<JsonRow>> {
    let budget = budget_of(&api, &caller, &path).await?;
    let BudgetUpdate { name, currency } = body.validate()?;
    Ok(Json(
        api.core
            .planning()
            .update_budget(budget, name, currency)
            .await?,
    ))
}

/// `DELETE /data/projects/ID/budgets/ID`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<BudgetPath>,
) -> HandlerResult {
    let budget = budget_of(&api, &caller, &path).await?;
    api.core.planning().delete_budget(budget).await?;
    Ok(response::no_content())
}

/// `GET /data/projects/ID/budgets/ID/entries`.
pub(crate) async fn entries(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<BudgetPath>,
) -> HandlerResult {
    let budget = budget_of(&api, &caller, &path).await?;
    response::stream(api.core.planning().budget_entries(budget).await?).await
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
    PathIds(path): PathIds<BudgetPath>,
    body: Body<NewBudgetEntry>,
) -> HandlerResult<Json<JsonRow>> {
    let budget = budget_of(&api, &caller, &path).await?;
    let NewBudgetEntry(entry) = body.validate()?;
    Ok(Json(
        api.core
            .planning()
            .create_budget_entry(budget, entry)
            .await?,
    ))
}

/// `GET /data/projects/ID/budgets/ID/entries/ID`.
pub(crate) async fn read_entry(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<EntryPath>,
) -> HandlerResult<Json<JsonRow>> {
    let core = &api.core;
    let entry = entry_of(&api, &caller, &path).await?;
    Ok(Json(core.planning().budget_entry(entry).await?))
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
    PathIds(path): PathIds<EntryPath>,
    body: Body<BudgetEntryUpdate>,
) -> HandlerResult<Json<JsonRow>> {
    let core = &api.core;
    let entry_of_path = entry_of(&api, &caller, &path).await?;
    let BudgetEntryUpdate(changed) = body.validate()?;
    Ok(Json(
        core.planning()
            .update_budget_entry(entry_of_path, changed)
            .await?,
    ))
}

/// `DELETE /data/projects/ID/budgets/ID/entries/ID`.
pub(crate) async fn delete_entry(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<EntryPath>,
) -> HandlerResult {
    let core = &api.core;
    core.planning()
        .budget_of(&caller, &path.project_id, &path.budget_id)
        .await?;
    let entry = entry_of(&api, &caller, &path).await?;
    core.planning().delete_budget_entry(entry).await?;
    Ok(response::no_content())
}

/// `GET /data/projects/ID/budgets/time-spents`.
pub(crate) async fn time_spents(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
) -> HandlerResult<Json<BTreeMap<String, DepartmentSpent>>> {
    let spent = api
        .core
        .planning()
        .budget_time_spents(&caller, &project)
        .await?;
    Ok(Json(spent))
}

/// Returns the budget in a path if the caller manages the project.
async fn budget_of<'a>(
    api: &Api,
    caller: &'a Caller,
    path: &BudgetPath,
) -> Result<Budget<'a>, Error> {
    api.core
        .planning()
        .budget_of(caller, &path.project_id, &path.budget_id)
        .await
}

/// Returns the budget entry in a path if the caller manages the project.
async fn entry_of<'a>(api: &Api, caller: &'a Caller, path: &EntryPath) -> Result<Entry<'a>, Error> {
    api.core
        .planning()
        .budget_entry_of(caller, &path.project_id, &path.budget_id, &path.entry_id)
        .await
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
