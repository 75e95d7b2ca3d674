//! The organisation: the one row with the studio's settings.

use std::sync::LazyLock;

use tanuki_store::ListQuery;
use tanuki_store::projection::Projection;
use tanuki_store::schema::ORGANISATION;

use crate::{Core, Error, JsonRow, Result};

/// All columns.
pub(crate) static FULL: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ORGANISATION, &[]));

/// Columns with secrets: tokens and webhooks of the studio's chats.
pub(crate) const CHAT_KEYS: &[&str] = &[
    "chat_token_slack",
    "chat_webhook_mattermost",
    "chat_token_discord",
];

/// All columns but [`CHAT_KEYS`].
pub(crate) static PUBLIC: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ORGANISATION, CHAT_KEYS));

/// [`FULL`] in three parts: the columns before the chat keys, the chat keys,
/// and the columns after them. Thus one query serves admins and everybody else,
/// with the keys in the same order.
pub(crate) fn parts() -> [Projection; 3] {
    let keys: Vec<&'static str> = FULL.keys().collect();
    let is_chat = |key: &&'static str| CHAT_KEYS.contains(key);
    let begin = keys.iter().position(is_chat).unwrap_or(0);
    let (before, rest) = keys.split_at(begin);
    let (chat, behind): (Vec<_>, Vec<_>) = rest.iter().copied().partition(is_chat);
    [before, &chat[..], &behind[..]].map(|keys| Projection::only(&ORGANISATION, keys))
}

impl Core {
    /// Returns the organisation. JSON: all columns; the chat keys only
    /// `with_secrets`. Creates the row if it does not exist.
    ///
    /// # Errors
    /// [`Error::Failed`] if the row is deleted at the same moment.
    pub async fn organisation(&self, with_secrets: bool) -> Result<JsonRow> {
        let projection: &'static Projection = if with_secrets { &FULL } else { &PUBLIC };
        let database = self.database();
        let row = ListQuery::new(projection).limit(1);
        let found = row.clone().rows(database).await?.into_iter().next();
        if let Some(organisation) = found {
            return Ok(organisation);
        }
        // Zou creates the row with the first request, not when it sets up the
        // database.
        self.create_organisation().await?;
        row.rows(database)
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
            // A concurrent request created it first.
            Err(tanuki_store::Error::Unique(_)) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(transaction.commit().await?),
        }
    }
}
