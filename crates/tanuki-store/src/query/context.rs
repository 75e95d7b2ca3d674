//! Queries for the data that the web client loads after login.

use sea_query::{Expr, ExprTrait, Func, Query};
use uuid::Uuid;

use crate::{Connection, Database, Result};

/// Returns the number of unread notifications of a person.
pub async fn unread_notifications(database: &Database, person_id: Uuid) -> Result<i64> {
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::col("id")))
        .from("notification")
        .and_where(Expr::col("person_id").eq(person_id))
        .and_where(Expr::col("read").eq(false));
    Ok(database.scalar(&select).await?.unwrap_or(0))
}
