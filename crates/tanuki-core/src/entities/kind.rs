//! What an entity is.

use tanuki_store::query::work::EntityKind;

/// Assets have types that studios name; the other kinds are types by
/// themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Asset,
    Shot,
    Sequence,
    Episode,
    Edit,
    Scene,
    Concept,
    ConceptFolder,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub(crate) const ALL: [Self; 8] = [
        Self::Asset,
        Self::Shot,
        Self::Sequence,
        Self::Episode,
        Self::Edit,
        Self::Scene,
        Self::Concept,
        Self::ConceptFolder,
    ];

    /// As queries tell it from the others.
    pub(crate) fn is(self) -> EntityKind {
        match self {
            Self::Asset => EntityKind::Asset,
            other => EntityKind::Temporal(other.type_name()),
        }
    }

    /// The kind of what entities of this kind are in, where it is always the
    /// same.
    pub(crate) fn above(self) -> Option<Self> {
        match self {
            Self::Shot | Self::Scene => Some(Self::Sequence),
            Self::Sequence => Some(Self::Episode),
            Self::Concept => Some(Self::ConceptFolder),
            _ => None,
        }
    }

    /// The kind of entities of a type of that name.
    pub fn of_type(name: &str) -> Self {
        match name {
            "Shot" => Self::Shot,
            "Sequence" => Self::Sequence,
            "Episode" => Self::Episode,
            "Edit" => Self::Edit,
            "Scene" => Self::Scene,
            "Concept" => Self::Concept,
            "ConceptFolder" => Self::ConceptFolder,
            _ => Self::Asset,
        }
    }

    /// As the API calls it, and the entity type where it is one.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Asset => "Asset",
            Self::Shot => "Shot",
            Self::Sequence => "Sequence",
            Self::Episode => "Episode",
            Self::Edit => "Edit",
            Self::Scene => "Scene",
            Self::Concept => "Concept",
            Self::ConceptFolder => "ConceptFolder",
        }
    }

    /// As a table would be called: events name it and its id so.
    pub fn table_name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Shot => "shot",
            Self::Sequence => "sequence",
            Self::Episode => "episode",
            Self::Edit => "edit",
            Self::Scene => "scene",
            Self::Concept => "concept",
            Self::ConceptFolder => "concept_folder",
        }
    }
}
