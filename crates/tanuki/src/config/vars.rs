//! Raw settings by name.
//!
//! A setting has the same name everywhere: `MIN_PASSWORD_LENGTH` in the
//! environment and in an environment file, `min_password_length` in
//! `tanuki.toml`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};

use crate::cli::GlobalArgs;

/// The default path of the settings file.
const DEFAULT_CONFIG: &str = "tanuki.toml";

/// The settings that were given. The environment takes precedence over the
/// environment file, and that over `tanuki.toml`.
#[derive(Debug, Default)]
pub struct Vars {
    values: BTreeMap<String, EnvironmentValue>,
    /// The names that were read: all known settings.
    asked: RefCell<BTreeSet<String>>,
}

#[derive(Debug)]
struct EnvironmentValue {
    value: String,
    /// The file, or the environment, for error messages.
    source: String,
    in_settings_file: bool,
}

impl Vars {
    /// Loads the settings file, the environment file and the environment.
    pub fn load(place: &GlobalArgs) -> Result<Self> {
        let mut vars = Self::default();
        match &place.config {
            Some(path) => vars.add_toml(path)?,
            None if Path::new(DEFAULT_CONFIG).exists() => vars.add_toml(DEFAULT_CONFIG.as_ref())?,
            None => {}
        }
        if let Some(path) = &place.env_file {
            vars.add_env_file(path)?;
        }
        for (name, value) in std::env::vars_os() {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                vars.add(name, value, "the environment");
            }
        }
        Ok(vars)
    }

    fn add(&mut self, name: String, value: String, source: &str) {
        let given = EnvironmentValue {
            value,
            source: source.to_owned(),
            in_settings_file: source.ends_with(".toml"),
        };
        self.values.insert(name, given);
    }

    /// Adds the keys of a TOML file; lists are joined by semicolons.
    fn add_toml(&mut self, path: &Path) -> Result<()> {
        let source = path.display().to_string();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {source}"))?;
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| anyhow::anyhow!("{source}: {}", error.message()))?;
        for (name, value) in table {
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                toml::Value::Array(items) if items.iter().all(toml::Value::is_str) => items
                    .iter()
                    .filter_map(toml::Value::as_str)
                    .collect::<Vec<_>>()
                    .join(";"),
                _ => bail!(
                    "{source}: `{name}` must be a text, a number, true or false, or a list of texts"
                ),
            };
            // Settings with a flag are named like it in the file.
            let name = match name.as_str() {
                "data" | "listen" => format!("tanuki_{name}"),
                _ => name,
            };
            self.add(name.to_uppercase(), value, &source);
        }
        Ok(())
    }

    /// Adds the lines of a file in the format `NAME=value` of systemd and
    /// docker: an `export` prefix, quotes around the value and `#` comments are
    /// allowed.
    fn add_env_file(&mut self, path: &Path) -> Result<()> {
        let source = path.display().to_string();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {source}"))?;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.strip_prefix("export ").unwrap_or(line);
            let Some((name, value)) = line.split_once('=') else {
                bail!("{source}, line {number}: expected NAME=value");
            };
            self.add(
                name.trim().to_owned(),
                unquoted(value.trim()).to_owned(),
                &source,
            );
        }
        Ok(())
    }

    /// Returns the value of a setting; `None` if it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.values
            .get(name)
            .map(|given| given.value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Loads an environment file alone.
    pub fn of_env_file(path: &Path) -> Result<Self> {
        let mut vars = Self::default();
        vars.add_env_file(path)?;
        Ok(vars)
    }

    /// Returns the value of a setting as a string.
    pub fn text(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or(default).to_owned()
    }

    /// Parses an integer; a value that is none or out of range is an error.
    pub fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text
                .trim()
                .parse()
                .map_err(|_| self.wrong(name, text, "a whole number in its range")),
        }
    }

    /// Parses a boolean: `true`, `yes`, `on`, `1` and their opposites.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
            "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
            _ => Err(self.wrong(name, text, "true or false")),
        }
    }

    /// Returns the items of a list, which is separated by semicolons.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.get(name)
            .map(|text| text.split(';').map(|item| item.trim().to_owned()).collect())
            .unwrap_or_default()
    }

    /// Returns warnings about keys of the settings file that were never read:
    /// most likely they are misspelt.
    pub fn unknown(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        self.values
            .iter()
            .filter(|(name, given)| given.in_settings_file && !asked.contains(*name))
            .map(|(name, given)| {
                format!(
                    "`{}` in {} is not a setting of this version",
                    name.to_lowercase(),
                    given.source
                )
            })
            .collect()
    }

    /// Returns the error for an invalid value.
    pub fn wrong(&self, name: &str, value: &str, expected: &str) -> anyhow::Error {
        let source = self
            .values
            .get(name)
            .map_or("the settings", |given| given.source.as_str());
        anyhow::anyhow!("{name} in {source} is `{value}`, but must be {expected}")
    }
}

/// Removes the quotes around a value, or the comment after it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.split_once(quote))
        {
            return inner;
        }
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(name: &str, value: &str) -> Vars {
        let mut vars = Vars::default();
        vars.add(name.into(), value.into(), "zou.env");
        vars
    }

    #[test]
    fn it_reads_the_flags_that_zou_reads() {
        for (text, flag) in [("True", true), ("1", true), ("off", false), ("", true)] {
            assert_eq!(
                vars("MAIL_ENABLED", text)
                    .flag("MAIL_ENABLED", true)
                    .unwrap(),
                flag
            );
        }
    }

    #[test]
    fn it_names_what_is_wrong_and_where() {
        let error = vars("MAIL_PORT", "smtp")
            .number::<u16>("MAIL_PORT", 25)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "MAIL_PORT in zou.env is `smtp`, but must be a whole number in its range"
        );
    }

    #[test]
    fn it_takes_quotes_and_comments_off_values() {
        assert_eq!(unquoted("\"a # b\""), "a # b");
        assert_eq!(unquoted("'x'"), "x");
        assert_eq!(unquoted("'x' # a comment"), "x");
        assert_eq!(unquoted("25 # the port"), "25");
    }
}
