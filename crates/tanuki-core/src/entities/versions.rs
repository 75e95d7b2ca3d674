//! Version history of shots: the earlier names and frame ranges.

use chrono::Timelike;
use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::entities::{self, Version};
use tanuki_store::write::Values;
use uuid::Uuid;

use crate::{Caller, Entities, Result};

/// Changes by one person at most this many seconds apart are merged into one
/// version.
const FOLD_DELAY: i64 = 60;
/// Maximum age in seconds of a version that changes are merged into.
const FOLD_DURATION: i64 = 5 * 60;

impl Entities<'_> {
    /// Stores a version of a shot if its name or frame range has changed.
    pub(super) async fn store_version(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        id: Uuid,
        (before, after): (&Map<String, Value>, &Map<String, Value>),
    ) -> Result<()> {
        let (old_name, name) = (before.get("name"), after.get("name"));
        if frames(before) == frames(after) && old_name == name {
            return Ok(());
        }
        let data = after.get("data").cloned().unwrap_or(Value::Null);
        let now = self.core.clock().timestamp();
        let last = entities::last_version(transaction, id).await?;
        if let Some(version) = last.filter(|version| {
            version.person_id == Some(caller.id)
                && is_recent(version, now)
                && takes(version, before, after)
        }) {
            entities::update_version(transaction, version.id, data, now).await?;
            return Ok(());
        }
        let values = Values::from([
            ("entity_id", id.into()),
            (
                "name",
                old_name.and_then(Value::as_str).unwrap_or_default().into(),
            ),
            ("data", data.into()),
            ("person_id", caller.author().into()),
        ]);
        entities::add_version(transaction, values, &self.core.defaults()).await?;
        Ok(())
    }
}

/// Returns the first and last frame as stored in the metadata, 0 if missing.
fn frames(shot: &Map<String, Value>) -> [Value; 2] {
    frames_of(shot.get("data"))
}

fn frames_of(data: Option<&Value>) -> [Value; 2] {
    ["frame_in", "frame_out"].map(|key| {
        data.and_then(|data| data.get(key))
            .cloned()
            .unwrap_or(Value::from(0))
    })
}

/// Returns whether changes can still be merged into a version.
fn is_recent(version: &Version, now: chrono::NaiveDateTime) -> bool {
    let since = |at: Option<chrono::NaiveDateTime>| {
        let at = at.and_then(|at| at.with_nanosecond(0)).unwrap_or_default();
        (now - at).num_seconds()
    };
    since(version.updated_at) <= FOLD_DELAY && since(version.created_at) <= FOLD_DURATION
}

/// Returns whether a change can be merged into an existing version.
fn takes(version: &Version, before: &Map<String, Value>, after: &Map<String, Value>) -> bool {
    let (old, new) = (frames(before), frames(after));
    let kept = frames_of(version.data.as_ref());
    let is_renamed = before.get("name").and_then(Value::as_str) != Some(version.name.as_str());
    if new != old && is_renamed {
        return false;
    }
    (0..2).all(|side| new[side] != old[side] || kept[side] == old[side])
}
