//! Assets, shots, sequences, episodes, scenes, edits and concepts. All are rows
//! of the table `entity`; the entity type determines the kind.

mod assets;
mod batch_removal;
mod create;
mod entity_types;
mod folders;
mod lists;
mod load;
mod news;
mod related;
mod removal;
mod resource;
pub mod shapes;
mod shots;
mod unique_names;
mod versions;
mod with_tasks;

pub use create::NewEntity;
pub use entity_types::ENTITY_TYPES;
pub use news::NewsQuery;
pub(crate) use related::others_of_revision;
pub use resource::{ASSET_INSTANCES, ENTITIES, ENTITY_LINKS};
pub use shots::ManagedShot;
pub use tanuki_store::Kind;
pub use with_tasks::{ASSETS, BoardKind, CONCEPTS, EDITS, EPISODES, SCENES, SEQUENCES, SHOTS};
