//! The text of a JSON object, written member by member, without a tree of
//! [`Value`](serde_json::Value)s.

use std::fmt::Display;
use std::io::Write as _;

use serde::Serialize;

use crate::{Error, Result};

/// The text of a JSON object without its closing bracket. Keys need no escapes:
/// they are names of fields, or ids.
#[derive(Debug)]
pub(crate) struct ObjectText(Vec<u8>);

impl Default for ObjectText {
    fn default() -> Self {
        Self(vec![b'{'])
    }
}

impl ObjectText {
    /// Starts with the members of an object: its text without brackets.
    pub fn with_members(members: &[u8]) -> Self {
        let mut object = Self::default();
        object.0.extend_from_slice(members);
        object
    }

    fn key(&mut self, key: impl Display) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        let _infallible = write!(self.0, "\"{key}\":");
    }

    /// Adds a member whose value is serialized already.
    pub fn text(&mut self, key: impl Display, json: &[u8]) {
        self.key(key);
        self.0.extend_from_slice(json);
    }

    /// Adds a member.
    ///
    /// # Errors
    /// [`Error::Failed`] if the value cannot be serialized.
    pub fn value(&mut self, key: impl Display, value: &impl Serialize) -> Result<()> {
        self.key(&key);
        serde_json::to_writer(&mut self.0, value)
            .map_err(|error| Error::Failed(format!("{key} cannot be serialized: {error}")))
    }

    /// Returns the whole text.
    pub fn end(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}
