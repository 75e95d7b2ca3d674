//! People by their identity at a provider of single sign-on.

use sea_query::{Expr, ExprTrait, LockType, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::query::names;
use crate::{Connection as _, Result, Transaction};

/// How a provider is asked who somebody is. People have an identity for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOnProtocol {
    Oidc,
    Saml,
}

impl SignOnProtocol {
    /// The columns of a person with the issuer and subject of their identity.
    pub const fn columns(self) -> [&'static str; 2] {
        match self {
            Self::Oidc => ["oidc_issuer", "oidc_subject"],
            Self::Saml => ["saml_issuer", "saml_subject"],
        }
    }
}

/// The columns of a person that a single sign-on needs.
#[derive(Debug, Clone)]
pub struct SignOnAccount {
    pub id: Uuid,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub phone: Option<String>,
    pub country: Option<String>,
    pub role: String,
    pub active: bool,
    /// A guest of a shared link or the account of a preview, which nobody logs
    /// in to from elsewhere.
    pub is_internal: bool,
    /// Their password is in the studio's directory (LDAP).
    pub is_from_directory: bool,
    /// Their identity by the protocol that was asked for.
    pub issuer: Option<String>,
    pub subject: Option<String>,
}

/// Finds a person by their identity (issuer and subject), and locks their row.
/// Bots are excluded.
pub async fn by_identity(
    transaction: &mut Transaction,
    protocol: SignOnProtocol,
    [issuer, subject]: [&str; 2],
) -> Result<Option<SignOnAccount>> {
    let [issuer_column, subject_column] = protocol.columns();
    let is_same = Expr::col(issuer_column)
        .eq(issuer)
        .and(Expr::col(subject_column).eq(subject));
    locked(transaction, protocol, is_same).await
}

/// Finds a person by their email address, ignoring case, and locks their row.
/// Bots are excluded.
pub async fn by_email(
    transaction: &mut Transaction,
    protocol: SignOnProtocol,
    email: &str,
) -> Result<Option<SignOnAccount>> {
    let has_address = names::is_called(Expr::col("email"), email);
    locked(transaction, protocol, has_address).await
}

async fn locked(
    transaction: &mut Transaction,
    protocol: SignOnProtocol,
    which: SimpleExpr,
) -> Result<Option<SignOnAccount>> {
    let [issuer, subject] = protocol.columns();
    let mut select = Query::select();
    select
        .columns([
            "id",
            "email",
            "first_name",
            "last_name",
            "phone",
            "country",
            "role",
            "active",
            "is_guest",
            "preview_project_id",
            "is_generated_from_ldap",
            issuer,
            subject,
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
            let is_from_directory: Option<bool> = row.get("is_generated_from_ldap")?;
            Ok(SignOnAccount {
                id: row.get("id")?,
                email: row.get("email")?,
                first_name: row.get("first_name")?,
                last_name: row.get("last_name")?,
                phone: row.get("phone")?,
                country: row.get("country")?,
                role: row.get("role")?,
                active: active.unwrap_or(false),
                is_internal: is_guest.unwrap_or(false) || preview.is_some(),
                is_from_directory: is_from_directory.unwrap_or(false),
                issuer: row.get(issuer)?,
                subject: row.get(subject)?,
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
