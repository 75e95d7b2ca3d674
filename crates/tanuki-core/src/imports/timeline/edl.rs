//! Reads edit decision lists (CMX 3600): a line for each cut, with notes below.
//!
//! ```text
//! 002  AX  V  C  00:00:00:10 00:00:02:00 01:00:01:00 01:00:02:15
//! * FROM CLIP NAME: SQ01_SH020
//! ```

use std::collections::HashMap;

use super::clips::{Clip, Clips};
use super::otio::stem;

/// The most events of a file with a picture, black and halves of dissolves
/// included.
const MAX_EVENTS: usize = 20_000;

/// A cut or dissolve on a picture track.
#[derive(Debug)]
struct Event {
    line: usize,
    track: String,
    /// Whether the clip is the one that a dissolve or wipe goes to.
    is_dissolve: bool,
    /// Whether it is black, which needs no name.
    is_black: bool,
    /// First frame and the frame behind the last, in the edit.
    record: (i64, i64),
    from: Option<String>,
    to: Option<String>,
    /// The name of a file, if there is none of a clip.
    file: Option<String>,
}

/// Reads the clips on the picture tracks. `fps`: frames per second of the
/// production, of which time codes count the next whole number.
///
/// # Errors
///
/// What is wrong, in words, with the line.
pub(super) fn read(bytes: &[u8], fps: f64) -> Result<Vec<Clip>, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader {
        base: fps.ceil() as i64,
        is_ntsc: fps.fract() != 0.0,
        is_drop: false,
        events: Vec::new(),
        current: None,
    };
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        reader
            .read(line, number + 1)
            .map_err(|message| format!("line {}: {message}", number + 1))?;
    }
    reader.clips()
}

struct Reader {
    /// Frames that a second of a time code counts.
    base: i64,
    /// Whether seconds have no whole number of frames: only then are numbers
    /// dropped, whatever the file says.
    is_ntsc: bool,
    is_drop: bool,
    events: Vec<Event>,
    /// The event that notes are about; `None` if it has no picture.
    current: Option<usize>,
}

impl Reader {
    fn read(&mut self, line: &str, number: usize) -> Result<(), String> {
        let upper = line.to_uppercase();
        if line.is_empty() || upper.starts_with("TITLE:") {
            return Ok(());
        }
        if let Some(mode) = upper.strip_prefix("FCM:") {
            self.is_drop = mode.trim().starts_with("DROP");
            return Ok(());
        }
        if let Some(note) = line.strip_prefix('*') {
            self.note(note.trim());
            return Ok(());
        }
        if upper.starts_with("FROM ") || upper.starts_with("TO ") {
            self.note(line);
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if !first.starts_with(|letter: char| letter.is_ascii_digit()) {
            // Speeds (M2), sources and effects of single programs.
            return match self.events.is_empty() && self.current.is_none() && number <= 1 {
                true => Err("an event is expected".to_owned()),
                false => Ok(()),
            };
        }
        self.event(line, number)
    }

    /// Reads what a note says about the event above it.
    fn note(&mut self, note: &str) {
        let Some(event) = self.current.and_then(|at| self.events.get_mut(at)) else {
            return;
        };
        let Some((title, name)) = note.split_once(':') else {
            return;
        };
        let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        match title.trim().to_uppercase().as_str() {
            "FROM CLIP NAME" => event.from = name,
            "FROM CLIP" | "FROM FILE" => event.file = name,
            "TO CLIP NAME" => event.to = name,
            _ => {}
        }
    }

    /// Reads a line such as `001 REEL V C 00:00:00:00 … 01:00:01:00`. Dissolves
    /// have their length after the `D`.
    fn event(&mut self, line: &str, number: usize) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.len() < 8 {
            return Err("an event has a number, a reel, a track, an edit and four times".into());
        }
        let (track, edit) = (words[2].to_uppercase(), words[3].to_uppercase());
        let times = &words[words.len() - 4..];
        let record = (self.frame(times[2])?, self.frame(times[3])?);
        self.frame(times[0])?;
        self.frame(times[1])?;
        self.current = None;
        let has_picture = track == "B" || track.contains('V');
        if !has_picture {
            return Ok(());
        }
        // B and AA/V are the first picture track with its sound.
        let track = match track.find('V') {
            Some(at) => track[at..].to_owned(),
            None => "V".to_owned(),
        };
        if self.events.len() >= MAX_EVENTS {
            return Err(format!("a file may have {MAX_EVENTS} events"));
        }
        self.current = Some(self.events.len());
        self.events.push(Event {
            line: number,
            track,
            is_dissolve: edit != "C",
            is_black: ["BL", "BLACK"].contains(&words[1].to_uppercase().as_str()),
            record,
            from: None,
            to: None,
            file: None,
        });
        Ok(())
    }

    /// Reads a time code, or a number of frames.
    fn frame(&self, text: &str) -> Result<i64, String> {
        let wrong = || {
            let begin: String = text.chars().take(40).collect();
            format!("{begin} is no time code")
        };
        let is_drop = self.is_drop || text.contains(';');
        let parts = text.split([':', ';', '.']).map(str::parse::<u32>);
        let parts: Vec<u32> = parts.collect::<Result<_, _>>().map_err(|_| wrong())?;
        let [hours, minutes, seconds, frames] = match parts[..] {
            [frames] => return Ok(frames.into()),
            [hours, minutes, seconds, frames] => [hours, minutes, seconds, frames].map(i64::from),
            _ => return Err(wrong()),
        };
        if hours > 99 || minutes > 59 || seconds > 59 || frames >= self.base {
            return Err(wrong());
        }
        let all_minutes = hours * 60 + minutes;
        let counted = (all_minutes * 60 + seconds) * self.base + frames;
        // Two numbers of 30 are left out each minute, but not each tenth.
        let left_out = match is_drop && self.is_ntsc && self.base % 30 == 0 {
            true => (all_minutes - all_minutes / 10) * (self.base / 15),
            false => 0,
        };
        Ok(counted - left_out)
    }

    /// Returns the clips, track by track. Each track begins with the event that is
    /// first in the edit.
    fn clips(self) -> Result<Vec<Clip>, String> {
        let mut tracks: HashMap<&str, (usize, i64)> = HashMap::new();
        for event in &self.events {
            let place = tracks.len();
            let (_, start) = tracks
                .entry(&event.track)
                .or_insert((place, event.record.0));
            *start = (*start).min(event.record.0);
        }
        let mut events: Vec<(&Event, (usize, i64))> = self
            .events
            .iter()
            .map(|event| (event, tracks[event.track.as_str()]))
            .collect();
        events.sort_by_key(|(_, (place, _))| *place);
        let mut clips = Clips::default();
        for (event, (_, start)) in events {
            let clip = event.clip(start);
            let clip = clip.and_then(|clip| clip.map_or(Ok(()), |clip| clips.add(clip)));
            clip.map_err(|message| format!("line {}: {message}", event.line))?;
        }
        Ok(clips.done())
    }
}

impl Event {
    /// Returns its clip, of a track that begins at `start`; `None` for black, and
    /// for the half of a dissolve that the clip before it has already.
    fn clip(&self, start: i64) -> Result<Option<Clip>, String> {
        let length = self.record.1 - self.record.0;
        let named = match self.is_dissolve {
            true => self.to.as_deref().or(self.from.as_deref()),
            false => self.from.as_deref(),
        };
        let named = named.or(self.file.as_deref());
        if length == 0 || (self.is_black && named.is_none()) {
            return Ok(None);
        }
        if length < 0 {
            return Err("the event ends before it begins".into());
        }
        let first = self.record.0 - start;
        let file = named.unwrap_or_default().rsplit(['/', '\\']).next();
        Ok(Some(Clip {
            name: stem(file.unwrap_or_default()).to_owned(),
            frames: Some((first, first + length - 1)),
            length: Some(length),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, fps: f64) -> Vec<(String, (i64, i64))> {
        let clips = read(text.as_bytes(), fps).unwrap();
        let frames = |clip: Clip| (clip.name, clip.frames.unwrap());
        clips.into_iter().map(frames).collect()
    }

    #[test]
    fn events_become_clips() {
        let text = "TITLE: Edit\r\nFCM: NON-DROP FRAME\r\n\r\n\
            001  AX V  C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\r\n\
            * FROM CLIP NAME: /x/a.mov\r\n\
            002  AX V  C        00:00:00:00 00:00:00:00 01:00:02:00 01:00:02:00\r\n\
            002  AX V  D 010    00:00:00:00 00:00:01:00 01:00:02:00 01:00:03:00\r\n\
            * FROM CLIP NAME: a\r\n* TO CLIP NAME: b\r\nM2 AX 050.0 00:00:00:00\r\n\
            003  AX A  C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\r\n\
            * FROM CLIP NAME: sound\r\n\
            003  BL V  C        00:00:00:00 00:00:01:00 01:00:03:00 01:00:04:00\r\n\
            004  AX AA/V2 C     0 10 90005 90015\r\n* FROM CLIP NAME: c\r\n\
            005  AX V2 C        0 10 90000 90005\r\n* FROM FILE: /x/d.mov\r\n";
        assert_eq!(
            found(text, 25.0),
            [
                ("a".to_owned(), (0, 24)),
                ("b".to_owned(), (50, 74)),
                ("c".to_owned(), (5, 14)),
                ("d".to_owned(), (0, 4)),
            ]
        );
        assert!(found("", 25.0).is_empty());
    }

    #[test]
    fn time_codes_count_whole_frames() {
        let event =
            |start: &str, end: &str| format!("001 AX V C 0 1 {start} {end}\n* FROM CLIP NAME: a\n");
        let first = |text: &str| found(text, 23.976)[0].1;
        assert_eq!(first(&event("00:00:01:00", "00:00:02:00")), (0, 23));
        // 29.97 frames per second without frames 0 and 1 of a minute.
        let drop = event("00:00:59;28", "00:01:00;02");
        assert_eq!(found(&drop, 29.97)[0].1, (0, 1));
        let whole = event("00:00:59:28", "00:01:00:02");
        assert_eq!(found(&whole, 29.97)[0].1, (0, 3));
        let of_whole_seconds = format!("FCM: DROP FRAME\n{whole}");
        assert_eq!(found(&of_whole_seconds, 30.0)[0].1, (0, 3));
    }

    #[test]
    fn events_and_names_have_a_limit() {
        let event = "1 A V C 0 0 0 0\n";
        let error = read(event.repeat(MAX_EVENTS + 1).as_bytes(), 25.0).unwrap_err();
        assert!(error.contains("20000 events"), "{error}");
        let tracks = (0..MAX_EVENTS).map(|at| format!("1 A V{at} C 0 0 0 0\n"));
        let tracks: String = tracks.collect();
        assert!(found(&tracks, 25.0).is_empty());
        let named = format!("1 A V C 0 1 0 1\n* FROM CLIP NAME: {}\n", "x".repeat(5000));
        let error = read(named.as_bytes(), 25.0).unwrap_err();
        assert!(error.len() < 100, "{error}");
    }

    #[test]
    fn wrong_lines_are_named() {
        for (text, message) in [
            ("nonsense", "line 1: an event"),
            ("001 AX V C 1 2", "line 1: an event has"),
            ("TITLE: x\n001 AX V C a 1 0 1", "line 2: a is no"),
            ("001 AX V C 00:00:00:25 1 0 1", "line 1: 00:00:00:25"),
            ("001 AX V C 0 1 5 1", "line 1: the event ends"),
            ("001 AX V C 0 1 0 4294967295", "line 1: the frames"),
        ] {
            let error = read(text.as_bytes(), 25.0).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
