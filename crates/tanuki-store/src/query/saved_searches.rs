//! Saved searches: the filters of lists that people keep, and their groups.

use sea_query::{Cond, Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::query::projects;
use crate::schema::SEARCH_FILTER;
use crate::write::{self, Values};
use crate::{ListQuery, Result, Transaction};

/// Filters a query on a table of saved searches to those that a person may
/// use: their own and shared ones, of open projects or without a project. With
/// `departments`, those of other departments are excluded; `None` does not
/// filter by department.
pub fn usable_by(
    list: ListQuery,
    table: &'static str,
    person_id: Uuid,
    departments: Option<&[Uuid]>,
) -> ListQuery {
    list.narrow(|select| {
        let mut open = Query::select();
        open.column(("project", "id"))
            .from("project")
            .cond_where(projects::is_open());
        select
            .cond_where(
                Cond::any()
                    .add(Expr::col((table, "person_id")).eq(person_id))
                    .add(Expr::col((table, "is_shared")).eq(true)),
            )
            .cond_where(
                Cond::any()
                    .add(Expr::col((table, "project_id")).in_subquery(open))
                    .add(Expr::col((table, "project_id")).is_null()),
            );
        if let Some(departments) = departments {
            select.cond_where(
                Cond::any()
                    .add(Expr::col((table, "department_id")).is_null())
                    .add(Expr::col((table, "department_id")).is_in(departments.iter().copied())),
            );
        }
    })
}

/// Sets columns of the filters of a group.
pub async fn update_filters_of(
    transaction: &mut Transaction,
    group_id: Uuid,
    values: Values,
) -> Result<()> {
    let of_group = Expr::col("search_filter_group_id").eq(group_id);
    write::update_where(transaction, &SEARCH_FILTER, values, of_group).await?;
    Ok(())
}

/// Deletes the filters of a group.
pub async fn remove_filters_of(transaction: &mut Transaction, group_id: Uuid) -> Result<()> {
    let of_group = Expr::col("search_filter_group_id").eq(group_id);
    write::delete_where(transaction, SEARCH_FILTER.name, of_group).await?;
    Ok(())
}
