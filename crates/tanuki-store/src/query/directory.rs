//! Accounts that people of a directory (LDAP) are compared with.

use sea_query::{Order, Query};
use uuid::Uuid;

use crate::{Connection, Result};

/// An account, by what a directory says of people.
#[derive(Debug, Clone, Default)]
pub struct DirectoryAccount {
    pub id: Uuid,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub desktop_login: String,
    pub ldap_uid: Option<String>,
    pub role: String,
    pub active: bool,
    pub is_from_directory: bool,
    pub is_bot: bool,
    /// A guest of a shared link, or the account of a preview.
    pub is_internal: bool,
}

/// Returns all accounts, bots and guests too, the oldest first.
pub async fn accounts(connection: impl Connection) -> Result<Vec<DirectoryAccount>> {
    let mut select = Query::select();
    select
        .columns([
            "id",
            "email",
            "first_name",
            "last_name",
            "desktop_login",
            "ldap_uid",
            "role",
            "active",
            "is_generated_from_ldap",
            "is_bot",
            "is_guest",
            "preview_project_id",
        ])
        .from("person")
        .order_by("created_at", Order::Asc)
        .order_by("id", Order::Asc);
    connection
        .fetch(&select, |row| {
            let text = |column: &str| -> Result<String> {
                Ok(row.get::<Option<String>>(column)?.unwrap_or_default())
            };
            let flag = |column: &str| -> Result<bool> {
                Ok(row.get::<Option<bool>>(column)?.unwrap_or(false))
            };
            let preview: Option<Uuid> = row.get("preview_project_id")?;
            Ok(DirectoryAccount {
                id: row.get("id")?,
                email: text("email")?,
                first_name: text("first_name")?,
                last_name: text("last_name")?,
                desktop_login: text("desktop_login")?,
                ldap_uid: row.get("ldap_uid")?,
                role: text("role")?,
                active: flag("active")?,
                is_from_directory: flag("is_generated_from_ldap")?,
                is_bot: flag("is_bot")?,
                is_internal: flag("is_guest")? || preview.is_some(),
            })
        })
        .await
}
