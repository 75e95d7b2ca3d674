//! The tokens of a file tree's templates, such as `<Shot>` or `<Task.id>`, and
//! their values.

use std::borrow::Cow;

use serde_json::Value;
use tanuki_store::Kind;
use uuid::Uuid;

use super::tree::{TreeFault, styled};
use crate::JsonRow;
use crate::slug::small_slug;

/// Keys that a token can name. Any other means the name.
const FIELDS: [&str; 4] = ["id", "name", "number", "short_name"];

/// The name of the episode of what is in no episode.
const NO_EPISODE: &str = "e001";

/// A token of a template: `<Shot>`, `<Shot.id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// What stands between the brackets.
    text: &'a str,
    pub kind: &'a str,
    field: &'a str,
}

impl<'a> Token<'a> {
    /// The token between two brackets; `None` if something else is there.
    fn parse(text: &'a str) -> Option<Self> {
        let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
        if !text.chars().all(is_part) {
            return None;
        }
        let mut parts = text.split('.');
        let kind = parts.next()?;
        let field = parts.next().filter(|field| FIELDS.contains(field));
        Some(Self {
            text,
            kind,
            field: field.unwrap_or("name"),
        })
    }
}

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Fixed(&'a str),
    Token(Token<'a>),
}

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(end) = rest.find('>') {
        let start = rest[..end].rfind('<');
        let token = start.and_then(|start| Some((start, Token::parse(&rest[start + 1..end])?)));
        match token {
            Some((start, token)) => {
                parts.push(Part::Fixed(&rest[..start]));
                parts.push(Part::Token(token));
            }
            None => parts.push(Part::Fixed(&rest[..=end])),
        }
        rest = &rest[end + 1..];
    }
    parts.push(Part::Fixed(rest));
    parts
}

/// Returns the tokens of a template.
pub(super) fn tokens(template: &str) -> Vec<Token<'_>> {
    let token = |part| match part {
        Part::Token(token) => Some(token),
        Part::Fixed(_) => None,
    };
    parts(template).into_iter().filter_map(token).collect()
}

/// What the tokens of a template stand for.
#[derive(Debug)]
pub(super) struct TokenValues {
    /// The kind of the entity.
    pub kind: Kind,
    pub project: JsonRow,
    pub entity: JsonRow,
    pub entity_type: Option<JsonRow>,
    /// The sequence of a shot or a scene, the episode of a sequence.
    pub parent: Option<JsonRow>,
    /// The episode of a shot or a scene.
    pub episode: Option<JsonRow>,
    pub task: Option<JsonRow>,
    pub task_type: Option<JsonRow>,
    pub department: Option<JsonRow>,
    pub software: Option<JsonRow>,
    pub output_type: Option<JsonRow>,
    /// The asset instance that an output file is of, its asset, and the type of
    /// that, or else of the entity.
    pub instance: Option<JsonRow>,
    pub asset: Option<JsonRow>,
    pub asset_type: Option<JsonRow>,
    pub name: String,
    pub representation: String,
    pub revision: i64,
}

impl TokenValues {
    /// Fills in the template of a folder, whose parts `/` separates. Values are
    /// slugs, but for ids.
    ///
    /// # Errors
    ///
    /// A [`TreeFault`] for a token that is unknown or stands for nothing, and
    /// for a folder that is outside of the root.
    pub fn folder(
        &self,
        (template, style): (&str, &str),
        separator: &str,
    ) -> Result<String, TreeFault> {
        let folder = self.filled(template, style)?;
        if folder.split(['/', '\\']).any(|part| part == "..") {
            let outside = "A folder of the file tree is outside of its root.";
            return Err(TreeFault(outside.into()));
        }
        Ok(folder.replace('/', separator))
    }

    /// Fills in the template of a file name, which becomes a slug as a whole,
    /// but for ids.
    ///
    /// # Errors
    ///
    /// A [`TreeFault`] for a token that is unknown or stands for nothing.
    pub fn file_name(&self, (template, style): (&str, &str)) -> Result<String, TreeFault> {
        let text = self.filled(template, "lowercase")?;
        let plain = |text: &str| styled(&small_slug(text), style);
        let slug = plain(&text);
        Ok(ids_in(&text)
            .into_iter()
            .fold(slug, |name, id| name.replace(&plain(id), id)))
    }

    fn filled(&self, template: &str, style: &str) -> Result<String, TreeFault> {
        let mut text = String::new();
        for part in parts(template) {
            match part {
                Part::Fixed(fixed) => text.push_str(fixed),
                Part::Token(token) => match self.value(token)? {
                    // Only ids, which cannot have a dot or a slash, are not
                    // slugs.
                    Some(id) if token.field == "id" && Uuid::try_parse(&id).is_ok() => {
                        text.push_str(&id);
                    }
                    Some(value) => text.push_str(&styled(&small_slug(&value), style)),
                    None => text.push_str(&format!("<{}>", token.text)),
                },
            }
        }
        Ok(text)
    }

    /// Returns what a token stands for; `None` for a column without a value.
    fn value(&self, token: Token<'_>) -> Result<Option<Cow<'_, str>>, TreeFault> {
        let lowered = |row| Ok(in_row(row, token)?.map(|text| text.to_lowercase().into()));
        match token.kind {
            "Project" => in_row(Some(&self.project), token),
            "Task" => in_row(self.task.as_ref(), token),
            "TaskType" => in_row(self.task_type.as_ref(), token),
            "Department" => in_row(self.department.as_ref(), token),
            "Shot" | "Scene" | "TemporalEntity" => in_row(Some(&self.entity), token),
            "TemporalEntityType" => lowered(self.entity_type.as_ref()),
            "Asset" => in_row(self.asset.as_ref().or(Some(&self.entity)), token),
            "AssetType" => in_row(self.asset_type.as_ref(), token),
            "Sequence" => self.sequence(token),
            "Episode" => {
                let episode = match self.kind {
                    Kind::Episode => Some(&self.entity),
                    Kind::Sequence => self.parent.as_ref(),
                    _ => self.episode.as_ref(),
                };
                let name = in_row(episode, token).unwrap_or_default();
                Ok(Some(name.unwrap_or(NO_EPISODE.into())))
            }
            "Software" => in_row(self.software.as_ref(), token),
            "OutputType" => lowered(self.output_type.as_ref()),
            "Instance" => Ok(Some(self.instance(token.field).into())),
            "Representation" => Ok(Some(self.representation.as_str().into())),
            "Name" | "OutputFile" | "WorkingFile" => Ok(Some(self.name.as_str().into())),
            "Version" | "Revision" => Ok(Some(padded(&self.revision.to_string(), 3).into())),
            unknown => Err(TreeFault(format!("Unknown data type: {unknown}."))),
        }
    }

    /// The sequence of a shot or a scene. `Seq2` and `Seq02` are both `S002`.
    fn sequence(&self, token: Token<'_>) -> Result<Option<Cow<'_, str>>, TreeFault> {
        let name = match self.kind {
            Kind::Shot | Kind::Scene => in_row(self.parent.as_ref(), token)?,
            Kind::Sequence => in_row(Some(&self.entity), token)?,
            _ => Some("".into()),
        };
        Ok(name.map(|name| {
            if !name.contains("Seq") {
                return name;
            }
            let number: String = name.chars().skip(3).collect();
            format!("S{}", padded(&number, 3)).into()
        }))
    }

    /// The name of the asset instance, or else its number.
    fn instance(&self, field: &str) -> String {
        let Some(instance) = &self.instance else {
            return String::new();
        };
        let name = instance.get("name").and_then(Value::as_str);
        if let Some(name) = name.filter(|_| field == "name") {
            return name.to_owned();
        }
        let number = instance.get("number").and_then(Value::as_i64);
        padded(&number.unwrap_or_default().to_string(), 4)
    }
}

/// The value of a row that a token names; `None` if it is null.
fn in_row<'a>(
    row: Option<&'a JsonRow>,
    token: Token<'_>,
) -> Result<Option<Cow<'a, str>>, TreeFault> {
    let value = row.and_then(|row| row.get(token.field)).ok_or_else(|| {
        TreeFault(format!(
            "<{}> of the file tree stands for nothing here.",
            token.text
        ))
    })?;
    Ok(match value {
        Value::Null => None,
        Value::String(text) => Some(text.into()),
        other => Some(other.to_string().into()),
    })
}

/// Pads with zeros on the left, behind a sign.
fn padded(text: &str, width: usize) -> String {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => text.split_at(text.len() - digits.len()),
        None => ("", text),
    };
    let width = width.saturating_sub(sign.len());
    format!("{sign}{digits:0>width$}")
}

/// Returns the ids in a text, which are hyphenated and in lower case.
fn ids_in(text: &str) -> Vec<&str> {
    const LENGTH: usize = 36;
    let mut ids = Vec::new();
    let mut start = 0;
    while start + LENGTH <= text.len() {
        let id = text.get(start..start + LENGTH);
        let id = id.filter(|id| {
            let is_lower = !id.bytes().any(|byte| byte.is_ascii_uppercase());
            is_lower && Uuid::try_parse(id).is_ok()
        });
        match id {
            Some(id) => {
                ids.push(id);
                start += LENGTH;
            }
            None => start += 1,
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "63e453f1-9655-49ad-acba-ff7f27c49e9d";

    fn row(json: Value) -> JsonRow {
        match json {
            Value::Object(row) => row,
            other => panic!("{other} is no row"),
        }
    }

    fn shot() -> TokenValues {
        TokenValues {
            kind: Kind::Shot,
            project: row(json!({"id": ID, "name": "Big Film"})),
            entity: row(json!({"id": ID, "name": "SH 010"})),
            entity_type: Some(row(json!({"name": "Shot"}))),
            parent: Some(row(json!({"name": "Seq2"}))),
            episode: None,
            task: None,
            task_type: Some(row(json!({"name": "Animation", "short_name": null}))),
            department: None,
            software: None,
            output_type: Some(row(json!({"name": "Cache ABC"}))),
            instance: Some(row(json!({"name": null, "number": 7}))),
            asset: None,
            asset_type: None,
            name: "../../etc/passwd".into(),
            representation: "abc".into(),
            revision: 12,
        }
    }

    #[test]
    fn folders_are_filled_in_with_slugs() {
        for (template, style, expected) in [
            ("<Project>/SHOTS/<Shot>", "", "big_film/SHOTS/sh_010"),
            ("<Project>/<Shot>", "uppercase", "BIG_FILM/SH_010"),
            ("<Sequence>/<Episode>", "", "s002/e001"),
            (
                "<Shot.id>/<Shot.nothing>",
                "uppercase",
                &*format!("{ID}/SH_010"),
            ),
            ("<OutputType>/v<Version>", "", "cache_abc/v012"),
            ("<Instance>_<Instance.number>", "", "0007_0007"),
            ("<Name>/<Name.id>", "", "etc_passwd/etc_passwd"),
            ("<TaskType.short_name>", "", "<TaskType.short_name>"),
            ("a < b > c <Shot>x", "", "a < b > c sh_010x"),
        ] {
            let folder = shot().folder((template, style), "/").unwrap();
            assert_eq!(folder, expected, "{template}");
        }
        let folder = shot().folder(("<Project>/<Shot>", ""), "\\").unwrap();
        assert_eq!(folder, "big_film\\sh_010");
    }

    #[test]
    fn file_names_are_slugs_that_keep_ids() {
        for (template, style, expected) in [
            ("<Project>_<Shot>.v<Revision>", "", "big_film_sh_010_v012"),
            ("<Project>-<Shot>", "uppercase", "BIG_FILM_SH_010"),
            ("<Shot.id>_<Name>", "", &*format!("{ID}_etc_passwd")),
            ("<Shot.id>_x", "uppercase", &*format!("{ID}_X")),
        ] {
            let name = shot().file_name((template, style)).unwrap();
            assert_eq!(name, expected, "{template}");
        }
    }

    #[test]
    fn a_template_that_cannot_be_filled_in_says_why() {
        for (template, told) in [
            ("<Thing>", "Unknown data type: Thing."),
            ("<>", "Unknown data type: ."),
            ("<Task>", "<Task> of the file tree"),
            ("<Shot.number>", "<Shot.number> of the file tree"),
            ("../<Shot>", "outside of its root"),
        ] {
            let TreeFault(message) = shot().folder((template, ""), "/").unwrap_err();
            assert!(message.contains(told), "{template}: {message}");
        }
        let alone = TokenValues {
            parent: None,
            ..shot()
        };
        assert!(alone.folder(("<Sequence>", ""), "/").is_err());
    }

    #[test]
    fn numbers_are_padded_behind_their_sign() {
        for (text, expected) in [("7", "007"), ("-1", "-01"), ("1234", "1234"), ("", "000")] {
            assert_eq!(padded(text, 3), expected);
        }
    }
}
