//! What the studio has made, in numbers.

use serde_json::{Value, json};
use tanuki_store::Shape;
use tanuki_store::query::studio;

use crate::{Caller, Result, Studio};

/// The shape of the numbers.
pub fn usage_shape() -> Shape {
    Shape::object([
        ("number_of_video_previews", Shape::integer()),
        ("number_of_picture_previews", Shape::integer()),
        ("number_of_model_previews", Shape::integer()),
        ("number_of_comments", Shape::integer()),
    ])
}

impl Studio<'_> {
    /// Returns the numbers of previews, by kind, and of comments as JSON.
    /// Requires an admin.
    ///
    /// # Errors
    /// [`Error::Denied`](crate::Error::Denied) for everybody else.
    pub async fn usage(self, caller: &Caller) -> Result<Value> {
        caller.require_admin()?;
        let usage = studio::usage(self.core.database()).await?;
        Ok(json!({
            "number_of_video_previews": usage.films,
            "number_of_picture_previews": usage.pictures,
            "number_of_model_previews": usage.models,
            "number_of_comments": usage.comments,
        }))
    }
}
