//! Breakdown: the assets that are cast in shots, episodes and other assets, and
//! the assets that are shared with other projects.

mod asset_instances;
mod batch;
mod change;
mod counts;
mod imported;
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
pub(crate) use imported::ImportedCast;
pub use lists::Castings;
pub use sharing::Share;
pub use wanted::{CastAsset, Wanted};
