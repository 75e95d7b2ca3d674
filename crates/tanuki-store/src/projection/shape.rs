//! The shape of the JSON that a projection writes.

use super::{Field, Projection, Source};
use crate::schema::{Column, ColumnType, Element};
use crate::shape::Shape;

impl Projection {
    /// Returns the shape of a row.
    pub fn shape(&self) -> Shape {
        let object = Shape::object([]).titled(self.table.object);
        let fields = self.fields.iter();
        fields.fold(object, |object, field| {
            object.with(field.key, field.shape())
        })
    }
}

impl Field {
    fn shape(&self) -> Shape {
        let shape = match &self.source {
            Source::Column(column) => column.value_shape(),
            Source::Picked(..) => Shape::any().list(),
            Source::Link(..) | Source::Joined(_) => Shape::id().list(),
            Source::FullName | Source::Text(_) => Shape::text(),
            Source::Fixed(json) => Shape::of_json(json),
            Source::Row { projection, .. } => projection.shape().or_null(),
            Source::Computed(kind, _) => kind.shape().or_null(),
            Source::Rows { projection, .. } => projection.shape().list(),
        };
        let replacements = [self.empty, self.blank].into_iter().flatten();
        replacements.fold(shape, Shape::or_json)
    }
}

impl Column {
    /// Returns the shape of a value of the column.
    pub fn value_shape(&self) -> Shape {
        let mut shape = self.kind.shape();
        if !self.choices.is_empty() {
            shape = shape.one_of(self.choices);
        }
        if self.nullable {
            shape.or_null()
        } else {
            shape
        }
    }
}

impl ColumnType {
    fn shape(self) -> Shape {
        match self {
            Self::Uuid => Shape::id(),
            Self::Varchar(length) => Shape::text().at_most(length),
            // Times are in UTC, without an offset, so not of the format
            // `date-time`.
            Self::Locale | Self::Text | Self::ImportSource | Self::Bytes | Self::Timestamp => {
                Shape::text()
            }
            Self::Integer | Self::BigInt => Shape::integer(),
            Self::Double => Shape::number(),
            Self::Boolean => Shape::boolean(),
            Self::Date => Shape::date(),
            Self::Json => Shape::any(),
            Self::Array(Element::Json) => Shape::any().list(),
            Self::Array(_) => Shape::text().list(),
        }
    }
}
