//! Casting entries as the HTTP client sends them.

use serde_json::Value as Json;
use tanuki_store::Value;
use tanuki_store::schema::ENTITY_LINK;
use uuid::Uuid;

use crate::fields::column_value;
use crate::{ConstraintViolation, Error, Result};

/// One asset to cast in several entities.
#[derive(Debug)]
pub struct CastAsset {
    pub entity_ids: Vec<Uuid>,
    /// Number of occurrences. `None` leaves the current number unchanged, or
    /// means 1 for a new link; zero removes the asset from the casting.
    pub nb_occurences: Option<i64>,
    pub label: Option<String>,
}

/// An asset to cast, with the number of occurrences and a label.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub(super) asset_id: Uuid,
    /// `nb_occurences` as the event contains it: the value that was sent.
    pub(super) published_count: Json,
    pub(super) nb_occurences: Value,
    pub(super) label: Value,
}

impl Wanted {
    /// Converts the values of a request to those of the columns. Null means 1
    /// occurrence and an empty label.
    ///
    /// # Errors
    ///
    /// `Constraint` if a value does not have the type of its column.
    pub fn new(asset_id: Uuid, nb_occurences: Json, label: Json) -> Result<Self> {
        Ok(Self {
            asset_id,
            nb_occurences: value("nb_occurences", &nb_occurences)?,
            label: value("label", &label)?,
            published_count: nb_occurences,
        })
    }

    /// Parses a list of objects with `asset_id`, `nb_occurences` (default: 1)
    /// and `label` (default: empty).
    ///
    /// # Errors
    ///
    /// `Refused` if an entry has no `asset_id`, since ignoring it could empty
    /// the casting; `InvalidFilter` if the id is malformed.
    pub fn read(casting: &[Json]) -> Result<Vec<Self>> {
        let mut wanted = Vec::with_capacity(casting.len());
        for cast in casting {
            let malformed = || Error::InvalidFilter(ConstraintViolation::Format);
            let field = |name| cast.get(name).cloned().unwrap_or_default();
            let asset = field("asset_id");
            if asset.is_null() && (cast.is_object() || cast.is_string()) {
                return Err(Error::Refused(
                    "Each entry of a casting must be an object with an asset_id.".into(),
                ));
            }
            let id = asset.as_str().and_then(|id| Uuid::try_parse(id).ok());
            let id = id.ok_or_else(malformed)?;
            let nb_occurences = match field("nb_occurences") {
                Json::Null => 1.into(),
                given => given,
            };
            wanted.push(Self::new(id, nb_occurences, field("label"))?);
        }
        Ok(wanted)
    }
}

fn value(column: &str, json: &Json) -> Result<Value> {
    let json = match (column, json) {
        ("nb_occurences", Json::Null) => &Json::from(1),
        ("label", Json::Null) => &Json::from(""),
        // Rounds half to even, as PostgreSQL rounds a float that is stored in
        // an integer column.
        ("nb_occurences", Json::Number(number)) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            &Json::from(number.round_ties_even() as i64)
        }
        _ => json,
    };
    match ENTITY_LINK.column(column) {
        Some(column) => column_value(column, json),
        None => Err(Error::Constraint(ConstraintViolation::Format)),
    }
}
