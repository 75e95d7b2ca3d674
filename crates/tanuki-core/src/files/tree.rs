//! File trees of projects: templates of the paths of files.

use serde_json::{Map, Value};

use crate::{Error, Result};

/// Why a file tree cannot be used: the message for its managers.
#[derive(Debug)]
pub(super) struct TreeFault(pub String);

/// The part of a file tree for one kind of files, such as working files.
#[derive(Debug)]
pub(super) struct Mode<'a> {
    name: &'a str,
    mountpoint: &'a str,
    root: &'a str,
    style: &'a str,
    templates: Vec<(&'a str, &'a str)>,
    file_names: Option<&'a Map<String, Value>>,
}

/// A token of a template and its value in the path.
pub(super) type Named<'a> = (&'a str, String);

impl<'a> Mode<'a> {
    /// Returns all modes of a file tree, in the key order of PostgreSQL's
    /// `jsonb` (shorter keys first), which HTTP clients expect.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the tree is missing or malformed.
    pub fn all(tree: &'a Value) -> Result<Vec<Self>> {
        let none = || Error::Refused("The production has no file tree.".into());
        let tree = tree.as_object().ok_or_else(none)?;
        sorted(tree)
            .into_iter()
            .map(|(name, mode)| Self::read(name, mode))
            .collect::<Result<_, _>>()
            .map_err(|TreeFault(message)| Error::Refused(message.into()))
    }

    /// Returns one mode of a file tree.
    ///
    /// # Errors
    ///
    /// A [`TreeFault`] if there is no tree, if it does not have the mode, or if
    /// the mode is malformed.
    pub fn named(tree: &'a Value, name: &'a str) -> Result<Self, TreeFault> {
        let none = || TreeFault("No tree can be found for given project.".into());
        let tree = tree.as_object().ok_or_else(none)?;
        let mode = tree
            .get(name)
            .ok_or_else(|| TreeFault(format!("Mode {name} cannot be found on given tree.")))?;
        if mode.get("mountpoint").is_none() || mode.get("root").is_none() {
            let lacks = format!("Can't find given mode ({name}) in given tree.");
            return Err(TreeFault(lacks));
        }
        Self::read(name, mode)
    }

    fn read(name: &'a str, mode: &'a Value) -> Result<Self, TreeFault> {
        let lacks = |what: &str| {
            TreeFault(format!(
                "The file tree lacks a valid {what} in its mode {name}."
            ))
        };
        let text = |key: &str| {
            let text = mode.get(key).and_then(Value::as_str);
            text.ok_or_else(|| lacks(key))
        };
        let folders = mode.get("folder_path").and_then(Value::as_object);
        let folders = folders.ok_or_else(|| lacks("folder_path"))?;
        let template = |(key, template): (&'a str, &'a Value)| {
            let template = template.as_str();
            Ok((key, template.ok_or_else(|| lacks("folder_path"))?))
        };
        let style = folders.get("style").and_then(Value::as_str);
        Ok(Self {
            name,
            mountpoint: text("mountpoint")?,
            root: text("root")?,
            style: style.unwrap_or_default(),
            templates: sorted(folders)
                .into_iter()
                .filter(|(key, _)| *key != "style")
                .map(template)
                .collect::<Result<_, _>>()?,
            file_names: mode.get("file_name").and_then(Value::as_object),
        })
    }

    /// Returns what the folder of every file begins with: the mountpoint and
    /// the root, with a separator behind each.
    pub fn root(&self, separator: &str) -> String {
        match self.root {
            "" => format!("{}{separator}", self.mountpoint),
            root => format!("{}{separator}{root}{separator}", self.mountpoint),
        }
    }

    /// Returns the template of the folder for a kind of entity, and the style
    /// of the names in it.
    ///
    /// # Errors
    ///
    /// A [`TreeFault`] if the tree does not have it.
    pub fn folder(&self, kind: &str) -> Result<(&'a str, &'a str), TreeFault> {
        let template = self.templates.iter().find(|(key, _)| *key == kind);
        let (_, template) = template.ok_or_else(|| self.lacks("folder_path", kind))?;
        Ok((template, self.style))
    }

    /// Returns the template of the file name for a kind of entity, and its
    /// style.
    ///
    /// # Errors
    ///
    /// A [`TreeFault`] if the tree does not have it.
    pub fn file_name(&self, kind: &str) -> Result<(&'a str, &'a str), TreeFault> {
        let text = |key: &str| self.file_names?.get(key)?.as_str();
        let template = text(kind).ok_or_else(|| self.lacks("file_name", kind))?;
        Ok((template, text("style").unwrap_or_default()))
    }

    fn lacks(&self, part: &str, kind: &str) -> TreeFault {
        let mode = self.name;
        TreeFault(format!(
            "The file tree lacks a valid {part} for {kind} in its mode {mode}."
        ))
    }

    /// Returns the templates that match a path, compared up to the shorter of
    /// the two, each with the tokens and values in their order.
    pub fn matches(&self, path: &str, separator: &str) -> Vec<(&'a str, Vec<Named<'a>>)> {
        let path = styled(path, self.style);
        let root = styled(&self.root(separator), self.style);
        let Some(path) = path.strip_prefix(&root) else {
            return Vec::new();
        };
        let parts: Vec<&str> = path.split(separator).collect();
        let templates = self.templates.iter();
        templates
            .filter_map(|(name, template)| Some((*name, names(template, &parts, separator)?)))
            .filter(|(_, names)| !names.is_empty())
            .collect()
    }
}

/// Converts to the case that a tree asks for: `uppercase`, `lowercase`, or as
/// it is.
pub(super) fn styled(text: &str, style: &str) -> String {
    match style {
        "uppercase" => text.to_uppercase(),
        "lowercase" => text.to_lowercase(),
        _ => text.to_owned(),
    }
}

fn sorted(object: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = object.iter().map(|(key, value)| (&**key, value)).collect();
    entries.sort_by_key(|(key, _)| (key.len(), *key));
    entries
}

/// Extracts the values of a template's tokens from a path. `None` if a fixed
/// part differs.
fn names<'a>(template: &'a str, parts: &[&str], separator: &str) -> Option<Vec<Named<'a>>> {
    let mut names: Vec<Named<'a>> = Vec::new();
    for (element, part) in template.split(separator).zip(parts) {
        let Some(slot) = Slot::of(element) else {
            if element == *part {
                continue;
            }
            return None;
        };
        let value = slot.value(part);
        match names.iter_mut().find(|(token, _)| *token == slot.token) {
            Some((_, known)) if known.is_empty() => *known = value,
            Some(_) => {}
            None => names.push((slot.token, value)),
        }
    }
    Some(names)
}

/// A placeholder in a template, such as `v<Version>`.
#[derive(Debug)]
struct Slot<'a> {
    token: &'a str,
    /// Number of characters before and after the placeholder.
    around: (usize, usize),
}

impl<'a> Slot<'a> {
    fn of(element: &'a str) -> Option<Self> {
        let is_letter = |letter: &char| letter.is_alphanumeric() || *letter == '_';
        element.match_indices('<').find_map(|(start, _)| {
            let (token, behind) = element[start + 1..].split_once('>')?;
            let before = element[..start].chars().rev().take_while(is_letter);
            let behind = behind.chars().take_while(is_letter);
            let around = (before.count(), behind.count());
            let is_token = token.chars().all(|letter| is_letter(&letter));
            is_token.then_some(Self { token, around })
        })
    }

    /// Returns the value of the placeholder. Paths have `_` instead of spaces.
    fn value(&self, part: &str) -> String {
        let length = part.chars().count();
        let (before, behind) = self.around;
        let name = part.chars().take(length.saturating_sub(behind));
        name.skip(before).collect::<String>().replace('_', " ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_read_from_between_prefix_and_suffix() {
        let template = "p_<Project>_x/shots/<Shot>/v<Version>";
        let read = |path: &str| names(template, &path.split('/').collect::<Vec<_>>(), "/");
        let whole = read("p_big_film_x/shots/sh_10/v003").unwrap();
        let expected = [
            ("Project", "big film"),
            ("Shot", "sh 10"),
            ("Version", "003"),
        ];
        assert_eq!(
            whole,
            expected.map(|(token, name)| (token, name.to_owned()))
        );
        assert_eq!(read("p_film_x").unwrap().len(), 1);
        assert_eq!(read("p"), Some(vec![("Project", String::new())]));
        assert_eq!(read("p_film_x/assets/sh_10"), None);
    }

    #[test]
    fn a_tree_says_what_it_lacks() {
        let told = |tree: Value| Mode::all(&tree).unwrap_err().to_string();
        assert!(told(Value::Null).contains("no file tree"));
        assert!(told(json!({"working": {"mountpoint": "/m"}})).contains("folder_path"));
        let rootless = json!({"working": {"mountpoint": "/m", "folder_path": {}}});
        assert!(told(rootless).contains("valid root in its mode working"));
    }
}
