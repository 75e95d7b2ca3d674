//! Mail over SMTP. Only jobs send mail, so no request waits for a mail server.

mod templates;

use std::fmt::Display;
use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message as Envelope, Tokio1Executor};

use templates::Mail;

use crate::jobs::Failure;
use crate::messages::{Language, Message};
use crate::settings::MailSettings;
use crate::{Core, Error, Result};

/// SMTP status codes that say that the recipient cannot get this mail.
const REFUSALS: std::ops::RangeInclusive<u16> = 550..=554;

/// An SMTP client.
#[derive(Debug)]
pub(crate) struct Mailer {
    /// `None` if `MAIL_ENABLED` is off.
    transport: Option<AsyncSmtpTransport<Tokio1Executor>>,
    sender: String,
    timeout: Duration,
}

/// Who gets a mail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipient<'a> {
    pub email: &'a str,
    pub first_name: &'a str,
    pub language: Language,
}

impl Mailer {
    /// Configures the client; connects to nothing yet.
    ///
    /// # Errors
    /// [`Error::Failed`] if TLS cannot be set up.
    pub fn new(settings: &MailSettings) -> Result<Self> {
        let mut mailer = Self {
            transport: None,
            sender: settings.sender.clone(),
            timeout: settings.timeout,
        };
        if !settings.enabled {
            return Ok(mailer);
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
        mailer.transport = Some(builder.build());
        Ok(mailer)
    }

    async fn send(&self, to: &str, mail: Mail, language: Language) -> Result<(), Failure> {
        let Some(transport) = &self.transport else {
            return Err(Failure::Final("MAIL_ENABLED is off".into()));
        };
        let message = self.envelope(to, mail, language)?;
        match tokio::time::timeout(self.timeout, transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                let status = error.status().map(u16::from);
                let reason = format!("mail: {}", with_sources(&error));
                Err(match status {
                    Some(status) if REFUSALS.contains(&status) => Failure::Final(reason),
                    _ => Failure::Temporary(reason),
                })
            }
            Err(_) => Err(Failure::Temporary(format!(
                "mail: the server did not take it within {} seconds",
                self.timeout.as_secs()
            ))),
        }
    }

    fn envelope(&self, to: &str, mail: Mail, language: Language) -> Result<Envelope, Failure> {
        let failed = |error: &dyn Display| Failure::Final(format!("mail: {error}"));
        let mailbox = |address: &str, name: Option<String>| {
            let address = address
                .parse()
                .map_err(|error: lettre::address::AddressError| failed(&error))?;
            Ok::<_, Failure>(Mailbox::new(name, address))
        };
        let header = HeaderName::new_from_ascii_str("Content-Language");
        Envelope::builder()
            .from(mailbox(&self.sender, Some("Tanuki".into()))?)
            .to(mailbox(to, None)?)
            .subject(mail.subject)
            .raw_header(HeaderValue::new(header, language.tag().to_owned()))
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))
            .map_err(|error| failed(&error))
    }
}

/// An error with its causes, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors repeat their cause.
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text.replace(['\r', '\n'], " ")
}

impl Core {
    /// Whether mail is sent at all; otherwise none is enqueued.
    pub(crate) fn mail_is_enabled(&self) -> bool {
        self.settings().mail.enabled
    }

    /// Returns the language to write to a person in.
    pub(crate) fn language(&self, locale: Option<&str>) -> Language {
        Language::of(locale, &self.settings().studio.default_locale)
    }

    /// Returns the name of the studio.
    pub(crate) async fn studio_name(&self) -> Result<String> {
        let organisation = self.organisation(false).await?;
        let name = organisation.get("name").and_then(|name| name.as_str());
        Ok(name.unwrap_or("the studio").to_owned())
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// [`Failure::Final`] if the mail server refuses the recipient or the
    /// address is malformed, [`Failure::Temporary`] if it is unavailable.
    pub(crate) async fn send_mail(
        &self,
        to: Recipient<'_>,
        message: &Message,
    ) -> Result<(), Failure> {
        let studio = self.studio_name().await?;
        let mail = Mail::render(message, to.language, (&studio, to.first_name))
            .map_err(|error| Failure::Final(format!("a template of a mail failed: {error}")))?;
        self.mailer().send(to.email, mail, to.language).await
    }
}
