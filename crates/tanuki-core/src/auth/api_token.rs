//! API tokens of bots and people.

use chrono::{Duration, NaiveTime};
use serde_json::{Map, Value};
use tanuki_domain::{IdentityKind, dates};
use tanuki_store::Transaction;
use tanuki_store::query::people;
use uuid::Uuid;

use super::token::{NewToken, TokenType};
use crate::{Auth, Error, Result};

impl Auth<'_> {
    /// Signs a new API token (a JWT) for a person or bot, and revokes the one
    /// before: an account has one. It expires at the end of the account's
    /// expiration date (UTC), or never if there is none. `person` is the
    /// account's JSON.
    pub(crate) async fn renew_api_token(
        self,
        transaction: &mut Transaction,
        id: Uuid,
        person: &Map<String, Value>,
    ) -> Result<String> {
        let kind = if person.get("is_bot") == Some(&Value::Bool(true)) {
            IdentityKind::Bot
        } else {
            IdentityKind::PersonApi
        };
        let last_day = person
            .get("expiration_date")
            .and_then(Value::as_str)
            .and_then(dates::parse_day);
        let expires_at = match last_day {
            None => None,
            Some(day) => {
                let end = day
                    .checked_add_signed(Duration::days(1))
                    .ok_or_else(|| Error::invalid("Expiration date is not valid."))?;
                Some(end.and_time(NaiveTime::MIN).and_utc().timestamp())
            }
        };
        let jti = Uuid::new_v4();
        let token = self.core.tokens().sign(&NewToken {
            token_type: TokenType::Access,
            subject: id,
            jti,
            issued_at: self.core.clock().now().timestamp(),
            expires_at,
            extra: &[("identity_type", kind.as_str().into())],
        });
        let now = self.core.clock().timestamp();
        people::set_jti(transaction, id, &jti.to_string(), now).await?;
        Ok(token)
    }
}
