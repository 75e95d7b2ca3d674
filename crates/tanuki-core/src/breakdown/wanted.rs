//! What clients want to be cast.

use serde_json::Value as Json;
use tanuki_store::Value;
use tanuki_store::schema::ENTITY_LINK;
use uuid::Uuid;

use crate::fields::column_value;
use crate::{Error, Result, Unstorable};

/// An asset that is to be cast, and how often.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub(super) asset_id: Uuid,
    /// As events tell it.
    pub(super) told: Json,
    pub(super) nb_occurences: Value,
    pub(super) label: Value,
}

impl Wanted {
    pub fn new(asset_id: Uuid, nb_occurences: Json, label: Json) -> Result<Self> {
        Ok(Self {
            asset_id,
            nb_occurences: value("nb_occurences", &nb_occurences)?,
            label: value("label", &label)?,
            told: nb_occurences,
        })
    }

    /// Reads a list; what does not say both what and how often is passed over.
    pub fn read(casting: &[Json]) -> Result<Vec<Self>> {
        let mut wanted = Vec::with_capacity(casting.len());
        for cast in casting {
            let malformed = || Error::UnusableFilter(Unstorable::Format);
            if cast.is_string() {
                continue;
            }
            let cast = cast.as_object().ok_or_else(malformed)?;
            let (Some(asset), Some(nb_occurences)) =
                (cast.get("asset_id"), cast.get("nb_occurences"))
            else {
                continue;
            };
            if asset.is_null() {
                continue;
            }
            let id = asset.as_str().and_then(|id| Uuid::try_parse(id).ok());
            let label = cast.get("label").cloned().unwrap_or_else(|| "".into());
            let id = id.ok_or_else(malformed)?;
            wanted.push(Self::new(id, nb_occurences.clone(), label)?);
        }
        Ok(wanted)
    }
}

fn value(column: &str, json: &Json) -> Result<Value> {
    let json = match (column, json) {
        ("nb_occurences", Json::Null) => &Json::from(1),
        ("label", Json::Null) => &Json::from(""),
        // A part of an asset is the asset, as the database rounds it.
        ("nb_occurences", Json::Number(number)) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            &Json::from(number.round_ties_even() as i64)
        }
        _ => json,
    };
    match ENTITY_LINK.column(column) {
        Some(column) => column_value(column, json),
        None => Err(Error::Unstorable(Unstorable::Format)),
    }
}
