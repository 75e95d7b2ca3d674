//! The layout of mails: a greeting, paragraphs and a footer, as plain text and
//! as HTML.

use std::sync::LazyLock;

use minijinja::value::Value;
use minijinja::{Environment, Error, context};

use crate::messages::{Format, Language, Message, Part, Sentence};

/// The templates, embedded in the binary. That named `.html` escapes what is
/// inserted.
const TEMPLATES: [(&str, &str); 2] = [
    ("mail.html", include_str!("templates/mail.html")),
    ("mail.txt", include_str!("templates/mail.txt")),
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

/// A mail that is ready to be sent.
#[derive(Debug)]
pub(super) struct Mail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mail {
    /// Renders a mail. `studio` is the name of the organisation, `name` that of
    /// the person who gets it.
    ///
    /// # Errors
    /// If a template is broken.
    pub fn render(
        message: &Message,
        language: Language,
        (studio, name): (&str, &str),
    ) -> Result<Self, Error> {
        let plain = |key, name, value: &str| {
            Sentence::new(key, vec![(name, Part::Plain(value.to_owned()))])
        };
        let greeting = plain("greeting", "name", name);
        let footer = plain("footer", "studio", studio);
        let subject = message.subject(language);
        let render = |template: &str, format: Format| {
            let part = |sentence: &Sentence| as_value(sentence.write(language, format), format);
            let paragraphs = message.paragraphs(language, format).into_iter();
            let paragraphs: Vec<Value> = paragraphs.map(|text| as_value(text, format)).collect();
            let context = context! {
                language => language.tag(), subject => &subject, paragraphs,
                greeting => part(&greeting), footer => part(&footer),
            };
            ENVIRONMENT.get_template(template)?.render(context)
        };
        Ok(Self {
            text: render("mail.txt", Format::Text)?.trim().to_owned(),
            html: render("mail.html", Format::Html)?,
            subject,
        })
    }
}

/// HTML is escaped already.
fn as_value(text: String, format: Format) -> Value {
    match format {
        Format::Html => Value::from_safe_string(text),
        _ => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Paragraph;

    #[test]
    fn names_cannot_carry_markup_into_a_mail() {
        let studio = Part::Plain("Studio".into());
        let message = Message {
            subject: Sentence::new("password_reset.subject", vec![("studio", studio.clone())]),
            paragraphs: vec![
                Paragraph::Sentence(Sentence::new(
                    "password_reset.text",
                    vec![("studio", studio)],
                )),
                Paragraph::Link("https://studio/?a=1&b=<2>".into()),
            ],
        };
        let english = Language::of(None, "en");
        let mail = Mail::render(&message, english, ("Studio", "<b>Ada</b>")).unwrap();
        assert_eq!(mail.subject, "Studio: choose a new password");
        assert_eq!(
            mail.text,
            "Hello <b>Ada</b>,\n\nsomeone asked for a new password for your account at Studio.\n\n\
             https://studio/?a=1&b=<2>\n\n-- \nSent by the production tracker of Studio."
        );
        assert!(mail.html.contains("Hello &lt;b&gt;Ada"), "{}", mail.html);
        assert!(!mail.html.contains("<2>"), "{}", mail.html);
        assert!(mail.html.contains("<html lang=\"en\">"), "{}", mail.html);
    }
}
