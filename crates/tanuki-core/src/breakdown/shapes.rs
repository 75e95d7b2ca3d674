//! The shapes of responses about castings, for the description of the API.

use tanuki_store::Shape;
use tanuki_store::view::breakdown as projections;

use super::Castings;

/// A link of an entity's casting.
pub fn casting() -> Shape {
    projections::CASTING.shape()
}

/// A link of a casting as clients send it.
pub fn wanted() -> Shape {
    Shape::object([
        ("asset_id", Shape::id()),
        ("nb_occurences", Shape::integer()),
        ("label", Shape::text()),
    ])
}

impl Castings<'_> {
    /// Links by the id of the entity that they are cast in.
    pub fn shape(self) -> Shape {
        self.projection().shape().list().by_key()
    }
}

/// What an asset is cast in: shots and assets.
pub fn cast_in() -> Shape {
    let shot = projections::SHOT_OF_CAST.shape();
    shot.or(projections::ASSET_OF_CAST.shape())
}

/// The row of an asset.
pub fn asset() -> Shape {
    projections::ASSET.shape()
}

/// The row of an asset instance.
pub fn instance() -> Shape {
    projections::INSTANCE.shape()
}

/// The row of a link of a casting.
pub fn link() -> Shape {
    projections::LINK.shape()
}

/// The links of a project: a list, a page, or those after a cursor.
pub fn links() -> Shape {
    let page = projections::STAGED_LINK.shape().page();
    let after = Shape::object([
        ("data", projections::EXACT_LINK.shape().list()),
        ("total", Shape::integer()),
        ("limit", Shape::integer()),
    ]);
    projections::LISTED_LINK.shape().list().or(page).or(after)
}
