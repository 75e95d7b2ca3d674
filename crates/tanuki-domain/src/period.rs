//! Periods of the calendar as clients name them: a year, a month, an ISO week
//! or a day, by their numbers.

use std::fmt;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use crate::dates;

/// A number in the name of a period that is malformed or out of range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPeriod {
    /// `year`, `month`, `week` or `day`.
    part: &'static str,
    text: String,
    /// The greatest number that would be accepted.
    last: u32,
}

impl fmt::Display for InvalidPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, text, last } = self;
        write!(
            f,
            "Invalid {part}: {text}. Expected a number from 1 to {last}."
        )
    }
}

impl std::error::Error for InvalidPeriod {}

/// The days of a period, in the years 1 to 9999.
pub type Days = RangeInclusive<NaiveDate>;

/// Returns the days of a year.
///
/// # Errors
/// [`InvalidPeriod`] if the year is not a number from 1 to 9999.
pub fn year(year: &str) -> Result<Days, InvalidPeriod> {
    let year = read_year(year)?;
    Ok(day_of(year, 1, 1)..=day_of(year, 12, 31))
}

/// Returns the days of the ISO weeks of a year, from the Monday of the first to
/// the Sunday of the last: up to three days belong to another calendar year.
///
/// # Errors
/// [`InvalidPeriod`] if the year is not a number from 1 to 9999.
pub fn weeks(year: &str) -> Result<Days, InvalidPeriod> {
    let year = read_year(year)?;
    Ok(*week_of(year, 1).start()..=*week_of(year, last_week(year)).end())
}

/// Returns the days of a month.
///
/// # Errors
/// [`InvalidPeriod`] if the year or the month does not exist.
pub fn month(year: &str, month: &str) -> Result<Days, InvalidPeriod> {
    let year = read_year(year)?;
    let month = read("month", month, 12)?;
    let days = last_day(year, month);
    Ok(day_of(year, month, 1)..=day_of(year, month, days))
}

/// Returns the days of an ISO week, from Monday to Sunday.
///
/// # Errors
/// [`InvalidPeriod`] if the year does not exist or has no such week: most have
/// 52, some 53.
pub fn week(year: &str, week: &str) -> Result<Days, InvalidPeriod> {
    let year = read_year(year)?;
    let week = read("week", week, last_week(year))?;
    Ok(week_of(year, week))
}

/// Returns a day as a period.
///
/// # Errors
/// [`InvalidPeriod`] if the year or the month does not exist, or the month has
/// no such day.
pub fn day(year: &str, month: &str, day: &str) -> Result<Days, InvalidPeriod> {
    let year = read_year(year)?;
    let month = read("month", month, 12)?;
    let day = read("day", day, last_day(year, month))?;
    let day = day_of(year, month, day);
    Ok(day..=day)
}

fn read_year(text: &str) -> Result<i32, InvalidPeriod> {
    let year = read("year", text, 9999)?;
    Ok(i32::try_from(year).unwrap_or(i32::MAX))
}

/// Parses the digits of a number from 1 to `last`.
fn read(part: &'static str, text: &str, last: u32) -> Result<u32, InvalidPeriod> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_digits { text.parse().ok() } else { None };
    number
        .filter(|number| (1..=last).contains(number))
        .ok_or_else(|| InvalidPeriod {
            part,
            text: text.to_owned(),
            last,
        })
}

/// The number of the last ISO week of a year: that of the 28th of December.
fn last_week(year: i32) -> u32 {
    day_of(year, 12, 28).iso_week().week()
}

/// The number of the last day of a month.
fn last_day(year: i32, month: u32) -> u32 {
    (28..=31)
        .rev()
        .find(|day| NaiveDate::from_ymd_opt(year, month, *day).is_some())
        .unwrap_or(28)
}

/// The days of an ISO week that exists; the last one of the year 9999 ends with
/// that year.
fn week_of(year: i32, week: u32) -> Days {
    let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon).unwrap_or_default();
    let sunday = monday
        .checked_add_signed(TimeDelta::days(6))
        .unwrap_or(monday);
    dates::clamp(monday)..=dates::clamp(sunday)
}

/// A day that exists.
fn day_of(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(days: Result<Days, InvalidPeriod>) -> Result<String, String> {
        days.map(|days| format!("{} {}", days.start(), days.end()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn periods_begin_and_end_where_the_calendar_says() {
        for (days, expected) in [
            (year("2025"), "2025-01-01 2025-12-31"),
            (month("2024", "02"), "2024-02-01 2024-02-29"),
            (month("2025", "2"), "2025-02-01 2025-02-28"),
            (month("9999", "12"), "9999-12-01 9999-12-31"),
            (week("2025", "1"), "2024-12-30 2025-01-05"),
            (week("2020", "53"), "2020-12-28 2021-01-03"),
            (week("9999", "52"), "9999-12-27 9999-12-31"),
            (weeks("2026"), "2025-12-29 2027-01-03"),
            (weeks("0001"), "0001-01-01 0001-12-30"),
            (day("2024", "2", "29"), "2024-02-29 2024-02-29"),
        ] {
            assert_eq!(ends(days), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn numbers_that_do_not_exist_are_named() {
        for (days, expected) in [
            (year("0"), "year: 0. Expected a number from 1 to 9999."),
            (
                year("10000"),
                "year: 10000. Expected a number from 1 to 9999.",
            ),
            (
                year("+2025"),
                "year: +2025. Expected a number from 1 to 9999.",
            ),
            (
                month("2025", "13"),
                "month: 13. Expected a number from 1 to 12.",
            ),
            (
                month("2025", ""),
                "month: . Expected a number from 1 to 12.",
            ),
            (
                week("2025", "53"),
                "week: 53. Expected a number from 1 to 52.",
            ),
            (
                week("2026", "54"),
                "week: 54. Expected a number from 1 to 53.",
            ),
            (
                day("2025", "2", "29"),
                "day: 29. Expected a number from 1 to 28.",
            ),
            (
                day("2025", "4", "31"),
                "day: 31. Expected a number from 1 to 30.",
            ),
        ] {
            assert_eq!(ends(days), Err(format!("Invalid {expected}")));
        }
    }
}
