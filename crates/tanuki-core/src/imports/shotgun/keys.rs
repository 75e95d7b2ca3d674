//! How rows of ShotGrid refer to others: by their ids there, or by names.

use serde_json::Value;
use tanuki_store::Kind;

/// What a value refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Project,
    /// A project by its name.
    ProjectNamed,
    /// A project status by its name.
    ProjectStatus,
    Person,
    /// A department by its name.
    Department,
    /// An asset type by its name.
    AssetType,
    TaskType,
    /// A task status by its short name.
    TaskStatus,
    Task,
    Entity(Kind),
    /// An entity of the kind that `type` says.
    AnyEntity,
}

/// How something is called in a row: by its id in ShotGrid or by a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Id(i32),
    Text(String),
}

impl Of {
    /// Reads what a value refers to; `None` if it is of a kind that is not
    /// imported.
    ///
    /// # Errors
    ///
    /// What is expected instead.
    pub fn read(self, value: &Value) -> Result<Option<(Self, Key)>, &'static str> {
        let text = |value: Option<&Value>| {
            let text = value.and_then(Value::as_str);
            text.map(|text| Key::Text(text.to_owned()))
        };
        match self {
            Self::ProjectStatus | Self::Department | Self::AssetType | Self::TaskStatus => {
                let key = text(Some(value)).ok_or("A name is expected.")?;
                Ok(Some((self, key)))
            }
            Self::ProjectNamed => {
                let key = text(value.get("name")).ok_or("An object with a name is expected.")?;
                Ok(Some((self, key)))
            }
            Self::AnyEntity => {
                let kind = value.get("type").and_then(Value::as_str);
                let kind = kind.ok_or("An object with a type and an id is expected.")?;
                let mut kinds = KINDS.into_iter();
                match kinds.find(|known| known.type_name() == kind) {
                    Some(kind) => Self::Entity(kind).read(value),
                    None => Ok(None),
                }
            }
            Self::Project | Self::Person | Self::TaskType | Self::Task | Self::Entity(_) => {
                let id = shotgun_id(value).ok_or("An object with an id is expected.")?;
                Ok(Some((self, Key::Id(id))))
            }
        }
    }
}

/// The kinds of entities that tasks are on.
const KINDS: [Kind; 5] = [
    Kind::Asset,
    Kind::Shot,
    Kind::Scene,
    Kind::Sequence,
    Kind::Episode,
];

/// Reads the `id` of an object.
pub(super) fn shotgun_id(value: &Value) -> Option<i32> {
    i32::try_from(value.get("id")?.as_i64()?).ok()
}
