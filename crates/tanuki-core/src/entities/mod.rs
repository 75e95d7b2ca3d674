//! Assets, shots, sequences, episodes, scenes, edits and concepts: one table,
//! told apart by the entity type.

mod casting;
mod kind;
mod resource;
mod versions;

pub use kind::Kind;
pub use resource::{ASSET_INSTANCES, ENTITIES, ENTITY_LINKS, ENTITY_TYPES};
