//! Mail over SMTP, and its templates.

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tanuki_store::query::auth::accounts::Account;

use crate::settings::MailSettings;
use crate::{Core, Error, Result};

/// The mails that the server sends.
#[derive(Debug)]
pub(crate) enum Template {
    PasswordReset { link: String },
    PasswordChanged,
}

/// An SMTP client; does nothing if `MAIL_ENABLED` is off.
#[derive(Debug)]
pub(crate) struct Mailer {
    transport: Option<AsyncSmtpTransport<Tokio1Executor>>,
    sender: String,
}

impl Mailer {
    /// Configures the client; connects to nothing yet.
    ///
    /// # Errors
    /// [`Error::Failed`] if TLS cannot be set up.
    pub fn new(settings: &MailSettings) -> Result<Self> {
        let sender = settings.sender.clone();
        if !settings.enabled {
            return Ok(Self {
                transport: None,
                sender,
            });
        }
        let tls = || {
            TlsParameters::new(settings.server.clone())
                .map_err(|error| Error::Failed(format!("mail over TLS: {error}")))
        };
        let encryption = match (settings.tls, settings.starttls) {
            (true, _) => Tls::Wrapper(tls()?),
            (false, true) => Tls::Required(tls()?),
            (false, false) => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.server)
            .port(settings.port)
            .tls(encryption);
        if !settings.username.is_empty() {
            builder = builder.credentials(Credentials::new(
                settings.username.clone(),
                settings.password.clone(),
            ));
        }
        Ok(Self {
            transport: Some(builder.build()),
            sender,
        })
    }

    async fn send(&self, to: &str, subject: &str, text: &str, html: &str) -> Result<()> {
        let Some(transport) = &self.transport else {
            return Ok(());
        };
        let failed = |error: &dyn std::fmt::Display| Error::Failed(format!("mail: {error}"));
        let mailbox = |address: &str, name: Option<String>| {
            Ok::<_, Error>(Mailbox::new(
                name,
                address
                    .parse()
                    .map_err(|error: lettre::address::AddressError| failed(&error))?,
            ))
        };
        let message = Message::builder()
            .from(mailbox(&self.sender, Some("Tanuki".into()))?)
            .to(mailbox(to, None)?)
            .subject(subject)
            .multipart(MultiPart::alternative_plain_html(
                text.to_owned(),
                html.to_owned(),
            ))
            .map_err(|error| failed(&error))?;
        transport
            .send(message)
            .await
            .map_err(|error| failed(&error))?;
        Ok(())
    }
}

impl Core {
    /// Sends a mail to an account's address, if it has one. A failure is
    /// logged, not returned: the change that the mail is about is committed
    /// already.
    pub(crate) async fn send_mail(&self, account: &Account, template: Template) {
        let Some(address) = account.email.as_deref() else {
            return;
        };
        let studio = match self.organisation(false).await {
            Ok(organisation) => organisation
                .get("name")
                .and_then(|name| name.as_str())
                .unwrap_or("the studio")
                .to_owned(),
            Err(_) => "the studio".to_owned(),
        };
        let name = &account.first_name;
        let (subject, lines, link) = match template {
            Template::PasswordReset { link } => (
                format!("{studio}: choose a new password"),
                vec![
                    format!("Hello {name},"),
                    format!("someone asked for a new password for your account at {studio}."),
                    "If it was you, choose it under this link within two hours:".to_owned(),
                ],
                Some(link),
            ),
            Template::PasswordChanged => (
                format!("{studio}: your password was changed"),
                vec![
                    format!("Hello {name},"),
                    format!(
                        "the password of your account at {studio} was changed on {} UTC.",
                        self.clock().now().format("%Y-%m-%d at %H:%M")
                    ),
                    "If it was not you, tell an administrator of the studio at once.".to_owned(),
                ],
                None,
            ),
        };
        let (text, html) = bodies(&lines, link.as_deref());
        if let Err(error) = self.mailer().send(address, &subject, &text, &html).await {
            tracing::error!(%error, person = %account.id, "a mail could not be sent");
        }
    }
}

/// Returns the lines as plain text and as HTML.
fn bodies(lines: &[String], link: Option<&str>) -> (String, String) {
    let mut text = lines.join("\n\n");
    let mut html: String = lines
        .iter()
        .map(|line| format!("<p>{}</p>", escaped(line)))
        .collect();
    if let Some(link) = link {
        text.push_str("\n\n");
        text.push_str(link);
        let link = escaped(link);
        html.push_str(&format!("<p><a href=\"{link}\">{link}</a></p>"));
    }
    (text, html)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::bodies;

    #[test]
    fn names_cannot_carry_markup_into_a_mail() {
        let (text, html) = bodies(&["Hello <b>,".into()], Some("https://studio/?a=1&b=2"));
        assert_eq!(text, "Hello <b>,\n\nhttps://studio/?a=1&b=2");
        assert_eq!(
            html,
            "<p>Hello &lt;b&gt;,</p>\
             <p><a href=\"https://studio/?a=1&amp;b=2\">https://studio/?a=1&amp;b=2</a></p>"
        );
    }
}
