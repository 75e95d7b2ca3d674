//! Values in PostgreSQL's binary format.

use std::error::Error as StdError;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use tanuki_domain::dates;
use tokio_postgres::types::{FromSql, Type};

use crate::{Error, Result};

/// The day from which PostgreSQL counts dates and timestamps.
const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The bytes of a column, not decoded yet, and its type.
#[derive(Debug, Clone)]
pub struct Raw<'a> {
    pub bytes: &'a [u8],
    pub kind: Type,
}

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(kind: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self {
            bytes,
            kind: kind.clone(),
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl<'a> Raw<'a> {
    /// The text of a column of any text type.
    pub fn text(&self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes).map_err(Error::unreadable)
    }

    /// The text of a JSON column. The binary format of `jsonb` is a version
    /// byte followed by the text.
    pub fn json(&self) -> &'a [u8] {
        if self.kind == Type::JSONB {
            self.bytes.get(1..).unwrap_or_default()
        } else {
            self.bytes
        }
    }

    /// Decodes the value.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if the column has another type.
    pub fn read<T: FromSql<'a>>(&self) -> Result<T> {
        if !T::accepts(&self.kind) {
            let kind = &self.kind;
            return Err(Error::unreadable(format!(
                "a column of type {kind} is read as another"
            )));
        }
        T::from_sql(&self.kind, self.bytes).map_err(Error::unreadable)
    }

    /// Decodes a date. `infinity` and years that clients cannot parse are
    /// clamped to the first or last supported day.
    pub fn date(&self) -> Result<NaiveDate> {
        let days = i64::from(i32::from_be_bytes(self.number(&Type::DATE)?));
        let day = TimeDelta::try_days(days)
            .and_then(|days| EPOCH.checked_add_signed(days))
            .unwrap_or(if days < 0 {
                dates::FIRST_DAY
            } else {
                dates::LAST_DAY
            });
        Ok(dates::clamp(day))
    }

    /// Decodes a timestamp, clamped as in [`date`](Self::date).
    pub fn time(&self) -> Result<NaiveDateTime> {
        let micros = i64::from_be_bytes(self.number(&Type::TIMESTAMP)?);
        let end = if micros < 0 {
            NaiveDateTime::MIN
        } else {
            NaiveDateTime::MAX
        };
        let time = EPOCH
            .and_time(NaiveTime::MIN)
            .checked_add_signed(TimeDelta::microseconds(micros))
            .unwrap_or(end);
        Ok(dates::clamp_time(time))
    }

    /// The bytes of a number in a column of that type.
    fn number<const N: usize>(&self, kind: &Type) -> Result<[u8; N]> {
        if self.kind != *kind {
            let own = &self.kind;
            return Err(Error::unreadable(format!(
                "a column of type {own} is read as {kind}"
            )));
        }
        self.bytes.try_into().map_err(Error::unreadable)
    }

    pub fn integer(&self) -> Result<i64> {
        match self.kind {
            Type::INT2 => self.read::<i16>().map(i64::from),
            Type::INT4 => self.read::<i32>().map(i64::from),
            _ => self.read(),
        }
    }
}
