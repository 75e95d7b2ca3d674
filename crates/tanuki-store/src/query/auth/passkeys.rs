//! Passkeys, with which people log in without a password.

use chrono::NaiveDateTime;
use sea_query::{Cond, Expr, ExprTrait, OnConflict, Query};
use uuid::Uuid;

use crate::projection::Projection;
use crate::{Connection, Database, Filter, ListQuery, Result, Transaction, write};

const TABLE: &str = "tanuki_passkey";

/// A passkey to store.
#[derive(Debug)]
pub struct NewPasskey<'a> {
    pub id: Uuid,
    pub person_id: Uuid,
    /// In base64url without padding.
    pub credential_id: &'a str,
    /// A COSE key.
    pub public_key: &'a [u8],
    pub name: &'a str,
    pub sign_count: u32,
    pub is_synced: bool,
    pub now: NaiveDateTime,
}

/// What a login with a passkey needs to know of it.
#[derive(Debug)]
pub struct StoredPasskey {
    pub id: Uuid,
    pub person_id: Uuid,
    pub public_key: Vec<u8>,
}

/// Stores a passkey. Returns false if there is one with that credential id.
pub async fn insert(transaction: &mut Transaction, passkey: &NewPasskey<'_>) -> Result<bool> {
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns([
            "id",
            "person_id",
            "credential_id",
            "public_key",
            "name",
            "sign_count",
            "is_synced",
            "created_at",
        ])
        .values_panic([
            passkey.id.into(),
            passkey.person_id.into(),
            passkey.credential_id.into(),
            passkey.public_key.to_vec().into(),
            passkey.name.into(),
            i64::from(passkey.sign_count).into(),
            passkey.is_synced.into(),
            passkey.now.into(),
        ])
        .on_conflict(OnConflict::column("credential_id").do_nothing().to_owned());
    let query = transaction.dialect().build(&insert);
    Ok(transaction.execute(query).await? == 1)
}

/// Returns the passkeys of a person, the oldest first.
pub fn of_person(projection: &'static Projection, person_id: Uuid) -> ListQuery {
    let is_of = Expr::col((TABLE, "person_id")).eq(person_id);
    ListQuery::new(projection)
        .filter(Filter::from(is_of))
        .ascending("created_at")
}

/// Returns the credential ids of a person's passkeys.
pub async fn credential_ids(connection: impl Connection, person_id: Uuid) -> Result<Vec<String>> {
    let mut select = Query::select();
    select
        .column("credential_id")
        .from(TABLE)
        .and_where(Expr::col("person_id").eq(person_id));
    connection
        .fetch(&select, |row| row.get("credential_id"))
        .await
}

/// Finds a passkey by its credential id.
pub async fn find(database: &Database, credential_id: &str) -> Result<Option<StoredPasskey>> {
    let mut select = Query::select();
    select
        .columns(["id", "person_id", "public_key"])
        .from(TABLE)
        .and_where(Expr::col("credential_id").eq(credential_id));
    database
        .fetch_one(&select, |row| {
            Ok(StoredPasskey {
                id: row.get("id")?,
                person_id: row.get("person_id")?,
                public_key: row.get("public_key")?,
            })
        })
        .await
}

/// What a passkey says of itself when it signs.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyState {
    /// How often it has signed; 0 if it does not count.
    pub sign_count: u32,
    /// Whether its owner has it on other devices too, which may change.
    pub is_synced: bool,
}

/// Notes that a passkey has signed. Returns false if its counter has not grown,
/// although it counts: a copy of the key may have signed.
pub async fn note_use(
    database: &Database,
    id: Uuid,
    state: PasskeyState,
    now: NaiveDateTime,
) -> Result<bool> {
    let count = i64::from(state.sign_count);
    let mut has_grown = Cond::any().add(Expr::col("sign_count").lt(count));
    if count == 0 {
        has_grown = has_grown.add(Expr::col("sign_count").eq(0));
    }
    let mut update = Query::update();
    update
        .table(TABLE)
        .value("sign_count", count)
        .value("is_synced", state.is_synced)
        .value("last_used_at", now)
        .and_where(Expr::col("id").eq(id))
        .cond_where(has_grown);
    let noted = database.execute(database.dialect().build(&update)).await?;
    Ok(noted == 1)
}

/// Deletes a passkey of a person. Returns false if they have none with that id.
pub async fn remove(transaction: &mut Transaction, id: Uuid, person_id: Uuid) -> Result<bool> {
    let which = Expr::col("id")
        .eq(id)
        .and(Expr::col("person_id").eq(person_id));
    Ok(write::delete_where(transaction, TABLE, which).await? == 1)
}

/// Deletes all passkeys of a person and returns how many they were.
pub async fn remove_all(transaction: &mut Transaction, person_id: Uuid) -> Result<u64> {
    write::delete_where(transaction, TABLE, Expr::col("person_id").eq(person_id)).await
}
