//! Jobs for the people who get notifications by mail or in a chat as well.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::comments::notifications::Notification;
use tanuki_store::query::notices;
use uuid::Uuid;

use crate::jobs::{CHAT_NOTICE, MAIL_NOTICE};
use crate::{Core, Result};

impl Core {
    /// Enqueues a job for each notification and each channel on which its
    /// recipient wants notices. `ids` are those of the notifications.
    pub(super) async fn enqueue_notices(
        &self,
        transaction: &mut Transaction,
        ids: &[Uuid],
        notifications: &[Notification],
    ) -> Result<()> {
        let people = notifications.iter().map(|about| about.person_id);
        let people: BTreeSet<Uuid> = people.collect();
        if people.is_empty() {
            return Ok(());
        }
        // The notifications of one call are of one subject.
        let kind = notifications.first().map_or("", |about| about.kind);
        let with_mail = self.settings().mail.enabled;
        let channels = notices::channels(transaction, people, kind, with_mail).await?;
        let channels: HashMap<Uuid, _> = channels
            .into_iter()
            .map(|channels| (channels.person_id, channels))
            .collect();
        let (mut mails, mut chats) = (Vec::new(), Vec::new());
        for (id, notification) in ids.iter().zip(notifications) {
            let Some(wanted) = channels.get(&notification.person_id) else {
                continue;
            };
            let mut arguments: Map<String, Value> = Map::new();
            arguments.insert("notification_id".into(), id.to_string().into());
            for chat in &wanted.chats {
                let mut arguments = arguments.clone();
                arguments.insert("chat".into(), chat.name().into());
                chats.push(arguments);
            }
            if wanted.mail {
                mails.push(arguments);
            }
        }
        self.enqueue(transaction, &MAIL_NOTICE, mails).await?;
        self.enqueue(transaction, &CHAT_NOTICE, chats).await
    }
}
