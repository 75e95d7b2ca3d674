//! Second factors: the columns of a person, and the state that
//! `tanuki_second_factor` has of them.

use std::sync::LazyLock;

use chrono::NaiveDateTime;
use sea_query::{ArrayType, Cond, Expr, ExprTrait, OnConflict, Query, Value};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::projection::Projection;
use crate::query::rows;
use crate::schema::PERSON;
use crate::write::{self, Values};
use crate::{Connection, Database, Result, Transaction};

const TABLE: &str = "tanuki_second_factor";

static COLUMNS: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &PERSON,
        &[
            "totp_enabled",
            "totp_secret",
            "email_otp_enabled",
            "email_otp_secret",
            "fido_enabled",
            "fido_credentials",
            "otp_recovery_codes",
            "preferred_two_factor_authentication",
        ],
    )
});

/// A person's second factors, as Zou stores them.
#[derive(Clone, Default)]
pub struct SecondFactors {
    pub totp_enabled: bool,
    /// Base32 without padding. There is one before TOTP is enabled, too.
    pub totp_secret: Option<String>,
    pub email_otp_enabled: bool,
    /// Base32 without padding.
    pub email_otp_secret: Option<String>,
    pub fido_enabled: bool,
    /// The security keys, each an object with its integers in full.
    pub fido_credentials: Option<Vec<Json>>,
    /// Hashes of bcrypt.
    pub recovery_codes: Option<Vec<String>>,
    /// `totp`, `email_otp` or `fido`.
    pub preferred: Option<String>,
}

impl std::fmt::Debug for SecondFactors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactors")
            .field("totp_enabled", &self.totp_enabled)
            .field("email_otp_enabled", &self.email_otp_enabled)
            .field("fido_enabled", &self.fido_enabled)
            .finish_non_exhaustive()
    }
}

impl SecondFactors {
    fn read(row: &Map<String, Json>) -> Self {
        let flag = |key: &str| row.get(key) == Some(&Json::Bool(true));
        let text = |key: &str| row.get(key).and_then(Json::as_str).map(str::to_owned);
        let list = |key: &str| row.get(key).and_then(Json::as_array);
        Self {
            totp_enabled: flag("totp_enabled"),
            totp_secret: text("totp_secret"),
            email_otp_enabled: flag("email_otp_enabled"),
            email_otp_secret: text("email_otp_secret"),
            fido_enabled: flag("fido_enabled"),
            fido_credentials: list("fido_credentials").cloned(),
            recovery_codes: list("otp_recovery_codes").map(|hashes| {
                let texts = hashes.iter().filter_map(Json::as_str);
                texts.map(str::to_owned).collect()
            }),
            preferred: text("preferred_two_factor_authentication"),
        }
    }

    fn into_values(self, now: NaiveDateTime) -> Values {
        let keys = self.fido_credentials.map(|keys| {
            let keys = keys.into_iter().map(|key| Value::Json(Some(Box::new(key))));
            Box::new(keys.collect())
        });
        let codes = self.recovery_codes.map(|hashes| {
            let hashes = hashes.into_iter().map(|hash| hash.into_bytes().into());
            Box::new(hashes.collect())
        });
        Values::from([
            ("totp_enabled", self.totp_enabled.into()),
            ("totp_secret", self.totp_secret.into()),
            ("email_otp_enabled", self.email_otp_enabled.into()),
            ("email_otp_secret", self.email_otp_secret.into()),
            ("fido_enabled", self.fido_enabled.into()),
            ("fido_credentials", Value::Array(ArrayType::Json, keys)),
            ("otp_recovery_codes", Value::Array(ArrayType::Bytes, codes)),
            ("preferred_two_factor_authentication", self.preferred.into()),
            ("updated_at", now.into()),
        ])
    }
}

/// Returns a person's second factors; `None` if there is no such person.
pub async fn find(connection: impl Connection, id: Uuid) -> Result<Option<SecondFactors>> {
    let row = rows::by_id(connection, &COLUMNS, id).await?;
    Ok(row.as_ref().map(SecondFactors::read))
}

/// Like [`find`], and locks the person's row until the end of the transaction.
pub async fn find_locked(transaction: &mut Transaction, id: Uuid) -> Result<Option<SecondFactors>> {
    let row = rows::locked(transaction, &COLUMNS, id).await?;
    Ok(row.as_ref().map(SecondFactors::read))
}

/// Stores a person's second factors.
pub async fn save(
    transaction: &mut Transaction,
    id: Uuid,
    factors: SecondFactors,
    now: NaiveDateTime,
) -> Result<()> {
    write::update(transaction, &PERSON, id, factors.into_values(now)).await?;
    Ok(())
}

/// Accepts a step of TOTP, if it is later than all that were accepted before.
/// Returns false if not; of two concurrent callers, only one gets true.
pub async fn accept_totp_step(database: &Database, id: Uuid, step: i64) -> Result<bool> {
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(["person_id", "totp_step"])
        .values_panic([id.into(), step.into()])
        .on_conflict(
            OnConflict::column("person_id")
                .update_column("totp_step")
                .action_cond_where(
                    Cond::any()
                        .add(Expr::col((TABLE, "totp_step")).is_null())
                        .add(Expr::col((TABLE, "totp_step")).lt(step)),
                )
                .to_owned(),
        );
    let accepted = database.execute(database.dialect().build(&insert)).await?;
    Ok(accepted == 1)
}

/// Forgets which steps were accepted: there is a new secret.
pub async fn forget_totp_steps(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    let mut update = Query::update();
    update
        .table(TABLE)
        .value("totp_step", Expr::null())
        .and_where(Expr::col("person_id").eq(id));
    let query = transaction.dialect().build(&update);
    transaction.execute(query).await?;
    Ok(())
}

/// Notes that a code is asked for by mail. Returns false if the last one was
/// asked for later than `since` and was not used yet; of two concurrent
/// callers, only one gets true.
pub async fn ask_for_mail(
    transaction: &mut Transaction,
    id: Uuid,
    now: NaiveDateTime,
    since: NaiveDateTime,
) -> Result<bool> {
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(["person_id", "mail_asked_at"])
        .values_panic([id.into(), now.into()])
        .on_conflict(
            OnConflict::column("person_id")
                .update_column("mail_asked_at")
                .action_cond_where(
                    Cond::any()
                        .add(Expr::col((TABLE, "mail_asked_at")).is_null())
                        .add(Expr::col((TABLE, "mail_asked_at")).lte(since)),
                )
                .to_owned(),
        );
    let query = transaction.dialect().build(&insert);
    Ok(transaction.execute(query).await? == 1)
}

/// Stores the signature of the code that is mailed; it replaces the one before.
pub async fn put_mailed_code(
    database: &Database,
    id: Uuid,
    signature: &str,
    ends: NaiveDateTime,
) -> Result<()> {
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns([
            "person_id",
            "mailed_code",
            "mailed_code_ends",
            "mailed_code_tries",
        ])
        .values_panic([id.into(), signature.into(), ends.into(), 0.into()])
        .on_conflict(
            OnConflict::column("person_id")
                .update_columns(["mailed_code", "mailed_code_ends", "mailed_code_tries"])
                .to_owned(),
        );
    database.execute(database.dialect().build(&insert)).await?;
    Ok(())
}

/// Returns the signature of the mailed code, and counts that it is compared.
/// `None` if there is none, it has ended, or it was compared `max` times.
pub async fn try_mailed_code(
    database: &Database,
    id: Uuid,
    max: i32,
    now: NaiveDateTime,
) -> Result<Option<String>> {
    let mut select = Query::select();
    select
        .column("mailed_code")
        .from(TABLE)
        .and_where(Expr::col("person_id").eq(id))
        .and_where(Expr::col("mailed_code").is_not_null());
    let found = database
        .fetch_one(&select, |row| row.get::<String>("mailed_code"))
        .await?;
    let Some(signature) = found else {
        return Ok(None);
    };
    let mut update = Query::update();
    update
        .table(TABLE)
        .value("mailed_code_tries", Expr::col("mailed_code_tries").add(1))
        .and_where(Expr::col("person_id").eq(id))
        .and_where(Expr::col("mailed_code").eq(signature.as_str()))
        .and_where(Expr::col("mailed_code_ends").gt(now))
        .and_where(Expr::col("mailed_code_tries").lt(max));
    let counted = database.execute(database.dialect().build(&update)).await?;
    Ok((counted == 1).then_some(signature))
}

/// Deletes a mailed code that was right. Returns false if it is not there any
/// more; of two concurrent callers, only one gets true.
pub async fn take_mailed_code(database: &Database, id: Uuid, signature: &str) -> Result<bool> {
    let mut update = Query::update();
    update
        .table(TABLE)
        .value("mailed_code", Expr::null())
        .value("mail_asked_at", Expr::null())
        .and_where(Expr::col("person_id").eq(id))
        .and_where(Expr::col("mailed_code").eq(signature));
    let taken = database.execute(database.dialect().build(&update)).await?;
    Ok(taken == 1)
}

/// Deletes what is known of the codes of a person who is deleted.
pub async fn forget(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    write::delete_where(transaction, TABLE, Expr::col("person_id").eq(id)).await?;
    Ok(())
}
