//! Task types: uniqueness of their names, and the rows that refer to them.

use sea_query::{Cond, Expr, ExprTrait};
use uuid::Uuid;

use crate::query::{access, names};
use crate::write::delete_where;
use crate::{Connection, Result, Transaction};

/// Tables that refer to a task type, with their names for error messages.
const USERS: [(&str, &str); 2] = [
    ("schedule_item", "schedule items"),
    ("project_task_type_link", "projects"),
];

/// Returns whether a task type other than `except` has that name, ignoring
/// case.
pub async fn name_is_taken(
    connection: impl Connection,
    name: &str,
    except: Option<Uuid>,
) -> Result<bool> {
    let mut same = Cond::all().add(names::is_called(Expr::col("name"), name));
    if let Some(id) = except {
        same = same.add(Expr::col("id").ne(id));
    }
    access::exists(connection, "task_type", same).await
}

/// Returns what refers to a task type, in words for an error message; empty if
/// nothing does.
pub async fn users(transaction: &mut Transaction, id: Uuid) -> Result<Vec<&'static str>> {
    let mut users = Vec::new();
    for (table, called) in USERS {
        let uses = Cond::all().add(Expr::col("task_type_id").eq(id));
        if access::exists(&mut *transaction, table, uses).await? {
            users.push(called);
        }
    }
    Ok(users)
}

/// Deletes the schedule items of a task type and its links to projects.
pub async fn detach(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    for (table, _) in USERS {
        delete_where(transaction, table, Expr::col("task_type_id").eq(id)).await?;
    }
    Ok(())
}
