//! Links between a project template and the settings that new projects start
//! with.

use sea_query::{Condition, Expr, ExprTrait, Func, JoinType, Order};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::projection::Projection;
use crate::query::{access, rows};
use crate::schema::{
    ENTITY_TYPE, PREVIEW_BACKGROUND_FILE, PROJECT_TEMPLATE_ASSET_TYPE_LINK,
    PROJECT_TEMPLATE_PREVIEW_BACKGROUND_FILE_LINK, PROJECT_TEMPLATE_STATUS_AUTOMATION_LINK,
    PROJECT_TEMPLATE_TASK_STATUS_LINK, PROJECT_TEMPLATE_TASK_TYPE_LINK, STATUS_AUTOMATION,
    TASK_STATUS, TASK_TYPE, Table,
};
use crate::write::{self, Defaults, Values};
use crate::{Connection, ListQuery, Result, Transaction};

/// A kind of setting that a template links to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplatePart {
    TaskTypes,
    TaskStatuses,
    AssetTypes,
    StatusAutomations,
    PreviewBackgrounds,
}

impl TemplatePart {
    /// The link table.
    pub fn links(self) -> &'static Table {
        match self {
            Self::TaskTypes => &PROJECT_TEMPLATE_TASK_TYPE_LINK,
            Self::TaskStatuses => &PROJECT_TEMPLATE_TASK_STATUS_LINK,
            Self::AssetTypes => &PROJECT_TEMPLATE_ASSET_TYPE_LINK,
            Self::StatusAutomations => &PROJECT_TEMPLATE_STATUS_AUTOMATION_LINK,
            Self::PreviewBackgrounds => &PROJECT_TEMPLATE_PREVIEW_BACKGROUND_FILE_LINK,
        }
    }

    /// The table that the links refer to.
    pub fn table(self) -> &'static Table {
        match self {
            Self::TaskTypes => &TASK_TYPE,
            Self::TaskStatuses => &TASK_STATUS,
            Self::AssetTypes => &ENTITY_TYPE,
            Self::StatusAutomations => &STATUS_AUTOMATION,
            Self::PreviewBackgrounds => &PREVIEW_BACKGROUND_FILE,
        }
    }

    /// The column of the link table that refers to [`table`](Self::table).
    pub fn target(self) -> &'static str {
        match self {
            Self::TaskTypes => "task_type_id",
            Self::TaskStatuses => "task_status_id",
            Self::AssetTypes => "asset_type_id",
            Self::StatusAutomations => "status_automation_id",
            Self::PreviewBackgrounds => "preview_background_file_id",
        }
    }

    /// Whether the links have a priority.
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::TaskTypes | Self::TaskStatuses)
    }

    fn link(self, template: Uuid, target: Uuid) -> Condition {
        Condition::all()
            .add(Expr::col("project_template_id").eq(template))
            .add(Expr::col(self.target()).eq(target))
    }

    /// Filters a list of [`table`](Self::table) to the rows that a template is
    /// linked to, and joins the links as `link`. Ordered kinds are sorted by
    /// priority, then name.
    pub fn of_template(self, list: ListQuery, template: Uuid) -> ListQuery {
        let table = self.table().name;
        let list = list.narrow(|select| {
            select
                .join_as(
                    JoinType::InnerJoin,
                    self.links().name,
                    "link",
                    Expr::col(("link", self.target())).equals((table, "id")),
                )
                .and_where(Expr::col(("link", "project_template_id")).eq(template));
        });
        if !self.is_ordered() {
            return list;
        }
        let priority = Func::coalesce([Expr::col(("link", "priority")), Expr::val(0)]);
        list.narrow(|select| {
            select.order_by_expr(priority.into(), Order::Asc);
        })
        .sort_key((table, "name"), Dialect::by_code_points)
    }

    /// Returns whether the template is linked to that row.
    pub async fn is_linked(
        self,
        connection: impl Connection,
        template: Uuid,
        target: Uuid,
    ) -> Result<bool> {
        let link = self.link(template, target);
        access::exists(connection, self.links().name, link).await
    }

    /// Inserts a link, or updates it if it exists (upsert).
    pub async fn put(
        self,
        transaction: &mut Transaction,
        template: Uuid,
        target: Uuid,
        mut values: Values,
        defaults: &Defaults<'_>,
    ) -> Result<()> {
        let links = self.links();
        if !self.is_linked(&mut *transaction, template, target).await? {
            values.insert("project_template_id", template.into());
            values.insert(self.target(), target.into());
            return write::insert(transaction, links, values, defaults).await;
        }
        if values.is_empty() {
            return Ok(());
        }
        values.insert("updated_at", defaults.now.into());
        write::update_where(transaction, links, values, self.link(template, target)).await?;
        Ok(())
    }

    /// Inserts links without columns of their own.
    pub async fn add(
        self,
        transaction: &mut Transaction,
        template: Uuid,
        targets: &[Uuid],
        defaults: &Defaults<'_>,
    ) -> Result<()> {
        let link = |target: &Uuid| {
            Values::from([
                ("project_template_id", template.into()),
                (self.target(), (*target).into()),
            ])
        };
        let links = targets.iter().map(link).collect();
        write::insert_all(transaction, self.links(), links, defaults).await
    }

    /// Deletes a link. Idempotent.
    pub async fn remove(
        self,
        transaction: &mut Transaction,
        template: Uuid,
        target: Uuid,
    ) -> Result<()> {
        let link = self.link(template, target);
        write::delete_where(transaction, self.links().name, link).await?;
        Ok(())
    }

    /// Returns the links of a template to any of the targets as JSON in the
    /// projection.
    pub async fn rows(
        self,
        transaction: &mut Transaction,
        projection: &Projection,
        template: Uuid,
        targets: &[Uuid],
    ) -> Result<Vec<Map<String, Value>>> {
        let mut select = projection.select(transaction.dialect());
        select
            .and_where(Expr::col("project_template_id").eq(template))
            .and_where(Expr::col(self.target()).is_in(targets.iter().copied()));
        rows::all(transaction, projection, &select).await
    }

    /// Returns the link as JSON in the projection, or `None`.
    pub async fn row(
        self,
        transaction: &mut Transaction,
        projection: &Projection,
        template: Uuid,
        target: Uuid,
    ) -> Result<Option<Map<String, Value>>> {
        let mut select = projection.select(transaction.dialect());
        select.cond_where(self.link(template, target));
        let found = rows::all(transaction, projection, &select).await?;
        Ok(found.into_iter().next())
    }
}

/// Expression for the roles whose boards show a status of the template: a JSON
/// array, empty if there is none. The links must be joined as `link`.
pub fn roles_for_board(dialect: Dialect) -> sea_query::SimpleExpr {
    let roles = Expr::col(("link", "roles_for_board"));
    let column = PROJECT_TEMPLATE_TASK_STATUS_LINK.column("roles_for_board");
    let roles = match column {
        Some(column) => dialect.readable(column, roles),
        None => roles,
    };
    Func::coalesce([roles, Expr::val("[]")]).into()
}
