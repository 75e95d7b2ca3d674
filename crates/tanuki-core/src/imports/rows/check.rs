//! What rows refer to: it exists, and is of the same production.

use std::collections::{BTreeSet, HashMap, HashSet};

use tanuki_store::query::{imports, rows, scopes};
use tanuki_store::schema::{Column, ENTITY, PLAYLIST, Table};
use tanuki_store::{Transaction, Value};
use uuid::Uuid;

use super::faults::Faults;
use super::tables::Linking;
use super::{Row, RowImport};
use crate::Result;
use crate::playlists::entities_of;

/// Requires that everything the rows refer to exists. What may be missing is
/// left out.
///
/// # Errors
///
/// [`Error::Invalid`](crate::Error::Invalid) with all ids of nothing.
pub(super) async fn references(
    transaction: &mut Transaction,
    import: &RowImport,
    rows: &mut [Row],
) -> Result<()> {
    let mut faults = Faults::default();
    let sent: HashSet<Uuid> = rows.iter().map(|row| row.id).collect();
    for column in import.table.columns {
        let is_checked = column.references.is_some() || import.required.contains(&column.name);
        let Some(target) = column.target().filter(|_| is_checked) else {
            continue;
        };
        let mut known = existing(transaction, target, ids_of(column, rows)).await?;
        if target.name == import.table.name {
            known.extend(&sent);
        }
        for row in rows.iter_mut() {
            let Some(id) = id_in(column, row).filter(|id| !known.contains(id)) else {
                continue;
            };
            if import.optional.contains(&column.name) {
                row.values.remove(column.name);
            } else {
                let field = import.sent_as(column.name);
                faults.field(row.index, field, nothing(target, id));
            }
        }
    }
    for (field, _) in import.links {
        let Some(target) = import
            .table
            .link(field)
            .and_then(|link| link.target_table())
        else {
            continue;
        };
        let ids = linked(field, rows).into_iter().map(|(_, id)| id).collect();
        let mut known = existing(transaction, target, ids).await?;
        if target.name == import.table.name {
            known.extend(&sent);
        }
        for row in rows.iter_mut() {
            let index = row.index;
            for (link, linking, ids) in &mut row.links {
                if link.field != *field {
                    continue;
                }
                match linking {
                    Linking::Replace => ids.retain(|id| known.contains(id)),
                    Linking::Add => {
                        if let Some(id) = ids.iter().find(|id| !known.contains(id)) {
                            faults.field(index, field, nothing(target, *id));
                        }
                    }
                }
            }
        }
    }
    faults.check()
}

/// Requires that no team gets the preview account of another project, and that
/// no preview account is assigned to a task.
///
/// # Errors
///
/// [`Error::Invalid`](crate::Error::Invalid) with all rows that would.
pub(super) async fn preview_accounts(transaction: &mut Transaction, rows: &[Row]) -> Result<()> {
    let fields = [TEAM, ASSIGNEES];
    let people = fields.map(|field| rows.iter().flat_map(move |row| ids_in(row, field)));
    let people: Vec<Uuid> = people.into_iter().flatten().collect();
    if people.is_empty() {
        return Ok(());
    }
    let accounts = imports::preview_accounts(transaction, &people).await?;
    let mut faults = Faults::default();
    for row in rows.iter().filter(|_| !accounts.is_empty()) {
        let team: HashSet<Uuid> = ids_in(row, TEAM).collect();
        let is_other =
            |(person, project): &(Uuid, Uuid)| *project != row.id && team.contains(person);
        if accounts.iter().any(is_other) {
            let message = "A preview account can only belong to its own project";
            faults.field(row.index, TEAM, message);
        }
        let assignees: HashSet<Uuid> = ids_in(row, ASSIGNEES).collect();
        if accounts
            .iter()
            .any(|(person, _)| assignees.contains(person))
        {
            faults.field(row.index, ASSIGNEES, "A preview account can't be assigned");
        }
    }
    faults.check()
}

/// The people of a project.
const TEAM: &str = "team";

/// The people of a task.
const ASSIGNEES: &str = "assignees";

/// The ids that a row has in one of its lists.
fn ids_in(row: &Row, field: &'static str) -> impl Iterator<Item = Uuid> {
    let lists = row
        .links
        .iter()
        .filter(move |(link, ..)| link.field == field);
    lists.flat_map(|(.., ids)| ids).copied()
}

fn nothing(target: &Table, id: Uuid) -> String {
    format!("There is no {} {id}.", target.name.replace('_', " "))
}

async fn existing(
    transaction: &mut Transaction,
    table: &'static Table,
    ids: BTreeSet<Uuid>,
) -> Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let found = rows::existing(transaction, table.name, &ids).await?;
    Ok(found.into_iter().collect())
}

fn id_in(column: &Column, row: &Row) -> Option<Uuid> {
    match row.values.get(column.name) {
        Some(Value::Uuid(id)) => *id,
        _ => None,
    }
}

/// Returns the rows with a value in the column, and the values.
fn referring<'a>(column: &Column, rows: &'a [Row]) -> Vec<(&'a Row, Uuid)> {
    let pairs = rows.iter();
    pairs
        .filter_map(|row| Some((row, id_in(column, row)?)))
        .collect()
}

/// Returns the entities of playlists, each with its row.
fn entries(rows: &[Row]) -> Vec<(&Row, Uuid)> {
    let mut pairs = Vec::new();
    for row in rows {
        if let Some(Value::Json(Some(shots))) = row.values.get("shots") {
            pairs.extend(entities_of(Some(shots)).into_iter().map(|id| (row, id)));
        }
    }
    pairs
}

/// Returns the ids in a list of linked ids, each with its row.
fn linked<'a>(field: &str, rows: &'a [Row]) -> Vec<(&'a Row, Uuid)> {
    let mut pairs = Vec::new();
    for row in rows {
        for (.., ids) in row.links.iter().filter(|(link, ..)| link.field == field) {
            pairs.extend(ids.iter().map(|id| (row, *id)));
        }
    }
    pairs
}

fn ids_of(column: &Column, rows: &[Row]) -> BTreeSet<Uuid> {
    rows.iter().filter_map(|row| id_in(column, row)).collect()
}

/// The projects of rows, by the ids of the rows.
pub(super) type Projects = HashMap<Uuid, Uuid>;

/// Returns the projects of the stored rows with these ids.
pub(super) async fn projects(
    transaction: &mut Transaction,
    import: &RowImport,
    ids: &[Uuid],
) -> Result<Projects> {
    if ids.is_empty() {
        return Ok(Projects::new());
    }
    let found = scopes::of_rows(transaction.into(), import.table, ids).await?;
    let found = found.into_iter();
    Ok(found
        .filter_map(|(id, belonging)| Some((id, belonging.project_id?)))
        .collect())
}

/// Requires that no row moved to another project, and that all it refers to is
/// of its own project, or shared with it. For rows whose columns are written and
/// whose links are not.
///
/// # Errors
///
/// [`Error::Invalid`](crate::Error::Invalid) with all rows where it is not so.
pub(super) async fn isolation(
    transaction: &mut Transaction,
    import: &RowImport,
    rows: &[Row],
    (before, after): (&Projects, &Projects),
) -> Result<()> {
    let mut faults = Faults::default();
    for row in rows {
        let earlier = row.existing.and_then(|id| before.get(&id));
        if earlier.is_some() && earlier != after.get(&row.id) {
            let message = "The row with this id is of another production.";
            faults.field(row.index, "id", message);
        }
    }
    for column in import.table.columns {
        let target = column.target().filter(|target| target.is_scoped());
        let Some(target) = target.filter(|_| !column.across_projects) else {
            continue;
        };
        let pairs = referring(column, rows);
        let found = (import.sent_as(column.name), target);
        refuse_others(transaction, after, found, &pairs, &mut faults).await?;
    }
    for (field, _) in import.links {
        let Some(link) = import
            .table
            .link(field)
            .filter(|link| !link.across_projects)
        else {
            continue;
        };
        let Some(target) = link.target_table().filter(|target| target.is_scoped()) else {
            continue;
        };
        let pairs = linked(link.field, rows);
        let found = (import.sent_as(link.field), target);
        refuse_others(transaction, after, found, &pairs, &mut faults).await?;
    }
    if import.table.name == PLAYLIST.name {
        let found = ("shots", &ENTITY);
        let pairs = entries(rows);
        refuse_others(transaction, after, found, &pairs, &mut faults).await?;
    }
    faults.check()
}

/// Adds a fault for each row that refers to a row of another project.
async fn refuse_others(
    transaction: &mut Transaction,
    projects: &Projects,
    (field, target): (&str, &'static Table),
    pairs: &[(&Row, Uuid)],
    faults: &mut Faults,
) -> Result<()> {
    let ids: BTreeSet<Uuid> = pairs.iter().map(|(_, id)| *id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let found = scopes::of_rows(transaction.into(), target, &ids).await?;
    for (row, id) in pairs {
        let Some(belonging) = found.get(id).filter(|belonging| !belonging.is_shared) else {
            continue;
        };
        let (other, own) = (belonging.project_id, projects.get(&row.id).copied());
        if other.is_some() && own.is_some() && other != own {
            faults.field(row.index, field, "It is of another production.");
        }
    }
    Ok(())
}
