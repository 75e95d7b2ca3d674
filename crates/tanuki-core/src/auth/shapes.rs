//! The shapes of responses about sessions, for the description of the API.

use tanuki_store::Shape;
use tanuki_store::view::people::{FULL, own_projection};

use crate::organisation;

/// A new session with its person.
pub fn session() -> Shape {
    Shape::object([
        ("user", FULL.shape()),
        ("organisation", organisation::FULL.shape()),
        ("login", Shape::boolean()),
        ("access_token", Shape::text()),
        ("refresh_token", Shape::text()),
    ])
}

/// The response to `/auth/authenticated`: the person or bot of a token.
pub fn current_user() -> Shape {
    Shape::object([
        ("authenticated", Shape::boolean()),
        ("user", own_projection().shape()),
        ("organisation", organisation::FULL.shape()),
    ])
}
