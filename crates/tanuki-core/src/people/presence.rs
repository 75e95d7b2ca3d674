//! Logins with desktop programs, and the days on which people were present.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDateTime};
use tanuki_domain::period;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::planning::time::set_presence;
use tanuki_store::query::{people, rows};
use tanuki_store::schema::{DESKTOP_LOGIN_LOG, PERSON};
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Shape};
use uuid::Uuid;

use crate::access::{ensure, require_row};
use crate::events::Event;
use crate::fields::{id_of, timestamp};
use crate::{Admin, Caller, Error, JsonRow, MaybeId, People, Result};

static DESKTOP_LOGINS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&DESKTOP_LOGIN_LOG, &[]));

static NAMES: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&PERSON, &["id", "full_name"]));

/// The shape of a login with a desktop program.
pub fn desktop_login_shape() -> Shape {
    DESKTOP_LOGINS.shape()
}

impl People<'_> {
    /// Lists the logins of a person with desktop programs, newest first. JSON:
    /// an array of `desktop_login_log` rows. Requires the person, or an admin or
    /// manager of the studio.
    ///
    /// # Errors
    /// [`Error::Denied`] for other callers, [`Error::NotFound`] if the person
    /// does not exist.
    pub async fn desktop_logins(self, caller: &Caller, person: &MaybeId) -> Result<JsonChunks> {
        ensure(caller.manages() || person.id() == Some(caller.id))?;
        let person_id = person.found()?;
        require_row(self.core.database(), &PERSON, person_id).await?;
        let logins = ListQuery::new(&DESKTOP_LOGINS)
            .filter(people::desktop_logins_of(person_id))
            .descending("date");
        Ok(self.core.database().stream_list(logins))
    }

    /// Records that a person logged in with a desktop program, at this time
    /// (UTC) or now, and that they were present. Returns the row of
    /// `desktop_login_log`. Requires the person or an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] for other callers, [`Error::NotFound`] if the person
    /// does not exist.
    pub async fn log_desktop_login(
        self,
        caller: &Caller,
        person: &MaybeId,
        date: Option<NaiveDateTime>,
    ) -> Result<JsonRow> {
        ensure(caller.is_admin() || person.id() == Some(caller.id))?;
        let person_id = person.found()?;
        let mut transaction = self.core.database().begin().await?;
        require_row(&mut transaction, &PERSON, person_id).await?;
        rows::lock(&mut transaction, PERSON.name, person_id).await?;
        let now = self.core.clock().timestamp();
        let id = Uuid::new_v4();
        let values = Values::from([
            ("id", id.into()),
            ("person_id", person_id.into()),
            ("date", date.unwrap_or(now).into()),
        ]);
        let defaults = self.core.defaults();
        write::insert(&mut transaction, &DESKTOP_LOGIN_LOG, values, &defaults).await?;
        set_presence(&mut transaction, person_id, now).await?;
        let event = Event::about("person", "update", person_id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        let login = rows::by_id(&mut transaction, &DESKTOP_LOGINS, id).await?;
        transaction.commit().await?;
        login.ok_or(Error::NotFound)
    }

    /// Records that the caller logged in with a desktop program, as
    /// [`log_desktop_login`](Self::log_desktop_login) does. An offset of the
    /// time is dropped.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the time is malformed, [`Error::Denied`] for bots.
    pub async fn log_own_desktop_login(
        self,
        caller: &Caller,
        date: Option<&str>,
    ) -> Result<JsonRow> {
        caller.require_person()?;
        let malformed = |_| {
            Error::invalid(
                "Wrong date format for date. Expected: 2020-01-05T13:23:10 or 2020-01-05",
            )
        };
        let date = date.map(timestamp).transpose().map_err(malformed)?;
        self.log_desktop_login(caller, &caller.id.into(), date)
            .await
    }

    /// Returns who was present on which days of a month, as the rows of a
    /// table: the year and the days, then a row for each active person by name,
    /// with an `X` on the days on which they logged in with a desktop program.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the month is not of the form `YYYY-MM`.
    pub async fn presence_table(self, _: Admin<'_>, month: &str) -> Result<Vec<Vec<String>>> {
        let invalid = || Error::invalid("Invalid month or year.");
        let (year, month) = month.split_once('-').ok_or_else(invalid)?;
        if year.len() != 4 || month.len() > 2 {
            return Err(invalid());
        }
        let days = period::month(year, month).map_err(|_| invalid())?;
        let database = self.core.database();
        let count = days.end().day() as usize;
        let mut head = vec![year.trim_start_matches('0').to_owned()];
        head.extend((1..=count).map(|day| day.to_string()));
        let mut present: HashMap<Uuid, Vec<u32>> = HashMap::new();
        for (person_id, day) in people::days_of_desktop_logins(database, &days).await? {
            present.entry(person_id).or_default().push(day.day());
        }
        let people = ListQuery::new(&NAMES)
            .filter(people::is_active_user())
            .ascending("first_name")
            .ascending("last_name");
        let mut table = vec![head];
        for person in people.rows(database).await? {
            let name = person.get("full_name").and_then(serde_json::Value::as_str);
            let mut row = vec![String::new(); count + 1];
            row[0] = name.unwrap_or_default().to_owned();
            let person_id = id_of(&person, "id").unwrap_or_default();
            for day in present.get(&person_id).into_iter().flatten() {
                row[*day as usize] = "X".to_owned();
            }
            table.push(row);
        }
        Ok(table)
    }
}
