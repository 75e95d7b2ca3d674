//! Sums work that is spread evenly over the working days between two dates. The
//! cost does not depend on the length of the spans, which the HTTP client
//! controls.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate};

/// Maximum number of working days in a result, about fifteen years. The latest
/// ones are returned.
const MAX_DAYS: usize = 4000;

/// Returns the number of days from Monday to Friday in `start..=end`.
pub(super) fn working_days(start: NaiveDate, end: NaiveDate) -> i64 {
    let until = |day: NaiveDate| {
        // Day 1 of the proleptic Gregorian calendar is a Monday.
        let days = i64::from(day.num_days_from_ce()) - 1;
        days.div_euclid(7) * 5 + days.rem_euclid(7).min(5)
    };
    let is_last_working = day_of_week(end) < 5;
    (until(end) + i64::from(is_last_working) - until(start)).max(0)
}

fn day_of_week(day: NaiveDate) -> u32 {
    day.weekday().num_days_from_monday()
}

/// Work done on each working day of a span.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Daily {
    pub frames: i64,
    pub drawings: i64,
    /// Fraction of shots.
    pub parts: f64,
}

/// A set of overlapping spans, stored as the changes at their ends.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Difference of the daily work from the previous day, and of the number of
    /// spans.
    changes: BTreeMap<NaiveDate, (Daily, i64)>,
}

impl Spans {
    /// Adds a span with the work done on each working day of `start..=end`.
    pub fn add(&mut self, start: NaiveDate, end: NaiveDate, daily: Daily) {
        let Some(after) = end.checked_add_days(Days::new(1)) else {
            return;
        };
        for (day, sign) in [(start, 1), (after, -1)] {
            let (change, spans) = self.changes.entry(day).or_default();
            change.frames += daily.frames * sign;
            change.drawings += daily.drawings * sign;
            change.parts += daily.parts * sign as f64;
            *spans += sign;
        }
    }

    /// Returns the latest working days of the spans, at most 4,000 and in
    /// descending order, with the work done on each.
    pub fn days(self) -> Vec<(NaiveDate, Daily)> {
        let mut days = Vec::new();
        let mut now = Daily::default();
        let mut spans = 0;
        let mut behind: Option<NaiveDate> = None;
        for (day, (change, begun)) in self.changes.into_iter().rev() {
            if let Some(behind) = behind.filter(|_| spans != 0) {
                let mut last = behind.pred_opt();
                while let Some(at) = last.filter(|at| *at >= day && days.len() < MAX_DAYS) {
                    if day_of_week(at) < 5 {
                        days.push((at, now));
                    }
                    last = at.pred_opt();
                }
            }
            if days.len() == MAX_DAYS {
                break;
            }
            now.frames -= change.frames;
            now.drawings -= change.drawings;
            now.parts -= change.parts;
            spans -= begun;
            behind = Some(day);
        }
        days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn working_days_are_counted_as_a_calendar_has_them() {
        let first = day("2025-12-22");
        for from in 0..21 {
            for to in 0..40 {
                let (start, end) = (first + Days::new(from), first + Days::new(to));
                let each = start.iter_days().take_while(|day| *day <= end);
                let counted = each.filter(|day| day_of_week(*day) < 5).count();
                assert_eq!(working_days(start, end), counted as i64, "{start} {end}");
            }
        }
        assert_eq!(
            working_days(day("0001-01-01"), day("9999-12-31")),
            2_608_615
        );
    }

    #[test]
    fn spans_add_up_on_their_days() {
        let daily = |frames| Daily {
            frames,
            drawings: 1,
            parts: 0.5,
        };
        let mut spans = Spans::default();
        // Thursday to the following Tuesday, and the Monday within it.
        spans.add(day("2026-01-01"), day("2026-01-06"), daily(10));
        spans.add(day("2026-01-05"), day("2026-01-05"), daily(1));
        spans.add(day("2026-02-02"), day("2026-02-02"), daily(7));
        let frames: Vec<(String, i64)> = spans
            .days()
            .into_iter()
            .map(|(day, daily)| (day.to_string(), daily.frames))
            .collect();
        let expected = [
            ("2026-02-02", 7),
            ("2026-01-06", 10),
            ("2026-01-05", 11),
            ("2026-01-02", 10),
            ("2026-01-01", 10),
        ];
        assert_eq!(frames, expected.map(|(day, count)| (day.to_owned(), count)));
    }

    #[test]
    fn of_long_spans_the_latest_days_are_listed() {
        let mut spans = Spans::default();
        spans.add(day("0001-01-01"), day("9999-12-31"), Daily::default());
        let days = spans.days();
        assert_eq!(days.len(), MAX_DAYS);
        assert_eq!(days[0].0, day("9999-12-31"));
    }
}
