//! `/auth/saml/…`: single sign-on with SAML. Browsers come here by links and by
//! forms that the provider's page sends, so what goes wrong is a page for people.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use tanuki_core::auth::LoginMethod;
use tanuki_core::single_sign_on::{Beginning, Destination, SignOnError, SignOnProtocol};

use super::sign_on::{let_in, redirect, refused};
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, ClientAddress, Fields, LenientBody, unreadable};

/// `GET /auth/saml/login`: redirects to the provider's page.
pub(crate) async fn login(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
) -> HandlerResult {
    let beginning = Beginning {
        address,
        browser: None,
        destination: Destination::WebClient,
    };
    match api.core.single_sign_on().begin_saml(&beginning).await {
        Ok(login) => Ok(redirect(&login.url)),
        Err(refusal) => refused(&api, &headers, SignOnProtocol::Saml, refusal),
    }
}

/// The form that the provider's page makes a browser send. `RelayState` is not
/// looked at.
#[derive(Debug)]
pub(crate) struct ProviderResponse {
    response: Option<String>,
}

impl ActionBody for ProviderResponse {
    const SCHEMA: &'static str = "SAMLResponse";

    fn read(fields: &mut Fields) -> Self {
        Self {
            response: fields.optional_text("SAMLResponse"),
        }
    }
}

/// `POST /auth/saml/sso`: where the provider sends the browser back to. Lets the
/// browser in to where the login leads.
pub(crate) async fn sso(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    LenientBody(form): LenientBody<ProviderResponse>,
) -> HandlerResult {
    let sign_on = api.core.single_sign_on();
    if !sign_on.is_saml_enabled() {
        return refused(
            &api,
            &headers,
            SignOnProtocol::Saml,
            SignOnError::NotEnabled,
        );
    }
    let response = form.validate()?.response.ok_or_else(unreadable)?;
    match sign_on.finish_saml(&response).await {
        Ok(signed_on) => {
            let new = (signed_on, LoginMethod::Saml);
            Ok(let_in(&api, &headers, address, new).await)
        }
        Err(refusal) => refused(&api, &headers, SignOnProtocol::Saml, refusal),
    }
}

/// `GET /auth/saml/metadata`: the metadata of this service provider, as XML.
pub(crate) async fn metadata(State(api): State<Api>, headers: HeaderMap) -> HandlerResult {
    let document = match api.core.single_sign_on().saml_metadata() {
        Ok(document) => document,
        Err(refusal) => return refused(&api, &headers, SignOnProtocol::Saml, refusal),
    };
    let headers = [
        (CONTENT_TYPE, "application/samlmetadata+xml"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"tanuki-saml.xml\"",
        ),
    ];
    Ok((headers, document).into_response())
}
