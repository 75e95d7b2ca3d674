//! What a production takes over from its template.

use sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use super::access;
use crate::schema::{self, Column, Table};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// Links of templates, the same links of productions, and their columns; the
/// first is the other end.
const LINKS: [(&str, &Table, &[&str]); 5] = [
    (
        "project_template_task_type_link",
        &schema::PROJECT_TASK_TYPE_LINK,
        &[
            "task_type_id",
            "priority",
            "hd_bitrate_compression",
            "ld_bitrate_compression",
            "is_client_visible",
        ],
    ),
    (
        "project_template_task_status_link",
        &schema::PROJECT_TASK_STATUS_LINK,
        &[
            "task_status_id",
            "priority",
            "roles_for_board",
            "is_client_allowed",
        ],
    ),
    (
        "project_template_asset_type_link",
        &schema::PROJECT_ASSET_TYPE_LINK,
        &["asset_type_id"],
    ),
    (
        "project_template_status_automation_link",
        &schema::PROJECT_STATUS_AUTOMATION_LINK,
        &["status_automation_id"],
    ),
    (
        "project_template_preview_background_file_link",
        &schema::PROJECT_PREVIEW_BACKGROUND_FILE_LINK,
        &["preview_background_file_id"],
    ),
];

/// Gives a production the links of a template that it does not have.
pub async fn copy_links(
    transaction: &mut Transaction,
    template: Uuid,
    project_id: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    for (source, table, columns) in LINKS {
        let described: Vec<&Column> = columns
            .iter()
            .filter_map(|name| table.column(name))
            .collect();
        let mut select = Query::select();
        select
            .from(source)
            .and_where(Expr::col("project_template_id").eq(template));
        for column in &described {
            let value = Expr::col((source, column.name));
            select.expr(transaction.dialect().readable(column, value));
        }
        let query = transaction.dialect().build(&select);
        for row in transaction.fetch_all(query).await? {
            let target: Uuid = row.get(0)?;
            let there = Expr::col("project_id")
                .eq(project_id)
                .and(Expr::col(columns[0]).eq(target));
            if access::exists(&mut *transaction, table.name, there.into()).await? {
                continue;
            }
            let mut values = Values::from([
                ("project_id", project_id.into()),
                (columns[0], target.into()),
            ]);
            for (place, column) in described.iter().enumerate().skip(1) {
                // What the template leaves open is the production's default.
                if !row.is_null(place)? {
                    values.insert(column.name, row.value(place, column)?);
                }
            }
            write::insert(transaction, table, values, defaults).await?;
        }
    }
    Ok(())
}
