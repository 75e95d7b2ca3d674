//! Frame rates as fractions.

use std::fmt;

/// Rates at which films are encoded, in frames per second.
const MIN: f64 = 1.0;
const MAX: f64 = 240.0;

/// A frame rate: `num / den` frames per second, such as 24000/1001.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    num: u32,
    den: u32,
}

impl Rate {
    /// The rate of productions that have none.
    pub const DEFAULT: Self = Self { num: 25, den: 1 };

    /// Parses `25`, `23.976`, `29,97` or `24000/1001`. Roundings of the NTSC
    /// rates become the exact fraction. `None` below 1 and above 240 frames per
    /// second.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((num, den)) = text.split_once('/') {
            let rate = Self {
                num: num.trim().parse().ok()?,
                den: den.trim().parse().ok().filter(|den| *den > 0)?,
            };
            return rate.checked().map(|rate| rate.standard().unwrap_or(rate));
        }
        let number: f64 = text.replace(',', ".").parse().ok()?;
        let thousandths = (number * 1000.0).round();
        if !(MIN..=MAX).contains(&number) {
            return None;
        }
        let rate = Self {
            num: thousandths as u32,
            den: 1000,
        };
        Some(rate.standard().unwrap_or(rate.reduced()))
    }

    fn checked(self) -> Option<Self> {
        (MIN..=MAX).contains(&self.as_f64()).then_some(self)
    }

    /// The standard rate, a whole number or an NTSC rate, of which this is a
    /// rounding.
    fn standard(self) -> Option<Self> {
        let own = self.as_f64();
        let nearest = own.round() as u32;
        let whole = [nearest, nearest + 1].into_iter();
        let candidates = whole.flat_map(|num| {
            [
                Self { num, den: 1 },
                Self {
                    num: num * 1000,
                    den: 1001,
                },
            ]
        });
        // 23.98 is 0.00017 off.
        candidates
            .filter(|rate| (rate.as_f64() - own).abs() / own < 0.0003)
            .min_by(|a, b| {
                let distance = |rate: &Self| (rate.as_f64() - own).abs();
                distance(a).total_cmp(&distance(b))
            })
    }

    fn reduced(self) -> Self {
        let (mut a, mut b) = (self.num, self.den);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        Self {
            num: self.num / a.max(1),
            den: self.den / a.max(1),
        }
    }

    /// Frames per second.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// The time of a frame in seconds, counted from 0.
    pub fn time_of(self, frame: u64) -> f64 {
        frame as f64 / self.as_f64()
    }

    /// The number of frames that a time in seconds is nearest to.
    pub fn frames_in(self, seconds: f64) -> u64 {
        (seconds.max(0.0) * self.as_f64()).round() as u64
    }

    /// The number of samples, at a number of samples a second, that are heard
    /// before a frame. Rounded down.
    pub(super) fn samples_before(self, frame: u64, sample_rate: u32) -> u64 {
        let samples = u128::from(frame) * u128::from(sample_rate) * u128::from(self.den);
        u64::try_from(samples / u128::from(self.num)).unwrap_or(u64::MAX)
    }

    /// Whether the rates differ by a thousandth or less: a film of either rate
    /// keeps all its frames in a production of the other. 24 and 24000/1001
    /// are such a pair.
    pub fn is_near(self, other: Self) -> bool {
        let (a, b) = (self.as_f64(), other.as_f64());
        (a - b).abs() <= a.max(b) / 1000.0
    }

    /// The duration of a frame as a fraction of a second, `1001/24000`.
    pub(super) fn time_base(self) -> String {
        format!("{}/{}", self.den, self.num)
    }
}

impl fmt::Display for Rate {
    /// Writes the fraction, `24000/1001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roundings_of_ntsc_rates_are_exact() {
        let cases = [
            ("25", "25/1"),
            ("25.000", "25/1"),
            ("23.976", "24000/1001"),
            ("23,98", "24000/1001"),
            ("23976/1000", "24000/1001"),
            ("29.97", "30000/1001"),
            ("59.94", "60000/1001"),
            ("12.5", "25/2"),
            ("24000/1001", "24000/1001"),
            ("24", "24/1"),
        ];
        for (text, expected) in cases {
            let rate = Rate::parse(text).map(|rate| rate.to_string());
            assert_eq!(rate.as_deref(), Some(expected), "{text}");
        }
        for text in ["", "0", "x", "25/0", "NaN", "inf", "-25", "1000", "0/0"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sound_does_not_drift_from_the_frames() {
        let samples = |rate, frame| Rate::parse(rate).unwrap().samples_before(frame, 48_000);
        assert_eq!(samples("25", 1), 1920);
        assert_eq!(samples("23.976", 1), 2002);
        // 1601.6 samples a frame.
        assert_eq!(samples("29.97", 1), 1601);
        assert_eq!(samples("29.97", 30_000), 48_048_000);
    }

    #[test]
    fn rates_a_thousandth_apart_are_near() {
        let near = |a, b| Rate::parse(a).unwrap().is_near(Rate::parse(b).unwrap());
        assert!(near("24", "23.976") && near("23.976", "24") && near("29.97", "30"));
        assert!(!near("24", "25") && !near("24", "24.1"));
    }
}
