//! Task types: their names, and who uses them.

use sea_query::{Cond, Expr, ExprTrait};
use uuid::Uuid;

use super::{access, names};
use crate::write::delete_where;
use crate::{Connection, Result, Transaction};

/// Where a task type is used, and what people call it.
const USERS: [(&str, &str); 2] = [
    ("schedule_item", "schedule items"),
    ("project_task_type_link", "projects"),
];

/// Whether another task type has that name, in any case of letters.
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

/// What uses a task type.
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

/// Takes a task type out of schedules and productions.
pub async fn detach(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    for (table, _) in USERS {
        delete_where(transaction, table, Expr::col("task_type_id").eq(id)).await?;
    }
    Ok(())
}
