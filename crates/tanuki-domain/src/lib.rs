//! Basic types that all other crates use. This crate performs no I/O.

mod clock;
pub mod csv;
pub mod dates;
pub mod frame_rate;
mod identity;
pub mod locale;
pub mod period;
mod role;
mod role_map;
pub mod search;
mod site;
pub mod timezone;

pub use clock::{Clock, SystemClock};
pub use identity::IdentityKind;
pub use role::{Role, UnknownRole};
pub use role_map::RoleMap;
pub use site::Site;

/// Version of the API: the version of Zou that this server is compatible with.
pub const API_VERSION: &str = "1.0.97";

/// Name of the API as its HTTP clients expect it: gazu and Kitsu check it.
pub const API_NAME: &str = "Zou";
