//! Kinds of entities.

use crate::query::work::EntityKind;

/// The kind of an entity, determined by its entity type. Studios define the
/// types of assets; every other kind has exactly one entity type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// All kinds, in the order of their discriminants.
    pub const ALL: [Self; 8] = [
        Self::Asset,
        Self::Shot,
        Self::Sequence,
        Self::Episode,
        Self::Edit,
        Self::Scene,
        Self::Concept,
        Self::ConceptFolder,
    ];

    /// Returns the kind in the form that queries use.
    pub fn is(self) -> EntityKind {
        match self {
            Self::Asset => EntityKind::Asset,
            other => EntityKind::Temporal(other.type_name()),
        }
    }

    /// Returns the kind of the parent, or `None` if it has none or varies.
    pub fn above(self) -> Option<Self> {
        match self {
            Self::Shot | Self::Scene => Some(Self::Sequence),
            Self::Sequence => Some(Self::Episode),
            Self::Concept => Some(Self::ConceptFolder),
            _ => None,
        }
    }

    /// Returns the kind of the entities of an entity type, by the type's name.
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

    /// Returns the name that the API uses in `type`. Except for assets, it is
    /// also the name of the entity type.
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

    /// Returns the name in snake case, as events (`shot:update`) and their keys
    /// (`shot_id`) contain it.
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
