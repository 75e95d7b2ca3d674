//! Isolation of projects: checks that an id in a reference column or link of a
//! row belongs to the row's project, is a shared asset, or, where the schema
//! allows it, belongs to another project that the caller has access to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tanuki_store::query::scopes::{self, Belonging};
use tanuki_store::schema::{Link, ProjectScope, Table};
use tanuki_store::{Executor, Transaction};
use uuid::Uuid;

use crate::access::ensure;
use crate::{Caller, Error, Result};

/// The ids in one field of a body, of rows that belong to projects.
#[derive(Debug)]
struct Reference {
    field: &'static str,
    table: &'static Table,
    ids: Vec<Uuid>,
    /// May belong to another project that the caller has access to.
    across_projects: bool,
    /// The column decides to which project the row belongs.
    is_anchor: bool,
}

/// Checks the ids in the body of an update, before anything is written. Ids
/// that the row has already are not checked. Links that only managers may set
/// are removed from everybody else's body.
///
/// # Errors
/// [`Error::Invalid`] names the field whose id belongs to another project;
/// [`Error::Denied`] if somebody who does not manage the project moves the row
/// to another task or entity.
pub(super) async fn check_update(
    transaction: &mut Transaction,
    caller: &Caller,
    (table, id): (&'static Table, Uuid),
    before: &Map<String, Value>,
    data: &mut Map<String, Value>,
) -> Result<()> {
    let references = changed_references(table, before, data);
    let for_managers = |link: &&Link| link.for_managers && data.contains_key(link.field);
    let for_managers: Vec<&Link> = table.links.iter().filter(for_managers).collect();
    if references.is_empty() && for_managers.is_empty() {
        return Ok(());
    }
    let project_id = project_of(transaction.into(), table, id).await?;
    check(transaction.into(), caller, project_id, &references).await?;
    let moves = references.iter().any(|reference| reference.is_anchor);
    if !moves && for_managers.is_empty() {
        return Ok(());
    }
    let access = caller.project_access(&mut *transaction, project_id).await?;
    if !access.is_manager() {
        ensure(!moves)?;
        for link in for_managers {
            data.remove(link.field);
        }
    }
    Ok(())
}

/// Checks the ids in the body of a creation, after the insert. For admins only
/// the links are checked, because these take rows away from other rows.
///
/// # Errors
/// [`Error::Invalid`] names the field whose id belongs to another project.
pub(super) async fn check_insert(
    transaction: &mut Transaction,
    caller: &Caller,
    (table, id): (&'static Table, Uuid),
    data: &Map<String, Value>,
) -> Result<()> {
    let mut references = changed_references(table, &Map::new(), data);
    if caller.is_admin() {
        references.retain(|reference| table.link(reference.field).is_some());
    }
    if references.is_empty() {
        return Ok(());
    }
    let project_id = project_of(transaction.into(), table, id).await?;
    check(transaction.into(), caller, project_id, &references).await
}

/// Checks ids that a request uses in a project: each must belong to it, be a
/// shared asset, or, if `across_projects`, belong to a project that the caller
/// has access to. Admins are not checked.
///
/// # Errors
/// [`Error::Invalid`] names the field if one of the ids is none of these. Ids
/// of rows that do not exist are no error here.
pub(crate) async fn require_in_project(
    connection: Executor<'_>,
    caller: &Caller,
    project_id: Uuid,
    (field, table): (&'static str, &'static Table),
    (ids, across_projects): (&[Uuid], bool),
) -> Result<()> {
    if caller.is_admin() || ids.is_empty() {
        return Ok(());
    }
    let reference = Reference {
        field,
        table,
        ids: ids.to_vec(),
        across_projects,
        is_anchor: false,
    };
    check(connection, caller, Some(project_id), &[reference]).await
}

async fn project_of(
    connection: Executor<'_>,
    table: &'static Table,
    id: Uuid,
) -> Result<Option<Uuid>> {
    let found = scopes::of_rows(connection, table, &[id]).await?;
    Ok(found.get(&id).and_then(|belonging| belonging.project_id))
}

/// Returns the references and links of a body to rows that belong to projects,
/// without those that the row has already. Malformed ids are skipped: the
/// conversion to column values refuses them.
fn changed_references(
    table: &'static Table,
    before: &Map<String, Value>,
    data: &Map<String, Value>,
) -> Vec<Reference> {
    if !table.is_scoped() {
        return Vec::new();
    }
    let anchors = deciding_columns(table, before);
    let columns = table.columns.iter().filter_map(|column| {
        let target = column.target().filter(|target| target.is_scoped())?;
        // A row cannot change its project; creations check who may add to it.
        if column.name == "project_id" {
            return None;
        }
        let sent = data.get(column.name)?;
        let id = id_in(sent);
        let is_anchor = anchors.contains(&column.name);
        let is_same = id == before.get(column.name).and_then(id_in);
        if is_same || (id.is_none() && !is_anchor) {
            return None;
        }
        Some(Reference {
            field: column.name,
            table: target,
            ids: id.into_iter().collect(),
            across_projects: column.across_projects,
            is_anchor,
        })
    });
    let links = table.links.iter().filter_map(|link| {
        let target = link.target_table().filter(|target| target.is_scoped())?;
        let known = ids_in(before.get(link.field));
        let ids: Vec<Uuid> = ids_in(data.get(link.field))
            .difference(&known)
            .copied()
            .collect();
        (!ids.is_empty()).then_some(Reference {
            field: link.field,
            table: target,
            ids,
            across_projects: link.across_projects,
            is_anchor: false,
        })
    });
    columns.chain(links).collect()
}

/// Returns the columns that decide the row's project: the first one that is
/// set, and those before it.
fn deciding_columns(table: &Table, before: &Map<String, Value>) -> Vec<&'static str> {
    let ProjectScope::Through(columns) = table.scope else {
        return Vec::new();
    };
    let is_set = |column: &str| before.get(column).and_then(id_in).is_some();
    let first = columns.iter().position(|column| is_set(column));
    first.map_or_else(Vec::new, |first| columns[..=first].to_vec())
}

fn id_in(json: &Value) -> Option<Uuid> {
    let text = json.as_str().or_else(|| json.get("id")?.as_str())?;
    Uuid::try_parse(text).ok()
}

fn ids_in(json: Option<&Value>) -> BTreeSet<Uuid> {
    let items = json.and_then(Value::as_array);
    items.into_iter().flatten().filter_map(id_in).collect()
}

async fn check(
    mut connection: Executor<'_>,
    caller: &Caller,
    project_id: Option<Uuid>,
    references: &[Reference],
) -> Result<()> {
    let mut open = BTreeMap::new();
    for reference in references {
        let found = scopes::of_rows(connection.reborrow(), reference.table, &reference.ids).await?;
        for id in &reference.ids {
            // Missing rows are refused or skipped when the value is stored.
            let Some(belonging) = found.get(id) else {
                continue;
            };
            if is_allowed(
                connection.reborrow(),
                caller,
                project_id,
                (reference, *belonging),
                &mut open,
            )
            .await?
            {
                continue;
            }
            return Err(Error::invalid(format!(
                "{} refers to another production.",
                reference.field
            )));
        }
    }
    Ok(())
}

async fn is_allowed(
    connection: Executor<'_>,
    caller: &Caller,
    project_id: Option<Uuid>,
    (reference, belonging): (&Reference, Belonging),
    open: &mut BTreeMap<Uuid, bool>,
) -> Result<bool> {
    if project_id.is_none() || belonging.project_id.is_none() {
        // Only admins use rows without a project.
        return Ok(caller.is_admin());
    }
    if belonging.project_id == project_id {
        return Ok(true);
    }
    if belonging.is_shared && !reference.is_anchor {
        return Ok(true);
    }
    let Some(other) = belonging.project_id.filter(|_| reference.across_projects) else {
        return Ok(false);
    };
    if let Some(is_open) = open.get(&other) {
        return Ok(*is_open);
    }
    let access = caller.project_access(connection, Some(other)).await?;
    open.insert(other, access.is_granted());
    Ok(access.is_granted())
}
