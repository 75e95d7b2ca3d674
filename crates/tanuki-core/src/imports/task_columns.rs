//! The columns of a file about tasks: `Animation`, `Animation comment` and
//! `Animation assignations`. In exported tables the last one is called
//! `Assignations` and follows the first.

use tanuki_store::query::imports::Named;
use uuid::Uuid;

use super::catalog::Catalog;
use super::cells::{Row, Titles};
use super::error::RowErrors;

/// The title of each column with assignees in an exported table.
const ASSIGNEES: &str = "Assignations";

/// The task types that have columns in a file.
#[derive(Debug)]
pub(super) struct TaskColumns(Vec<TaskTypeColumns>);

/// The titles of the columns of a task type.
#[derive(Debug)]
struct TaskTypeColumns {
    task_type_id: Uuid,
    status: String,
    comment: String,
    assignees: String,
    /// The place of a column `Assignations` behind that of the status.
    exported_assignees: Option<usize>,
}

/// What a row says about a task.
#[derive(Debug)]
pub(super) struct TaskCells {
    pub line: u64,
    pub task_type_id: Uuid,
    /// The title of the column with the status.
    pub column: String,
    pub status_id: Option<Uuid>,
    /// Empty for no comment.
    pub comment: String,
    pub assignees: Vec<Uuid>,
}

impl TaskColumns {
    /// Returns the columns that a file has for these task types.
    pub fn new(titles: &Titles, task_types: &[Named]) -> Self {
        let columns = task_types.iter().map(|task_type| TaskTypeColumns {
            task_type_id: task_type.id,
            status: task_type.name.clone(),
            comment: format!("{} comment", task_type.name),
            assignees: format!("{} assignations", task_type.name),
            exported_assignees: titles.behind(&task_type.name, ASSIGNEES),
        });
        let is_there = |columns: &TaskTypeColumns| {
            let TaskTypeColumns {
                status,
                comment,
                assignees,
                ..
            } = columns;
            [status, comment, assignees]
                .into_iter()
                .any(|title| titles.has(title))
        };
        Self(columns.filter(is_there).collect())
    }

    /// Reads what a row says about its tasks.
    pub fn read(&self, row: Row<'_>, catalog: &Catalog, errors: &mut RowErrors) -> Vec<TaskCells> {
        let mut tasks = Vec::new();
        for columns in &self.0 {
            let status = row.trimmed(&columns.status);
            let status = (!status.is_empty()).then(|| catalog.statuses.find(status));
            let status_id = status.and_then(|found| {
                found
                    .map_err(|message| errors.cell(row.line(), &columns.status, message))
                    .ok()
            });
            let mut assignees = Vec::new();
            let exported = columns.exported_assignees.map(|place| row.at(place));
            let names = row.cell(&columns.assignees).or(exported);
            let names = names.unwrap_or_default().split(',');
            for name in names.filter(|name| !name.trim().is_empty()) {
                match catalog.people.find_assignee(name) {
                    Ok(id) => assignees.push(id),
                    Err(message) => errors.cell(row.line(), &columns.assignees, message),
                }
            }
            let comment = row.cell(&columns.comment).unwrap_or_default();
            let comment = if comment.trim().is_empty() {
                ""
            } else {
                comment
            };
            if status_id.is_some() || !comment.is_empty() || !assignees.is_empty() {
                tasks.push(TaskCells {
                    line: row.line(),
                    task_type_id: columns.task_type_id,
                    column: columns.status.clone(),
                    status_id,
                    comment: comment.to_owned(),
                    assignees,
                });
            }
        }
        tasks
    }
}
