//! The columns of shots and edits.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tanuki_store::Kind;

use super::cells::{Row, integer};
use super::plan::{Found, Place, Planner};

/// The keys of a shot's first and last frame in its `data`, with the titles of
/// their columns.
const RANGE: [(&str, [&str; 2]); 2] = [
    ("frame_in", ["Frame In", "In"]),
    ("frame_out", ["Frame Out", "Out"]),
];

impl Planner {
    /// Reads the columns of a shot. `None` if it cannot be said which shot it is;
    /// errors are added.
    pub(super) fn shot(
        &mut self,
        row: Row<'_>,
        fields: &mut BTreeMap<&'static str, Value>,
        data: &mut Map<String, Value>,
    ) -> Found {
        if let Some(number) = self.frame(row, "nb_frames", &["Nb Frames", "Frames"]) {
            fields.insert("nb_frames", number.into());
        }
        for (key, titles) in RANGE {
            if let Some(number) = self.frame(row, key, &titles) {
                data.insert(key.into(), number.into());
            }
        }
        for (key, title) in [("fps", "FPS"), ("resolution", "Resolution")] {
            if let Some(text) = row.cell(title) {
                data.insert(key.into(), text.into());
            }
        }
        let episode = match self.catalog.is_tv_show {
            true => Some(self.name(row, "Episode")),
            false => None,
        };
        let (sequence, name) = (self.name(row, "Sequence"), self.name(row, "Name"));
        let (Some(sequence), Some(name)) = (sequence, name) else {
            return Ok(None);
        };
        let episode_id = match episode {
            Some(None) => return Ok(None),
            Some(Some(name)) => Some(self.folder(Kind::Episode, None, &name)?),
            None => None,
        };
        Ok(Some(Place {
            name,
            entity_type_id: self.catalog.types.of_kind(Kind::Shot)?,
            parent_id: Some(self.folder(Kind::Sequence, episode_id, &sequence)?),
        }))
    }

    /// Reads the columns of an edit. `None` if it has no name; errors are added.
    pub(super) fn edit(&mut self, row: Row<'_>) -> Found {
        let episode_id = self.episode(row)?;
        let Some(name) = self.name(row, "Name") else {
            return Ok(None);
        };
        Ok(Some(Place {
            name,
            entity_type_id: self.catalog.types.of_kind(Kind::Edit)?,
            parent_id: episode_id,
        }))
    }

    /// Reads a number of frames from the first of the columns that has one.
    fn frame(&mut self, row: Row<'_>, key: &str, titles: &[&str]) -> Option<i32> {
        let (title, text) = row.first_of(titles)?;
        let number = integer(text).and_then(|number| i32::try_from(number).ok());
        if number.is_none() {
            let message = format!("{key} must be an integer, got '{text}'");
            self.errors.cell(row.line(), title, message);
        }
        number
    }
}

/// Returns the number of frames from the first to the last frame in a shot's
/// `data`; `None` if it has none, or they are in another order.
pub(super) fn frames_in(data: &Map<String, Value>) -> Option<i64> {
    let [first, last] = RANGE.map(|(key, _)| match data.get(key)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => integer(text),
        _ => None,
    });
    let (first, last) = (first?, last?);
    let frames = last.checked_sub(first)?.checked_add(1)?;
    i32::try_from(frames).ok()?;
    (last > first).then_some(frames)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_range_of_frames_includes_the_last() {
        for (data, expected) in [
            (json!({"frame_in": 101, "frame_out": 124}), Some(24)),
            (json!({"frame_in": "101", "frame_out": "124"}), Some(24)),
            (json!({"frame_in": 124, "frame_out": 101}), None),
            (json!({"frame_in": 101, "frame_out": 101}), None),
            (json!({"frame_in": 101}), None),
            (json!({"frame_in": "x", "frame_out": 3}), None),
            (json!({"frame_in": i64::MIN, "frame_out": i64::MAX}), None),
        ] {
            let Value::Object(data) = data else { panic!() };
            assert_eq!(frames_in(&data), expected, "{data:?}");
        }
    }
}
