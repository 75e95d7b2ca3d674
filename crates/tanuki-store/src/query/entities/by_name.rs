//! Uniqueness of the names of entities and entity types.

use sea_query::{Cond, Expr, ExprTrait, Func, Order, Query};
use uuid::Uuid;

use crate::query::{access, names};
use crate::schema::ENTITY_TYPE;
use crate::{Connection, Filter, Result, Transaction};

/// Returns the id of the entity type with that name, ignoring case. An exact
/// match takes precedence.
pub async fn type_alike(connection: impl Connection, name: &str) -> Result<Option<Uuid>> {
    names::called(connection, ENTITY_TYPE.name, name, Filter::all()).await
}

/// Returns whether an entity type other than `except` has that name, ignoring
/// case.
pub async fn type_is_taken(
    transaction: &mut Transaction,
    name: &str,
    except: Uuid,
) -> Result<bool> {
    let others = Cond::all().add(Expr::col("id").ne(except));
    let namesake = names::called(transaction, ENTITY_TYPE.name, name, others.into()).await?;
    Ok(namesake.is_some())
}

/// The scope in which the name of an entity that is no asset is unique.
#[derive(Debug, Clone, Copy)]
pub struct NameScope {
    pub project_id: Uuid,
    pub entity_type_id: Uuid,
    pub parent_id: Option<Uuid>,
}

/// Returns whether an entity other than `except` has the same name, project,
/// entity type and parent.
pub async fn name_is_taken(
    transaction: &mut Transaction,
    except: Uuid,
    name: &str,
    scope: NameScope,
) -> Result<bool> {
    let same = Cond::all()
        .add(Expr::col("name").eq(name))
        .add(Expr::col("project_id").eq(scope.project_id))
        .add(Expr::col("entity_type_id").eq(scope.entity_type_id))
        .add(Expr::col("id").ne(except))
        .add(match scope.parent_id {
            Some(id) => Expr::col("parent_id").eq(id),
            None => Expr::col("parent_id").is_null(),
        });
    access::exists(transaction, "entity", same).await
}

/// The scope in which the name of an asset is unique.
#[derive(Debug, Clone, Copy)]
pub struct AssetPlace {
    pub project_id: Uuid,
    pub entity_type_id: Uuid,
    /// The episode that the asset belongs to.
    pub source_id: Option<Uuid>,
}

/// Returns the oldest asset with that name in the scope, other than `except`.
/// Canceled assets are ignored: their names may be used again.
pub async fn asset_named(
    transaction: &mut Transaction,
    name: &str,
    place: AssetPlace,
    except: Option<Uuid>,
) -> Result<Option<Uuid>> {
    let source = Expr::col("source_id");
    let mut select = Query::select();
    select
        .column("id")
        .from("entity")
        .and_where(Expr::col("name").eq(name))
        .and_where(Expr::col("project_id").eq(place.project_id))
        .and_where(Expr::col("entity_type_id").eq(place.entity_type_id))
        .and_where(Expr::col("parent_id").is_null())
        .and_where(match place.source_id {
            Some(id) => source.eq(id),
            None => source.is_null(),
        })
        .and_where(Func::coalesce([Expr::col("canceled"), Expr::val(false)]).eq(false))
        .order_by("created_at", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(1);
    if let Some(id) = except {
        select.and_where(Expr::col("id").ne(id));
    }
    Ok(transaction.ids(&select).await?.into_iter().next())
}
