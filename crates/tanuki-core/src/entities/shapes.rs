//! The shapes of responses about entities, for the description of the API.

use tanuki_store::Shape;
use tanuki_store::view::{boards, news, previews};

use super::{BoardKind, assets, related};

impl BoardKind {
    /// An entity of the board with its tasks.
    pub fn shape(&self) -> Shape {
        self.board.shape()
    }

    /// Whether the board has the compact and the streamed format.
    pub fn has_formats(&self) -> bool {
        self.compact_as.is_some()
    }

    /// The names of the keys, which both of these formats begin with.
    fn header(&self) -> Shape {
        let header = Shape::object([
            ("compact", Shape::boolean()),
            ("task_fields", Shape::text().list()),
        ]);
        let fields = format!("{}_fields", self.compact_as.unwrap_or_default());
        header.with(&fields, Shape::text().list())
    }

    /// The compact format: the names of the keys, and the values of each entity
    /// in `rows`.
    pub fn compact_shape(&self) -> Shape {
        self.header().with("rows", Shape::any().list().list())
    }

    /// A line of the streamed format: the header, then entities as objects or as
    /// values.
    pub fn line_shape(&self) -> Shape {
        self.header().or(self.shape().or(Shape::any().list()))
    }
}

/// An entity that is linked to a concept, with its tasks.
pub fn linked_with_tasks() -> Shape {
    boards::LINKED.shape()
}

/// An asset type.
pub fn asset_type() -> Shape {
    assets::LINKED_TYPE.shape()
}

/// A task type.
pub fn task_type() -> Shape {
    related::TASK_TYPES.shape()
}

/// A version of a shot or an edit.
pub fn version() -> Shape {
    related::SHOT_VERSIONS.shape()
}

/// Previews by the id of their task type; the first of a revision has the
/// others in `previews`.
pub fn previews() -> Shape {
    let preview = previews::OF_ENTITY.shape().without("entity_id");
    let first = preview.clone().with("previews", preview.list());
    first.list().by_key()
}

/// What a path may be about: names and ids by the words of its template.
pub fn guess() -> Shape {
    Shape::text().by_key()
}

/// A page of the news about an entity.
pub fn news() -> Shape {
    news::ENTRY.shape().page()
}

/// An entry of a project's news.
pub fn news_entry() -> Shape {
    news::ENTRY.shape()
}

/// A page of the news of projects; with `only_preview`, entries have the
/// previews of their revision.
pub fn news_with_stats() -> Shape {
    let entry = news::ENTRY.shape().or(news::WITH_PREVIEWS.shape());
    entry.page().with("stats", Shape::integer().by_key())
}
