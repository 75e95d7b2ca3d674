//! The mails that the server sends, made from templates: the subject and the
//! text from `NAME.txt`, and the same as HTML from `NAME.html`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use minijinja::{Environment, Error, Value, context};

/// The templates, embedded in the binary. Those named `.html` escape what is
/// inserted.
const TEMPLATES: &[(&str, &str)] = &[
    ("layout.html", include_str!("templates/layout.html")),
    (
        "password_changed.html",
        include_str!("templates/password_changed.html"),
    ),
    (
        "password_changed.txt",
        include_str!("templates/password_changed.txt"),
    ),
    (
        "password_reset.html",
        include_str!("templates/password_reset.html"),
    ),
    (
        "password_reset.txt",
        include_str!("templates/password_reset.txt"),
    ),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    for (name, source) in TEMPLATES {
        if let Err(error) = environment.add_template(name, source) {
            // A test renders all templates.
            tracing::error!(%error, name, "a template of a mail is broken");
        }
    }
    environment
});

/// A mail, by what it is about.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    PasswordReset { link: String },
    PasswordChanged,
}

/// A mail that is ready to be sent.
#[derive(Debug)]
pub(super) struct Mail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Template {
    /// Renders the mail. `studio` is the name of the organisation, `name` that of
    /// the person who gets it.
    ///
    /// # Errors
    /// If a template is broken.
    pub(super) fn render(
        &self,
        studio: &str,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Mail, Error> {
        let (template, link) = match self {
            Self::PasswordReset { link } => ("password_reset", link.as_str()),
            Self::PasswordChanged => ("password_changed", ""),
        };
        let time = now.format("%Y-%m-%d at %H:%M").to_string();
        let context = context! { studio, name, link, time };
        let text = render(&format!("{template}.txt"), &context)?;
        // The first line is the subject.
        let (subject, text) = text.split_once("\n\n").unwrap_or((&text, ""));
        Ok(Mail {
            subject: subject.trim().to_owned(),
            text: text.trim().to_owned(),
            html: render(&format!("{template}.html"), &context)?,
        })
    }
}

fn render(name: &str, context: &Value) -> Result<String, Error> {
    ENVIRONMENT.get_template(name)?.render(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &Template) -> Mail {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        template.render("Studio", "<b>Ada</b>", now).unwrap()
    }

    #[test]
    fn names_cannot_carry_markup_into_a_mail() {
        let link = "https://studio/?a=1&b=<2>".to_owned();
        for template in [Template::PasswordReset { link }, Template::PasswordChanged] {
            let mail = rendered(&template);
            assert!(mail.subject.starts_with("Studio: "), "{}", mail.subject);
            assert!(mail.text.starts_with("Hello <b>Ada</b>,"), "{}", mail.text);
            assert!(mail.html.contains("Hello &lt;b&gt;Ada"), "{}", mail.html);
            assert!(!mail.html.contains("<2>"), "{}", mail.html);
        }
    }

    #[test]
    fn every_template_is_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/templates");
        for file in std::fs::read_dir(folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(TEMPLATES.iter().any(|(known, _)| *known == name), "{name}");
        }
    }
}
