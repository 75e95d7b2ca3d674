//! Breakdown: which assets are in which shots, episodes and other assets, and
//! which other productions may use.

mod asset_instances;
mod change;
mod links;
mod lists;
mod projections;
mod removal;
mod sharing;
mod wanted;

pub use asset_instances::{Instances, NewInstance};
pub use change::CastAsset;
pub use lists::Castings;
pub use sharing::Share;
pub use wanted::Wanted;
