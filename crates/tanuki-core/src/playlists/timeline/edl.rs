//! Edits as CMX3600 edit decision lists: ASCII, names of reels of at most eight
//! letters, and timecode.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use deunicode::deunicode;
use uuid::Uuid;

use super::{Edit, FIRST_SECOND};
use crate::{Error, Result};

/// The maximum length of a reel's name.
const REEL_LETTERS: usize = 8;

/// The maximum length of a title.
const TITLE_LETTERS: usize = 70;

/// Names that are no reels: black, colour bars, and sources without a name.
const NO_REELS: [&str; 4] = ["AX", "BL", "BLACK", "BARS"];

/// Writes an edit: a cut for each clip, on one track of pictures. The comments of
/// a clip name it, its file and the address of its file.
///
/// # Errors
/// [`Error::Invalid`] for drop-frame timecode at a rate that has none, and for an
/// edit that ends after the last timecode of a day.
pub(super) fn write(edit: &Edit, drop_frame: bool) -> Result<String> {
    let timecode = Timecode::of(edit, drop_frame)?;
    let mode = match timecode.dropped {
        0 => "NON-DROP FRAME",
        _ => "DROP FRAME",
    };
    let title: String = plain(&edit.name).chars().take(TITLE_LETTERS).collect();
    let mut text = format!("TITLE: {title}\r\nFCM: {mode}\r\n");
    let mut reels = Reels::default();
    let mut record = timecode.first_frame();
    for (number, clip) in edit.clips.iter().enumerate() {
        let end = record.saturating_add(clip.frames);
        if end > timecode.frames_of_day() {
            return Err(Error::invalid(
                "The playlist is longer than an EDL can be: timecode ends after 24 hours.",
            ));
        }
        let reel = reels.of(clip.source, &clip.entity);
        let [source_in, source_out] = [0, clip.frames].map(|frame| timecode.text(frame));
        let [record_in, record_out] = [record, end].map(|frame| timecode.text(frame));
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "\r\n{:03}  {reel:<8} V     C        {source_in} {source_out} {record_in} {record_out}\r\n\
             * FROM CLIP NAME: {}\r\n",
            number + 1,
            plain(&clip.name),
        );
        if let Some(media) = &clip.media {
            let (file, url) = (plain(&media.file_name), plain(&media.url));
            let _ = write!(text, "* SOURCE FILE: {file}\r\n* FROM FILE: {url}\r\n");
        }
        record = end;
    }
    Ok(text)
}

/// Converts a text to a line of ASCII.
fn plain(text: &str) -> String {
    // Line breaks, which have no ASCII of their own there.
    let line = text.replace(char::is_control, " ");
    let ascii = deunicode(&line);
    let printed = ascii.split(|letter: char| !(' '..='~').contains(&letter) || letter == ' ');
    let words: Vec<&str> = printed.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// How frames are counted.
#[derive(Debug, Clone, Copy)]
struct Timecode {
    /// The frames of a second of timecode.
    base: u64,
    /// How many numbers are left out at the beginning of a minute, except of
    /// every tenth.
    dropped: u64,
}

impl Timecode {
    fn of(edit: &Edit, drop_frame: bool) -> Result<Self> {
        let base = edit.timecode_base();
        let rate = edit.rate.as_f64();
        let is_ntsc = |whole: f64| (rate - whole * 1000.0 / 1001.0).abs() < 0.000_1;
        let dropped = match base {
            _ if !drop_frame => 0,
            30 if is_ntsc(30.0) => 2,
            60 if is_ntsc(60.0) => 4,
            _ => {
                return Err(Error::invalid(
                    "drop_frame is for productions of 29.97 or 59.94 frames per second",
                ));
            }
        };
        Ok(Self { base, dropped })
    }

    fn frames_of_ten_minutes(self) -> u64 {
        self.base * 600 - self.dropped * 9
    }

    fn frames_of_day(self) -> u64 {
        // 24:00:00:00 would be the next day's beginning.
        self.frames_of_ten_minutes() * 6 * 24 - 1
    }

    fn first_frame(self) -> u64 {
        self.frames_of_ten_minutes() * FIRST_SECOND / 600
    }

    /// The timecode of a frame: `01:00:02:12`, with a semicolon before the frames
    /// if some are dropped.
    fn text(self, frame: u64) -> String {
        let (tens, rest) = (
            frame / self.frames_of_ten_minutes(),
            frame % self.frames_of_ten_minutes(),
        );
        let of_minute = self.base * 60 - self.dropped;
        let minutes = rest.saturating_sub(self.dropped) / of_minute;
        let number = frame + self.dropped * (tens * 9 + minutes);
        let (seconds, frames) = (number / self.base, number % self.base);
        let mark = if self.dropped > 0 { ';' } else { ':' };
        format!(
            "{:02}:{:02}:{:02}{mark}{frames:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
        )
    }
}

/// The names of reels, of which each source has one.
#[derive(Debug, Default)]
struct Reels {
    by_source: HashMap<Uuid, String>,
    taken: HashSet<String>,
    /// By the beginning of a name, the last number that was put behind it.
    numbers: HashMap<String, usize>,
}

impl Reels {
    /// The name of a source, made of that of its entity.
    fn of(&mut self, source: Uuid, entity: &str) -> String {
        if let Some(reel) = self.by_source.get(&source) {
            return reel.clone();
        }
        let letters = deunicode(entity);
        let letters = letters
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .map(|letter| letter.to_ascii_uppercase());
        let mut base: String = letters.take(REEL_LETTERS).collect();
        if base.is_empty() {
            "REEL".clone_into(&mut base);
        }
        let mut reel = base.clone();
        while NO_REELS.contains(&reel.as_str()) || self.taken.contains(&reel) {
            let number = self.numbers.entry(base.clone()).or_insert(1);
            *number += 1;
            let number = format!("_{number}");
            let kept = base.len().min(REEL_LETTERS.saturating_sub(number.len()));
            reel = format!("{}{number}", &base[..kept]);
        }
        self.taken.insert(reel.clone());
        self.by_source.insert(source, reel.clone());
        reel
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::edit;
    use super::*;

    #[test]
    fn clips_follow_each_other() {
        let mut edit = edit("23.976", &[("SH010", 100), ("sh 20 \u{e9}\n\"x\"", 24)]);
        edit.clips[1].media = None;
        let written = write(&edit, false).unwrap();
        let expected = [
            "TITLE: Dailies",
            "FCM: NON-DROP FRAME",
            "",
            "001  SH010    V     C        00:00:00:00 00:00:04:04 01:00:00:00 01:00:04:04",
            "* FROM CLIP NAME: SQ01_SH010_Layout_v2",
            "* SOURCE FILE: film_SH010.mp4",
            "* FROM FILE: https://studio.test/SH010.mp4",
            "",
            "002  SH20EX   V     C        00:00:00:00 00:00:01:00 01:00:04:04 01:00:05:04",
            "* FROM CLIP NAME: SQ01_sh 20 e \"x\"_Layout_v2",
            "",
        ];
        assert_eq!(written.split("\r\n").collect::<Vec<_>>(), expected);
    }

    #[test]
    fn dropped_numbers_are_left_out() {
        let ntsc = edit("29.97", &[]);
        let timecode = Timecode::of(&ntsc, true).unwrap();
        for (frame, text) in [
            (0, "00:00:00;00"),
            (1799, "00:00:59;29"),
            (1800, "00:01:00;02"),
            (3597, "00:01:59;29"),
            (3598, "00:02:00;02"),
            (17_981, "00:09:59;29"),
            (17_982, "00:10:00;00"),
            (timecode.first_frame(), "01:00:00;00"),
            (timecode.frames_of_day(), "23:59:59;29"),
        ] {
            assert_eq!(timecode.text(frame), text, "{frame}");
        }
        let double = Timecode::of(&edit("59.94", &[]), true).unwrap();
        assert_eq!(double.text(3600), "00:01:00;04");
        let written = write(&ntsc, true).unwrap();
        assert!(written.contains("FCM: DROP FRAME"), "{written}");
        for fps in ["24", "23.976", "25", "30", "60", "12.5"] {
            assert!(Timecode::of(&edit(fps, &[]), true).is_err(), "{fps}");
        }
    }

    #[test]
    fn what_does_not_fit_in_a_day_is_refused() {
        let day = 25 * 3600 * 23;
        assert!(write(&edit("25", &[("SH010", day - 1)]), false).is_ok());
        assert!(write(&edit("25", &[("SH010", day)]), false).is_err());
        let endless = edit("25", &[("SH010", u64::MAX), ("SH020", u64::MAX)]);
        assert!(write(&endless, false).is_err());
    }

    #[test]
    fn each_source_has_a_reel_of_its_own() {
        let mut reels = Reels::default();
        let names = [
            (1, "SH010", "SH010"),
            (2, "SH010", "SH010_2"),
            (1, "SH010", "SH010"),
            (3, "sequence-01 shot-010", "SEQUENCE"),
            (4, "sequence-01 shot-020", "SEQUEN_2"),
            (5, "bl", "BL_2"),
            (6, "\u{e9}t\u{e9} 1", "ETE1"),
            (7, "***", "REEL"),
            (8, "SH010_2", "SH010__2"),
        ];
        for (source, entity, expected) in names {
            assert_eq!(
                reels.of(Uuid::from_u128(source), entity),
                expected,
                "{entity}"
            );
        }
    }
}
