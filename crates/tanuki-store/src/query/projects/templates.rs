//! Copies the settings of a template to a project and vice versa.

use std::collections::HashSet;

use sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::schema::{self, Column, Table};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// The link table of templates, the corresponding link table of projects, and
/// the columns to copy. The first column refers to the other end.
const LINKS: [(&Table, &Table, &[&str]); 5] = [
    (
        &schema::PROJECT_TEMPLATE_TASK_TYPE_LINK,
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
        &schema::PROJECT_TEMPLATE_TASK_STATUS_LINK,
        &schema::PROJECT_TASK_STATUS_LINK,
        &[
            "task_status_id",
            "priority",
            "roles_for_board",
            "is_client_allowed",
        ],
    ),
    (
        &schema::PROJECT_TEMPLATE_ASSET_TYPE_LINK,
        &schema::PROJECT_ASSET_TYPE_LINK,
        &["asset_type_id"],
    ),
    (
        &schema::PROJECT_TEMPLATE_STATUS_AUTOMATION_LINK,
        &schema::PROJECT_STATUS_AUTOMATION_LINK,
        &["status_automation_id"],
    ),
    (
        &schema::PROJECT_TEMPLATE_PREVIEW_BACKGROUND_FILE_LINK,
        &schema::PROJECT_PREVIEW_BACKGROUND_FILE_LINK,
        &["preview_background_file_id"],
    ),
];

/// One side of a copy: the link table, its column for the owner, and the
/// owner's id.
type End = (&'static Table, &'static str, Uuid);

/// Copies the links of a template to a project, except those that the project
/// already has.
pub async fn copy_links(
    transaction: &mut Transaction,
    template: Uuid,
    project_id: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    for (of_template, of_project, columns) in LINKS {
        let from = (of_template, "project_template_id", template);
        let to = (of_project, "project_id", project_id);
        copy(transaction, from, to, columns, defaults).await?;
    }
    Ok(())
}

/// Copies the links of a project to a template, except those that the template
/// already has.
pub async fn import_links(
    transaction: &mut Transaction,
    project_id: Uuid,
    template: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    for (of_template, of_project, columns) in LINKS {
        let from = (of_project, "project_id", project_id);
        let to = (of_template, "project_template_id", template);
        copy(transaction, from, to, columns, defaults).await?;
    }
    Ok(())
}

async fn copy(
    transaction: &mut Transaction,
    (source, source_owner, source_id): End,
    (table, owner, id): End,
    columns: &'static [&'static str],
    defaults: &Defaults<'_>,
) -> Result<()> {
    let described: Vec<&Column> = columns
        .iter()
        .filter_map(|name| table.column(name))
        .collect();
    let mut select = Query::select();
    select
        .from(source.name)
        .and_where(Expr::col(source_owner).eq(source_id));
    for column in &described {
        let value = Expr::col((source.name, column.name));
        select.expr_as(transaction.dialect().readable(column, value), column.name);
    }
    let query = transaction.dialect().build(&select);
    let mut there = Query::select();
    there
        .column(columns[0])
        .from(table.name)
        .and_where(Expr::col(owner).eq(id));
    let mut there: HashSet<Uuid> = transaction.ids(&there).await?.into_iter().collect();
    let mut new = Vec::new();
    for row in transaction.fetch_all(query).await? {
        let target: Uuid = row.get(columns[0])?;
        if !there.insert(target) {
            continue;
        }
        let mut values = Values::from([(owner, id.into()), (columns[0], target.into())]);
        for (place, column) in described.iter().enumerate().skip(1) {
            // NULL is not copied: the column default applies.
            if !row.is_null(place)? {
                values.insert(column.name, row.value(place, column)?);
            }
        }
        new.push(values);
    }
    write::insert_by_columns(transaction, table, new, defaults).await
}
