//! `#tags` in comments: the task types that a comment is copied to.

/// The tag for all tasks of the entity.
const ALL: &str = "all";

/// Parses the tags of a comment, in lower case. A tag consists of ASCII
/// letters.
pub(super) fn of(text: &str) -> Vec<String> {
    let letters = |rest: &str| -> String {
        let tag = rest.chars().take_while(char::is_ascii_alphabetic);
        tag.collect::<String>().to_ascii_lowercase()
    };
    let mut tags: Vec<String> = text.split('#').skip(1).map(letters).collect();
    tags.retain(|tag| !tag.is_empty());
    tags
}

/// Whether one of the tags names the task type, and the type is not the
/// comment's own.
pub(super) fn name(tags: &[String], task_type: &str, own: &str) -> bool {
    let task_type = task_type.to_lowercase();
    task_type != own.to_lowercase() && tags.iter().any(|tag| *tag == ALL || *tag == task_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_letters_behind_a_hash() {
        assert_eq!(of("see #Modeling, #FX2 and # 3"), ["modeling", "fx"]);
        assert!(of("nothing here").is_empty());
    }

    #[test]
    fn tags_name_other_types_than_the_own() {
        let tags = of("#all");
        assert!(name(&tags, "FX", "Layout"));
        assert!(!name(&tags, "Layout", "layout"));
        assert!(name(&of("#fx"), "FX", "Layout"));
        assert!(!name(&of("#fx"), "Lighting", "Layout"));
    }
}
