//! Assets, shots, sequences, episodes, scenes, edits and concepts: one table,
//! told apart by the entity type.

mod assets;
mod belongings;
mod casting;
mod create;
mod folders;
#[allow(dead_code, reason = "routes that ask are on their way")]
mod found;
mod kind;
mod lists;
mod resource;
mod shapes;
mod shots;
mod versions;
mod visit;

pub use create::NewEntity;
#[allow(unused_imports, reason = "routes that ask are on their way")]
pub(crate) use found::{Found, find};
pub use kind::Kind;
pub use resource::{ASSET_INSTANCES, ENTITIES, ENTITY_LINKS, ENTITY_TYPES};
pub use shots::ManagedShot;
