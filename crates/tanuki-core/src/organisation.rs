//! The studio as a whole.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::query::rows;
use tanuki_store::schema::ORGANISATION;

use crate::{Core, Error, Result};

pub(crate) static FULL: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ORGANISATION, &[]));

/// The keys to the studio's chats.
pub(crate) const CHAT_KEYS: &[&str] = &[
    "chat_token_slack",
    "chat_webhook_mattermost",
    "chat_token_discord",
];

/// Without these.
pub(crate) static PUBLIC: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ORGANISATION, CHAT_KEYS));

/// The whole in three: what stands before the keys to the chats, these, and what
/// stands behind them.
pub(crate) fn parts() -> [Projection; 3] {
    let keys: Vec<&'static str> = FULL.keys().collect();
    let is_chat = |key: &&'static str| CHAT_KEYS.contains(key);
    let begin = keys.iter().position(is_chat).unwrap_or(0);
    let (before, rest) = keys.split_at(begin);
    let (chat, behind): (Vec<_>, Vec<_>) = rest.iter().copied().partition(is_chat);
    [before, &chat[..], &behind[..]].map(|keys| Projection::only(&ORGANISATION, keys))
}

impl Core {
    /// The organisation's JSON; its chat keys only for admins.
    pub async fn organisation(&self, with_secrets: bool) -> Result<Map<String, Value>> {
        let projection: &Projection = if with_secrets { &FULL } else { &PUBLIC };
        let database = self.database();
        let mut select = projection.select(database.dialect());
        select.limit(1);
        let found = rows::all(database, projection, &select)
            .await?
            .into_iter()
            .next();
        if let Some(organisation) = found {
            return Ok(organisation);
        }
        // A database that Zou has just set up has none until it is asked for.
        self.create_organisation().await?;
        rows::all(database, projection, &select)
            .await?
            .into_iter()
            .next()
            .ok_or_else(|| Error::Failed("the organisation was deleted".into()))
    }

    async fn create_organisation(&self) -> Result<()> {
        let mut transaction = self.database().begin().await?;
        let values = [("name", "Kitsu".into())].into();
        let created =
            tanuki_store::write::insert(&mut transaction, &ORGANISATION, values, &self.defaults())
                .await;
        match created {
            // Another request was first.
            Err(tanuki_store::Error::Unique(_)) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(transaction.commit().await?),
        }
    }
}
