//! What is stored of a row of ShotGrid besides its single keys.

use serde_json::{Map, Value, json};

use super::keys::Of;
use super::known::{Found, Settled};
use super::names::{Names, color};
use crate::JsonRow;
use crate::fields::timestamp;
use crate::imports::rows::faults::RowFault;

/// Adds columns to what is stored of a row.
pub(super) type Complete = fn(&Names, &JsonRow, &mut JsonRow) -> Result<(), RowFault>;

/// Decides which stored row a row is, and which of its columns are not written.
pub(super) type Settle = fn(Found, &mut JsonRow) -> Settled;

/// Nothing is added.
pub(super) fn as_it_is(_: &Names, _: &JsonRow, _: &mut JsonRow) -> Result<(), RowFault> {
    Ok(())
}

/// Keys of studios and of ShotGrid, which are kept in `data`: those that begin
/// with `sg_` and have a value.
fn kept(sent: &JsonRow, except: &[&str]) -> Map<String, Value> {
    let keys = sent.iter().filter(|(key, value)| {
        key.starts_with("sg_") && !except.contains(&key.as_str()) && !value.is_null()
    });
    keys.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

pub(super) fn project(_: &Names, sent: &JsonRow, row: &mut JsonRow) -> Result<(), RowFault> {
    row.insert("data".into(), kept(sent, &["sg_status"]).into());
    Ok(())
}

/// Shots: their frames are a first frame and a duration.
pub(super) fn shot(_: &Names, sent: &JsonRow, row: &mut JsonRow) -> Result<(), RowFault> {
    let number = |key: &'static str| match sent.get(key) {
        None => Err((Some(key), "A required key is missing.".to_owned())),
        Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_i64();
            let message = || (Some(key), "A whole number is expected.".to_owned());
            number.map(Some).ok_or_else(message)
        }
    };
    let (first, duration) = (number("sg_cut_in")?, number("sg_cut_duration")?);
    let last = match (first, duration) {
        (Some(first), Some(duration)) => {
            let last = first.checked_add(duration);
            let message = || (Some("sg_cut_duration"), "The number is too large.".into());
            Some(last.ok_or_else(message)?)
        }
        (first, _) => first,
    };
    let mut data = kept(sent, &["sg_cut_in", "sg_cut_out", "sg_sequence"]);
    data.insert("frame_in".into(), first.into());
    data.insert("frame_out".into(), last.into());
    row.insert("data".into(), data.into());
    Ok(())
}

/// Steps: the first word of their name is their department.
pub(super) fn step(names: &Names, sent: &JsonRow, row: &mut JsonRow) -> Result<(), RowFault> {
    let color = color(sent.get("color")).map_err(|error| (Some("color"), error.to_owned()))?;
    row.insert("color".into(), color.into());
    let department = step_department(sent).and_then(|name| names.named(Of::Department, &name));
    let id = department.map(|id| id.to_string());
    row.insert("department_id".into(), id.into());
    Ok(())
}

/// Returns the name of a step's department.
pub(super) fn step_department(sent: &JsonRow) -> Option<String> {
    let name = sent.get("code")?.as_str()?;
    name.split(' ').next().map(str::to_owned)
}

pub(super) fn status(_: &Names, sent: &JsonRow, row: &mut JsonRow) -> Result<(), RowFault> {
    let key = "bg_color";
    let color = color(sent.get(key)).map_err(|error| (Some(key), error.to_owned()))?;
    row.insert("color".into(), color.into());
    Ok(())
}

/// Versions: their film stays in ShotGrid, and its address is kept.
pub(super) fn version(_: &Names, sent: &JsonRow, row: &mut JsonRow) -> Result<(), RowFault> {
    const KEY: &str = "sg_uploaded_movie";
    row.insert("source".into(), "Shotgun".into());
    let film = match sent.get(KEY) {
        None => return Err((Some(KEY), "A required key is missing.".into())),
        Some(Value::Null) => return Ok(()),
        Some(film) => film,
    };
    for (part, column) in [
        ("url", "uploaded_movie_url"),
        ("name", "uploaded_movie_name"),
    ] {
        let value = film
            .get(part)
            .filter(|value| value.is_string() || value.is_null());
        let message = || {
            (
                Some(KEY),
                "An object with a url and a name is expected.".into(),
            )
        };
        row.insert(column.into(), value.cloned().ok_or_else(message)?);
    }
    Ok(())
}

/// Notes: comments are dated as the notes are, whatever their time zone.
pub(super) fn note(_: &Names, sent: &JsonRow, row: &mut JsonRow) -> Result<(), RowFault> {
    const KEY: &str = "created_at";
    let time = sent.get(KEY).and_then(Value::as_str);
    let message = || (Some(KEY), "A time in ISO 8601 is expected.".into());
    let time: String = time.ok_or_else(message)?.chars().take(19).collect();
    timestamp(&time).map_err(|_| message())?;
    row.insert(KEY.into(), time.into());
    row.insert("object_type".into(), json!("Task"));
    Ok(())
}

/// A row is the stored one with its id in ShotGrid, or else one that is the same.
pub(super) fn by_id_or_same(found: Found, _: &mut JsonRow) -> Settled {
    found
        .by_id
        .or(found.same)
        .map_or(Settled::New, Settled::Row)
}

/// Sequences: one whose name is taken is not created, and not renamed to it.
pub(super) fn sequence(found: Found, row: &mut JsonRow) -> Settled {
    match (found.by_id, found.same) {
        (None, None) => Settled::New,
        (None, Some(_)) => Settled::LeftOut,
        (Some(id), same) => {
            if same.is_some() {
                row.retain(|column, _| ["description", "shotgun_id"].contains(&column.as_str()));
            }
            Settled::Row(id)
        }
    }
}

/// Tasks: one does not become what another one is already.
pub(super) fn task(found: Found, row: &mut JsonRow) -> Settled {
    if found.same.is_some() {
        for column in ["name", "project_id", "task_type_id", "entity_id"] {
            row.remove(column);
        }
    }
    by_id_or_same(found, row)
}

/// Steps: a task type that is found by its name keeps the case of it.
pub(super) fn task_type(found: Found, row: &mut JsonRow) -> Settled {
    let settled = by_id_or_same(found, row);
    if let Settled::Row(_) = settled {
        if found.is_taken {
            for column in ["name", "for_entity", "department_id"] {
                row.remove(column);
            }
        } else if found.by_id.is_none() {
            row.remove("name");
        }
    }
    settled
}
