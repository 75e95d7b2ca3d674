//! Mail over SMTP.

mod templates;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tanuki_store::query::auth::accounts::Account;

use templates::Mail;
pub(crate) use templates::Template;

use crate::settings::MailSettings;
use crate::{Core, Error, Result};

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

    async fn send(&self, to: &str, mail: &Mail) -> Result<()> {
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
            .subject(&mail.subject)
            .multipart(MultiPart::alternative_plain_html(
                mail.text.clone(),
                mail.html.clone(),
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
        let now = self.clock().now();
        let mail = match template.render(&studio, &account.first_name, now) {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!(%error, "a template of a mail failed");
                return;
            }
        };
        if let Err(error) = self.mailer().send(address, &mail).await {
            tracing::error!(%error, person = %account.id, "a mail could not be sent");
        }
    }
}
