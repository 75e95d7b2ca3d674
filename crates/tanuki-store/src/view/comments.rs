//! Projections of the people who write comments.

use crate::projection::Projection;
use crate::schema::PERSON;

/// The author of a comment, a reply or a news entry.
pub fn author() -> Projection {
    let keys = [
        "id",
        "first_name",
        "last_name",
        "full_name",
        "has_avatar",
        "role",
    ];
    Projection::only(&PERSON, &keys)
}
