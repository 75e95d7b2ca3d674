//! Assets, shots, sequences, episodes, scenes, edits and concepts: one table,
//! told apart by the entity type.

mod assets;
mod batch_removal;
mod belongings;
mod boards;
mod casting;
mod create;
mod folders;
mod found;
mod kind;
mod lists;
mod news;
mod removal;
mod resource;
mod shapes;
mod shots;
mod versions;
mod visit;
mod with_tasks;

pub use create::NewEntity;
pub(crate) use found::Found;
pub use kind::Kind;
pub(crate) use lists::shown_to_vendor;
pub use resource::{ASSET_INSTANCES, ENTITIES, ENTITY_LINKS, ENTITY_TYPES};
pub(crate) use shots::CHANGED as CHANGED_SHOT;
pub use shots::ManagedShot;
pub use with_tasks::{ASSETS, BoardKind, CONCEPTS, EDITS, EPISODES, SCENES, SEQUENCES, SHOTS};
