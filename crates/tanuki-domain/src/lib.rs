//! Plain types that every other crate speaks in. No I/O happens here.

mod clock;
pub mod dates;
pub mod frame_rate;
mod identity;
pub mod locale;
mod role;
mod site;
pub mod timezone;

pub use clock::{Clock, SystemClock};
pub use identity::IdentityKind;
pub use role::{Role, UnknownRole};
pub use site::Site;

/// Version of the API that is served: the one of Zou whose clients work here.
pub const API_VERSION: &str = "1.0.97";

/// Name of the API as its clients expect it; gazu and Kitsu check for it.
pub const API_NAME: &str = "Zou";
