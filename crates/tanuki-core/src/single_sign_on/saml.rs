//! The two steps of a login with SAML: to the provider and back.

use chrono::{DateTime, Duration};
use tanuki_saml::{Assertion, Failure, Provider, ServiceProvider, service_metadata};

use tanuki_store::query::auth::provider_metadata;

use super::{
    Beginning, BegunLogin, Destination, PendingLogin, SignOnError, SignOnRefusal, SignOnResult,
    SignedOn, attributes, failed, unavailable,
};
use crate::auth::secret::{Purpose, own_subject, random_text};
use crate::{Result, SingleSignOn};

/// How long somebody may take at the provider.
const REQUEST_LIFETIME: Duration = Duration::hours(1);

/// What a studio is called at its provider, by the URL of its pages: as in Zou,
/// so that providers go on.
pub(super) fn service_provider(public_url: &str) -> ServiceProvider {
    let studio = public_url.trim_end_matches('/');
    ServiceProvider {
        entity_id: format!("{studio}/api/auth/saml/login"),
        acs_url: format!("{studio}/api/auth/saml/sso"),
    }
}

impl SingleSignOn<'_> {
    /// Whether people can log in with SAML.
    pub fn is_saml_enabled(self) -> bool {
        self.core.saml_provider().is_some()
    }

    /// Begins a login of anybody.
    ///
    /// # Errors
    /// [`SignOnError`].
    pub async fn begin_saml(self, beginning: &Beginning<'_>) -> SignOnResult<BegunLogin> {
        let provider = self.saml_provider()?;
        let now = self.core.clock().now().timestamp();
        self.count_login(beginning.address, now)?;
        let browser = beginning.cookie()?;
        // An XML id begins with no digit.
        let id = format!("_{}", random_text(43)?);
        self.recall_metadata(provider).await?;
        let url = provider.login_url(&id, now).await.map_err(refused)?;
        self.keep_metadata(provider).await?;
        self.core
            .auth()
            .put_secret(
                Purpose::SamlRequest,
                None,
                &id,
                Some(PendingLogin::of(beginning.destination, &browser).0),
                REQUEST_LIFETIME,
            )
            .await?;
        Ok(BegunLogin {
            url,
            browser,
            lifetime: REQUEST_LIFETIME,
        })
    }

    /// Ends a login: verifies the response that a browser brings from the
    /// provider, finds or creates the person, and opens their session. A response
    /// works once. One that answers no request leads to the web client. The
    /// endpoint writes the login log.
    ///
    /// # Errors
    /// [`SignOnRefusal`].
    pub async fn finish_saml(self, response: &str) -> Result<SignedOn, SignOnRefusal> {
        let assertion = self.verified(response).await?;
        let now = self.core.clock().now().timestamp();
        let stored = self.consume(&assertion, now).await?;
        let destination = stored.destination();
        let signed_on = self.sign_on_with(&assertion, &stored).await;
        signed_on.map_err(|error| SignOnRefusal { error, destination })
    }

    /// Verifies a response.
    async fn verified(self, response: &str) -> SignOnResult<Assertion> {
        let provider = self.saml_provider()?;
        let now = self.core.clock().now().timestamp();
        self.recall_metadata(provider).await?;
        let assertion = provider.verify(response, now).await.map_err(refused)?;
        self.keep_metadata(provider).await?;
        Ok(assertion)
    }

    async fn sign_on_with(
        self,
        assertion: &Assertion,
        stored: &PendingLogin,
    ) -> SignOnResult<SignedOn> {
        let settings = &self.core.settings().saml;
        let profile = attributes::profile(settings, assertion)?;
        let person_id = self.sign_on(&profile).await?;
        self.signed_on((person_id, settings.skip_two_factor), stored)
            .await
    }

    /// Returns the SAML metadata of this service provider, an XML document.
    ///
    /// # Errors
    /// [`SignOnError::NotEnabled`].
    pub fn saml_metadata(self) -> SignOnResult<String> {
        self.saml_provider()?;
        let studio = &self.core.settings().studio.public_url;
        Ok(service_metadata(&service_provider(studio)))
    }

    /// Takes the metadata that some server on this database has fetched last, for
    /// as long as this one has none.
    async fn recall_metadata(self, provider: &Provider) -> Result<()> {
        let settings = &self.core.settings().saml.provider;
        if provider.last_metadata().is_some() || settings.metadata_file.is_some() {
            return Ok(());
        }
        let address = own_subject(&settings.metadata_url);
        let found = provider_metadata::find(self.core.database(), &address).await?;
        if let Some((document, _)) = found
            && let Err(reason) = provider.remember(&document)
        {
            tracing::warn!(
                reason,
                "the metadata of the provider that are kept are unusable"
            );
        }
        Ok(())
    }

    /// Keeps the metadata that were fetched last for the next start.
    async fn keep_metadata(self, provider: &Provider) -> Result<()> {
        let Some((document, fetched_at)) = provider.metadata_to_store() else {
            return Ok(());
        };
        let database = self.core.database();
        let address = own_subject(&self.core.settings().saml.provider.metadata_url);
        let found = provider_metadata::find(database, &address).await?;
        let fetched_at = DateTime::from_timestamp(fetched_at, 0).map(|time| time.naive_utc());
        // Times are whole seconds, in which two documents may have been fetched.
        let is_newer = |time: &_| {
            found.as_ref().is_none_or(|(stored, before)| {
                before < time || (before == time && **stored != *document)
            })
        };
        if let Some(time) = fetched_at.filter(is_newer)
            && let Err(error) = provider_metadata::put(database, &address, &document, time).await
        {
            // The next login tries again; this one goes on.
            tracing::warn!(%error, "the metadata of the provider are not kept");
            return Ok(());
        }
        provider.mark_stored(document);
        Ok(())
    }

    fn saml_provider(&self) -> SignOnResult<&Provider> {
        self.core.saml_provider().ok_or(SignOnError::NotEnabled)
    }

    /// Takes an assertion, and the request that it answers, for good. Returns what
    /// was stored with that.
    async fn consume(self, assertion: &Assertion, now: i64) -> SignOnResult<PendingLogin> {
        let auth = self.core.auth();
        let text = format!("{}\n{}", assertion.issuer, assertion.id);
        let lifetime = Duration::seconds(assertion.remember_until.saturating_sub(now));
        if !auth
            .remember_once(Purpose::SamlAssertion, &text, lifetime)
            .await?
        {
            return Err(failed("the assertion was taken before"));
        }
        let Some(request) = &assertion.in_response_to else {
            return match self.core.settings().saml.accept_unsolicited {
                true => Ok(PendingLogin::of(Destination::WebClient, "")),
                false => Err(failed("it answers no request")),
            };
        };
        let subject = own_subject(request);
        match auth.consume_secret(Purpose::SamlRequest, &subject).await? {
            Some(stored) => Ok(PendingLogin(stored)),
            None => Err(failed("the request is unknown, answered or too old")),
        }
    }
}

/// Logs why a login fails.
fn refused(failure: Failure) -> SignOnError {
    match failure {
        Failure::Unavailable(reason) => unavailable(&reason),
        Failure::Refused(reason) => failed(&reason),
    }
}
