//! People by their identity at an OpenID provider.

use sea_query::{Expr, ExprTrait, LockType, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::query::names;
use crate::{Connection as _, Result, Transaction};

/// The columns of a person that a single sign-on needs.
#[derive(Debug, Clone)]
pub struct SignOnAccount {
    pub id: Uuid,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub role: String,
    pub active: bool,
    /// A guest of a shared link or the account of a preview, which nobody logs
    /// in to from elsewhere.
    pub is_internal: bool,
    pub oidc_issuer: Option<String>,
    pub oidc_subject: Option<String>,
}

/// Finds a person by their identity, and locks their row. Bots are excluded.
pub async fn by_oidc(
    transaction: &mut Transaction,
    issuer: &str,
    subject: &str,
) -> Result<Option<SignOnAccount>> {
    let is_same = Expr::col("oidc_issuer")
        .eq(issuer)
        .and(Expr::col("oidc_subject").eq(subject));
    locked(transaction, is_same).await
}

/// Finds a person by their email address, ignoring case, and locks their row.
/// Bots are excluded.
pub async fn by_email(transaction: &mut Transaction, email: &str) -> Result<Option<SignOnAccount>> {
    locked(transaction, names::is_called(Expr::col("email"), email)).await
}

async fn locked(transaction: &mut Transaction, which: SimpleExpr) -> Result<Option<SignOnAccount>> {
    let mut select = Query::select();
    select
        .columns([
            "id",
            "email",
            "first_name",
            "last_name",
            "role",
            "active",
            "is_guest",
            "preview_project_id",
            "oidc_issuer",
            "oidc_subject",
        ])
        .from("person")
        .and_where(which)
        .and_where(Expr::col("is_bot").eq(false))
        .order_by("created_at", Order::Asc)
        .limit(1)
        .lock(LockType::NoKeyUpdate);
    transaction
        .fetch_one(&select, |row| {
            let is_guest: Option<bool> = row.get("is_guest")?;
            let preview: Option<Uuid> = row.get("preview_project_id")?;
            let active: Option<bool> = row.get("active")?;
            Ok(SignOnAccount {
                id: row.get("id")?,
                email: row.get("email")?,
                first_name: row.get("first_name")?,
                last_name: row.get("last_name")?,
                role: row.get("role")?,
                active: active.unwrap_or(false),
                is_internal: is_guest.unwrap_or(false) || preview.is_some(),
                oidc_issuer: row.get("oidc_issuer")?,
                oidc_subject: row.get("oidc_subject")?,
            })
        })
        .await
}

/// Returns whether there is an active admin besides that person, and locks the
/// rows of all, so that two of them cannot lose the role at the same moment.
pub async fn has_other_admin(transaction: &mut Transaction, id: Uuid) -> Result<bool> {
    let admins = transaction.ids(&active_admins()).await?;
    Ok(admins.iter().any(|admin| *admin != id))
}

fn active_admins() -> SelectStatement {
    let mut select = Query::select();
    select
        .column("id")
        .from("person")
        .and_where(Expr::col("role").eq("admin"))
        .and_where(Expr::col("active").eq(true))
        .and_where(Expr::col("is_bot").eq(false))
        .order_by("id", Order::Asc)
        .lock(LockType::NoKeyUpdate);
    select
}
