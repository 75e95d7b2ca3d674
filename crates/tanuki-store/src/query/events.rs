//! The studio's event log.

use chrono::NaiveDateTime;
use sea_query::{Expr, Query};
use uuid::Uuid;

use crate::{Connection, Result, Transaction};

/// Writes an event in the transaction of the change that it tells of.
pub async fn record(
    transaction: &mut Transaction,
    id: Uuid,
    name: &str,
    data: serde_json::Value,
    user_id: Option<Uuid>,
    project_id: Option<Uuid>,
    now: NaiveDateTime,
) -> Result<()> {
    let mut insert = Query::insert();
    insert
        .into_table("api_event")
        .columns([
            "id",
            "name",
            "data",
            "user_id",
            "project_id",
            "created_at",
            "updated_at",
        ])
        .values_panic([
            id.into(),
            name.into(),
            Expr::val(data),
            user_id.into(),
            project_id.into(),
            now.into(),
            now.into(),
        ]);
    let query = transaction.dialect().build(&insert);
    transaction.execute(query).await?;
    Ok(())
}
