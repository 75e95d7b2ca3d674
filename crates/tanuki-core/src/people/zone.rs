//! The time zone of a person.

use chrono_tz::Tz;
use serde_json::Value;
use tanuki_store::projection::Projection;
use tanuki_store::query::rows;
use tanuki_store::schema::PERSON;

use crate::{Caller, People, Result};

impl People<'_> {
    /// Returns the time zone of the caller, or the default of the studio. Days
    /// of quotas and times in tables are in it.
    pub(crate) async fn zone_of(self, caller: &Caller) -> Result<Tz> {
        let projection = Projection::only(&PERSON, &["timezone"]);
        let row = rows::by_id(self.core.database(), &projection, caller.id).await?;
        let own = row
            .as_ref()
            .and_then(|row| row.get("timezone"))
            .and_then(Value::as_str);
        let name = own.unwrap_or(&self.core.settings().studio.default_timezone);
        Ok(name.parse().unwrap_or(Tz::UTC))
    }
}
