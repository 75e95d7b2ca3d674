//! How clips are named after shots: `${sequence_name}_${shot_name}`.

/// What a convention names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    Project,
    Episode,
    Sequence,
    Shot,
}

const VARIABLES: [(&str, Variable); 4] = [
    ("project_name", Variable::Project),
    ("episode_name", Variable::Episode),
    ("sequence_name", Variable::Sequence),
    ("shot_name", Variable::Shot),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(Vec<char>),
    Variable(Variable),
}

/// A naming convention: literal text, and variables that match letters, digits and
/// underscores. Each variable is there once at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Convention(Vec<Part>);

/// The most letters of a convention, and of the name of a clip.
const MAX_LETTERS: usize = 1000;

impl Convention {
    /// Reads a convention. Variables are written `${shot_name}` or `$shot_name`,
    /// a dollar sign `$$`.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > MAX_LETTERS {
            return Err(format!("naming_convention may have {MAX_LETTERS} letters"));
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut literal = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let behind = &rest[next.len_utf8()..];
            if next != '$' {
                literal.push(next);
                rest = behind;
                continue;
            }
            if let Some(escaped) = behind.strip_prefix('$') {
                literal.push('$');
                rest = escaped;
                continue;
            }
            let found = VARIABLES.into_iter().find_map(|(name, variable)| {
                let bare = behind.strip_prefix(name);
                let braced = || {
                    behind
                        .strip_prefix('{')?
                        .strip_prefix(name)?
                        .strip_prefix('}')
                };
                Some((variable, bare.or_else(braced)?))
            });
            let Some((variable, behind)) = found else {
                let known: Vec<String> = VARIABLES
                    .iter()
                    .map(|(name, _)| format!("${{{name}}}"))
                    .collect();
                let known = known.join(", ");
                return Err(format!("naming_convention knows {known} only"));
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            if parts.contains(&Part::Variable(variable)) {
                return Err("naming_convention has a variable twice".to_owned());
            }
            parts.push(Part::Variable(variable));
            rest = behind;
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self(parts))
    }

    /// Whether it has the variable.
    pub fn has(&self, variable: Variable) -> bool {
        self.0.contains(&Part::Variable(variable))
    }

    /// Returns the name that a clip has according to the convention.
    pub fn name<'a>(&self, value: impl Fn(Variable) -> &'a str) -> String {
        let mut name = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => name.extend(text),
                Part::Variable(variable) => name.push_str(value(*variable)),
            }
        }
        name
    }

    /// Reads the values of the variables from the beginning of a name, each as
    /// long as possible; `None` if the name does not follow the convention.
    pub fn read(&self, name: &str) -> Option<Vec<(Variable, String)>> {
        let letters: Vec<char> = name.chars().collect();
        if letters.len() > MAX_LETTERS {
            return None;
        }
        let fits = self.fitting(&letters);
        if !fits[0][0] {
            return None;
        }
        let mut values = Vec::new();
        let mut at = 0;
        for (part, rest_fits) in self.0.iter().zip(&fits[1..]) {
            match part {
                Part::Literal(text) => at += text.len(),
                Part::Variable(variable) => {
                    let word = letters[at..].iter().take_while(|letter| is_word(**letter));
                    let longest = at + word.count();
                    let end = (at..=longest).rev().find(|end| rest_fits[*end])?;
                    values.push((*variable, letters[at..end].iter().collect()));
                    at = end;
                }
            }
        }
        Some(values)
    }

    /// For each part, and for all of them, whether it and those behind it fit the
    /// letters from each place on.
    fn fitting(&self, letters: &[char]) -> Vec<Vec<bool>> {
        let mut fits = vec![vec![true; letters.len() + 1]];
        for part in self.0.iter().rev() {
            let behind = &fits[fits.len() - 1];
            let mut here = vec![false; letters.len() + 1];
            for at in (0..=letters.len()).rev() {
                here[at] = match part {
                    Part::Literal(text) => {
                        letters[at..].starts_with(text) && behind[at + text.len()]
                    }
                    Part::Variable(_) => {
                        let goes_on = letters.get(at).is_some_and(|letter| is_word(*letter));
                        behind[at] || (goes_on && here[at + 1])
                    }
                };
            }
            fits.push(here);
        }
        fits.reverse();
        fits
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(convention: &str, name: &str) -> Option<Vec<String>> {
        let values = Convention::parse(convention).unwrap().read(name)?;
        Some(values.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn values_are_as_long_as_possible() {
        const USUAL: &str = "${project_name}_${sequence_name}-${shot_name}";
        for (convention, name, values) in [
            (USUAL, "My_Film_SQ01-SH02", vec!["My_Film", "SQ01", "SH02"]),
            (USUAL, "a_b-c.mov", vec!["a", "b", "c"]),
            ("$sequence_name$shot_name", "ab", vec!["ab", ""]),
            (
                "${sequence_name}_${shot_name}",
                "SQ_SH_v3",
                vec!["SQ_SH", "v3"],
            ),
            ("x$$${shot_name}", "x$é1", vec!["é1"]),
            ("${shot_name}", "", vec![""]),
            ("${shot_name}", "-", vec![""]),
        ] {
            assert_eq!(read(convention, name).unwrap(), values, "{convention}");
        }
        for (convention, name) in [
            (USUAL, "SQ01-SH02"),
            ("a${shot_name}", "b"),
            ("${shot_name}.", "a"),
            ("(.*)${shot_name}", "a"),
        ] {
            assert_eq!(read(convention, name), None, "{convention}");
        }
        let long = "_".repeat(MAX_LETTERS);
        assert!(read(USUAL, &long).is_none());
        assert!(read(USUAL, &(long + "_a-b")).is_none());
    }

    #[test]
    fn a_name_is_made_of_values() {
        let convention = Convention::parse("${project_name}_$shot_name.x").unwrap();
        let name = convention.name(|variable| match variable {
            Variable::Project => "Film",
            _ => "SH",
        });
        assert_eq!(name, "Film_SH.x");
        assert!(convention.has(Variable::Shot));
        assert!(!convention.has(Variable::Sequence));
    }

    #[test]
    fn unknown_and_repeated_variables_are_refused() {
        for wrong in [
            "${foo}",
            "$",
            "${shot_name",
            "$shot_name$shot_name",
            &"x".repeat(1001),
        ] {
            assert!(Convention::parse(wrong).is_err(), "{wrong}");
        }
    }
}
