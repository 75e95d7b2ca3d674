//! Asset instances: the uses of an asset in a scene, in another asset or in
//! shots.

use sea_query::{
    Condition, Expr, ExprTrait, Func, NullOrdering, Order, Query, SelectStatement, SimpleExpr,
};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::schema::{ASSET_INSTANCE, ASSET_INSTANCE_LINK};
use crate::view::breakdown::INSTANCE;
use crate::write::{self, Defaults, Values};
use crate::{Connection, ListQuery, Result, Transaction};

/// The column that refers to the scene or asset that contains an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceTarget {
    Scene,
    Asset,
}

impl InstanceTarget {
    /// Returns the name of the column in `asset_instance`.
    pub fn column(self) -> &'static str {
        match self {
            Self::Scene => "scene_id",
            Self::Asset => "target_asset_id",
        }
    }
}

/// The instances of an asset, grouped by scene. JSON: [`INSTANCE`].
pub fn by_scene(asset_id: Uuid) -> ListQuery {
    let instances = ListQuery::new(&INSTANCE).filter(instance("asset_id").eq(asset_id));
    group(instances, instance("scene_id"))
}

/// The instances of an asset that are cast in shots, grouped by shot. JSON:
/// [`INSTANCE`].
pub fn by_shot(asset_id: Uuid) -> ListQuery {
    let instances = ListQuery::new(&INSTANCE)
        .narrow(join_shots)
        .filter(instance("asset_id").eq(asset_id));
    group(instances, Expr::col(("asset_instance_link", "entity_id")))
}

/// The instances that are cast in a shot, grouped by asset. JSON: [`INSTANCE`].
pub fn of_shot(shot_id: Uuid) -> ListQuery {
    let instances = ListQuery::new(&INSTANCE)
        .narrow(join_shots)
        .filter(Expr::col(("asset_instance_link", "entity_id")).eq(shot_id));
    group(instances, instance("asset_id"))
}

/// The instances in a scene or an asset, grouped by asset. JSON: [`INSTANCE`].
pub fn standing_in(place: InstanceTarget, id: Uuid) -> ListQuery {
    let instances = ListQuery::new(&INSTANCE).filter(instance(place.column()).eq(id));
    group(instances, instance("asset_id"))
}

/// Filters a list of instances by the asset type of the asset.
pub fn of_type(list: ListQuery, type_id: Uuid) -> ListQuery {
    list.narrow(|select| {
        select
            .inner_join_to(fk::ASSET_INSTANCE_ASSET.target_as("asset"))
            .and_where(Expr::col(("asset", "entity_type_id")).eq(type_id));
    })
}

fn join_shots(select: &mut SelectStatement) {
    select.inner_join_from(fk::ASSET_INSTANCE_LINK_ASSET_INSTANCE);
}

fn group(list: ListQuery, by: Expr) -> ListQuery {
    list.column(by.clone()).narrow(|select| {
        select
            .order_by_expr(by, Order::Asc)
            .order_by(("asset_instance", "asset_id"), Order::Asc)
            .order_by_with_nulls(("asset_instance", "number"), Order::Asc, NullOrdering::Last)
            .order_by(("asset_instance", "created_at"), Order::Asc);
    })
}

fn instance(column: &'static str) -> SimpleExpr {
    Expr::col(("asset_instance", column))
}

/// Returns the highest number among the instances of an asset in a scene or
/// asset; `None` if there are no instances.
pub async fn last_number(
    transaction: &mut Transaction,
    asset_id: Uuid,
    (place, id): (InstanceTarget, Uuid),
) -> Result<Option<i64>> {
    let mut select = Query::select();
    select
        .expr(Func::max(Expr::col("number")))
        .from(ASSET_INSTANCE.name)
        .and_where(Expr::col("asset_id").eq(asset_id))
        .and_where(Expr::col(place.column()).eq(id));
    Ok(transaction.scalar(&select).await?.flatten())
}

/// The asset of an instance, or the scene or asset that contains one.
#[derive(Debug, Clone)]
pub struct Instantiated {
    pub name: String,
    pub project_id: Uuid,
    pub is_shared: bool,
}

/// Returns the entity with that id, or `None`.
pub async fn instantiated(connection: impl Connection, id: Uuid) -> Result<Option<Instantiated>> {
    asset_where(connection, Expr::col(("entity", "id")).eq(id)).await
}

/// Returns the asset of the instance with that id, or `None`.
pub async fn asset_of(connection: impl Connection, id: Uuid) -> Result<Option<Instantiated>> {
    let mut asset = Query::select();
    asset
        .column("asset_id")
        .from(ASSET_INSTANCE.name)
        .and_where(Expr::col("id").eq(id));
    asset_where(connection, Expr::col(("entity", "id")).in_subquery(asset)).await
}

async fn asset_where(
    connection: impl Connection,
    condition: SimpleExpr,
) -> Result<Option<Instantiated>> {
    let mut select = Query::select();
    select
        .columns([
            ("entity", "name"),
            ("entity", "project_id"),
            ("entity", "is_shared"),
        ])
        .from("entity")
        .and_where(condition);
    connection
        .fetch_one(&select, |row| {
            Ok(Instantiated {
                name: row.get("name")?,
                project_id: row.get("project_id")?,
                is_shared: row.get("is_shared")?,
            })
        })
        .await
}

/// Adds an instance to the casting of a shot.
pub async fn cast(
    transaction: &mut Transaction,
    shot_id: Uuid,
    instance_id: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let values = Values::from([
        ("entity_id", shot_id.into()),
        ("asset_instance_id", instance_id.into()),
    ]);
    write::insert(transaction, &ASSET_INSTANCE_LINK, values, defaults).await
}

/// Removes an instance from the casting of a shot. Returns `false` if it was
/// not cast there.
pub async fn uncast(
    transaction: &mut Transaction,
    shot_id: Uuid,
    instance_id: Uuid,
) -> Result<bool> {
    let is_it = Condition::all()
        .add(Expr::col("entity_id").eq(shot_id))
        .add(Expr::col("asset_instance_id").eq(instance_id));
    Ok(write::delete_where(transaction, ASSET_INSTANCE_LINK.name, is_it).await? > 0)
}
