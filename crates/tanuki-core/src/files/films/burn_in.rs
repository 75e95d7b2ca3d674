//! What is burnt into the films of previews.

use serde_json::Value;
use tanuki_media::film::BurnIn;
use tanuki_store::query::files::stored_previews::{self, NameParts};
use uuid::Uuid;

use crate::{Error, Files, Result};

/// The number of the first frame of a shot that says none.
const FIRST_FRAME: u64 = 1;

/// Names of the parts, in the order in which they are written.
const NAME: &str = "name";
const TASK_TYPE: &str = "task_type";
const VERSION: &str = "version";
const FRAME: &str = "frame";
const WATERMARK: &str = "watermark";

/// What is burnt into a film.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BurnInParts {
    /// The name of the entity, with those of sequence and episode.
    pub name: bool,
    pub task_type: bool,
    /// The revision.
    pub version: bool,
    /// The number of each frame, from the shot's `frame_in`, or 1.
    pub frame: bool,
    /// Who watches it.
    pub watermark: bool,
}

impl BurnInParts {
    /// Reads the parts of a film that everybody may watch: some of `name`,
    /// `task_type`, `version` and `frame`, separated by commas.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything else.
    pub fn of_build(text: &str) -> Result<Self> {
        Self::parse(text, &[NAME, TASK_TYPE, VERSION, FRAME])
    }

    /// Like [`of_build`](Self::of_build), for viewers who are known: `watermark`
    /// too.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything else.
    pub fn of_link(text: &str) -> Result<Self> {
        Self::parse(text, &[NAME, TASK_TYPE, VERSION, FRAME, WATERMARK])
    }

    fn parse(text: &str, known: &[&str]) -> Result<Self> {
        let mut parts = Self::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            if !known.contains(&part) {
                let shown: String = part.chars().take(50).collect();
                let known = known.join(", ");
                return Err(Error::invalid(format!(
                    "burn_in: {shown} is none of {known}"
                )));
            }
            match part {
                NAME => parts.name = true,
                TASK_TYPE => parts.task_type = true,
                VERSION => parts.version = true,
                FRAME => parts.frame = true,
                _ => parts.watermark = true,
            }
        }
        Ok(parts)
    }

    /// Whether nothing is burnt in.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The parts, separated by commas.
    pub fn text(self) -> String {
        let parts = [
            (self.name, NAME),
            (self.task_type, TASK_TYPE),
            (self.version, VERSION),
            (self.frame, FRAME),
            (self.watermark, WATERMARK),
        ];
        let parts = parts.into_iter().filter(|(is_burnt_in, _)| *is_burnt_in);
        parts.map(|(_, part)| part).collect::<Vec<_>>().join(",")
    }

    fn title(self, of: &NameParts) -> String {
        let version = format!("v{}", of.revision);
        let parts = [
            (self.name, of.entity.as_str()),
            (self.task_type, &of.task_type),
            (self.version, &version),
        ];
        let parts = parts.into_iter().filter(|(is_burnt_in, _)| *is_burnt_in);
        parts.map(|(_, part)| part).collect::<Vec<_>>().join("  ")
    }
}

impl Files<'_> {
    /// Returns what is burnt into the film of a preview. `None` if nothing is.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the preview was deleted.
    pub(crate) async fn burn_in(
        self,
        parts: BurnInParts,
        id: Uuid,
        viewer: &str,
    ) -> Result<Option<BurnIn>> {
        if parts.is_empty() {
            return Ok(None);
        }
        let named = stored_previews::name_parts(self.core.database(), id).await?;
        let named = named.ok_or(Error::NotFound)?;
        let watermark = if parts.watermark { viewer } else { "" };
        Ok(Some(BurnIn {
            title: parts.title(&named),
            first_frame: parts.frame.then(|| first_frame(&named.frame_in)),
            watermark: watermark.to_owned(),
        }))
    }
}

/// The number of a shot's first frame, which is stored as a number or a text.
fn first_frame(stored: &Value) -> u64 {
    let text = stored.as_str().and_then(|text| text.trim().parse().ok());
    stored.as_u64().or(text).unwrap_or(FIRST_FRAME)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_separated_by_commas() {
        for (text, known) in [
            ("name,frame", "name,frame"),
            (" frame , version,name, ", "name,version,frame"),
            ("", ""),
        ] {
            assert_eq!(BurnInParts::of_build(text).unwrap().text(), known);
        }
        for text in ["shot", "name;frame", "Name", "watermark"] {
            let refused = BurnInParts::of_build(text).unwrap_err().to_string();
            assert!(refused.contains(text), "{refused}");
        }
        let link = BurnInParts::of_link("watermark").unwrap();
        assert!(link.watermark && !link.is_empty());
    }

    #[test]
    fn frames_are_counted_from_the_first_of_the_shot() {
        for (stored, first) in [
            (json!(1001), 1001),
            (json!("1001"), 1001),
            (json!(""), 1),
            (json!(null), 1),
            (json!(-5), 1),
            (json!("0"), 0),
        ] {
            assert_eq!(first_frame(&stored), first, "{stored}");
        }
    }
}
