//! Breakdown: the assets that are cast in shots, episodes and other assets, and
//! the assets that are shared with other projects.

mod asset_instances;
mod change;
mod counts;
mod episodes;
mod events;
mod links;
mod lists;
mod moves;
mod removal;
pub mod shapes;
mod sharing;
mod stages;
mod wanted;
mod write;

pub use asset_instances::{Instances, NewInstance};
pub use change::CastAsset;
pub use lists::Castings;
pub use sharing::Share;
pub use wanted::Wanted;
