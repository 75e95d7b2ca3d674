//! Reads OpenTimelineIO files: the JSON of the library of that name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::clips::{Clip, Clips};

/// The most JSON objects of a file: a clip with its times and metadata has some
/// twenty.
const MAX_OBJECTS: usize = 300_000;

/// An object of the file. Keys that are not needed are skipped.
#[derive(Debug, Deserialize)]
struct Object {
    #[serde(rename = "OTIO_SCHEMA")]
    schema: String,
    name: Option<String>,
    source_range: Option<Range>,
    tracks: Option<Box<Object>>,
    kind: Option<String>,
    #[serde(default)]
    children: Vec<Object>,
    media_reference: Option<Media>,
    media_references: Option<BTreeMap<String, Media>>,
    active_media_reference_key: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Media {
    name: Option<String>,
    target_url: Option<String>,
    name_prefix: Option<String>,
    available_range: Option<Range>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Range {
    start_time: Time,
    duration: Time,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Time {
    value: f64,
    rate: f64,
}

impl Time {
    fn is_valid(self) -> bool {
        self.value.is_finite() && self.rate.is_finite() && self.rate > 0.0
    }

    /// The same time at another rate.
    fn at(self, rate: f64) -> f64 {
        if self.rate == rate {
            return self.value;
        }
        self.value * rate / self.rate
    }

    /// The sum, at the higher rate.
    fn plus(self, other: Self) -> Self {
        let rate = self.rate.max(other.rate);
        let value = self.at(rate) + other.at(rate);
        Self { value, rate }
    }

    fn frames(self) -> i64 {
        self.value as i64
    }
}

impl Object {
    /// The name of the schema without its version.
    fn kind(&self) -> &str {
        self.schema.split('.').next().unwrap_or_default()
    }

    fn is_transition(&self) -> bool {
        self.kind() == "Transition"
    }

    fn media(&self) -> Option<&Media> {
        let key = self.active_media_reference_key.as_deref();
        let of_several = self.media_references.as_ref();
        of_several
            .and_then(|media| media.get(key.unwrap_or("DEFAULT_MEDIA")))
            .or(self.media_reference.as_ref())
    }

    /// What is shown of the object; `None` if it does not say so. Objects are
    /// nested as the JSON is, whose depth the parser limits.
    fn range(&self) -> Option<Range> {
        let start = |duration: Time| Range {
            start_time: Time {
                value: 0.0,
                ..duration
            },
            duration,
        };
        let own = self.source_range.or_else(|| match self.kind() {
            "Track" => {
                let children = self.children.iter().filter(|child| !child.is_transition());
                let mut durations = children.map(|child| Some(child.range()?.duration));
                let first = durations.next()??;
                durations
                    .try_fold(first, |sum, next| Some(sum.plus(next?)))
                    .map(start)
            }
            "Stack" => {
                let mut longest: Option<Time> = None;
                for child in &self.children {
                    let duration = child.range()?.duration;
                    let is_longer =
                        longest.is_none_or(|known| duration.at(known.rate) > known.value);
                    if is_longer {
                        longest = Some(duration);
                    }
                }
                longest.map(start)
            }
            _ => self.media()?.available_range,
        });
        own.filter(|range| range.start_time.is_valid() && range.duration.is_valid())
    }

    /// The name of a clip without what follows its last point, or else that of
    /// its media.
    fn clip_name(&self) -> String {
        let own = stem(self.name.as_deref().unwrap_or_default());
        if !own.is_empty() {
            return own.to_owned();
        }
        let Some(media) = self.media() else {
            return String::new();
        };
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let address = || {
            let url = given(&media.target_url)?;
            let file = url.rsplit('/').next().unwrap_or_default();
            Some(stem(file).to_owned())
        };
        given(&media.name_prefix)
            .or_else(|| given(&media.name).map(|name| stem(&name).to_owned()))
            .or_else(address)
            .unwrap_or_default()
    }
}

/// A file name without its extension. A name that begins with a point has none.
pub(super) fn stem(name: &str) -> &str {
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[file..].rfind('.') {
        Some(at) if !name[file..file + at].trim_start_matches('.').is_empty() => &name[..file + at],
        _ => name,
    }
}

/// Reads the clips on the picture tracks of a timeline.
///
/// # Errors
///
/// What is wrong, in words.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Clip>, String> {
    // Each takes some hundred bytes of memory, however short it is in the file.
    if bytes.iter().filter(|byte| **byte == b'{').count() > MAX_OBJECTS {
        return Err(format!("a file may have {MAX_OBJECTS} objects"));
    }
    let timeline: Object = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("line {line}, column {column}: no JSON of OpenTimelineIO")
    })?;
    if timeline.kind() != "Timeline" {
        let kind = timeline.kind();
        return Err(format!("a timeline is expected, and not {kind}"));
    }
    let mut clips = Clips::default();
    let tracks = timeline.tracks.map(|stack| stack.children);
    for track in tracks.unwrap_or_default() {
        if track.kind() == "Track" && track.kind.as_deref() == Some("Video") {
            read_track(&track, &mut clips)?;
        }
    }
    Ok(clips.done())
}

fn read_track(track: &Object, clips: &mut Clips) -> Result<(), String> {
    // Where the next object begins; `None` behind one whose length is unknown.
    let mut before: Option<Option<Time>> = Some(None);
    for object in &track.children {
        if object.is_transition() {
            continue;
        }
        let range = object.range();
        if object.kind() == "Clip" {
            let start = match (before, range) {
                (Some(start), Some(range)) => Some(start.unwrap_or(Time {
                    value: 0.0,
                    ..range.duration
                })),
                (None, Some(range)) => Some(range.start_time),
                (_, None) => None,
            };
            let frames = start.zip(range).map(|(start, range)| {
                let first = start.plus(Time {
                    value: 0.0,
                    ..range.duration
                });
                (first.frames(), last_frame(first, range.duration))
            });
            clips.add(Clip {
                name: object.clip_name(),
                frames,
                length: range.map(|range| range.duration.frames()),
            })?;
        }
        before = match (before, range) {
            (Some(None), Some(range)) => Some(Some(range.duration)),
            (Some(Some(sum)), Some(range)) => Some(Some(sum.plus(range.duration))),
            _ => None,
        };
    }
    Ok(())
}

/// The last frame of a range that begins at a time.
fn last_frame(start: Time, duration: Time) -> i64 {
    let end = start.plus(duration);
    let length = duration.at(end.rate);
    if length <= 1.0 {
        return start.frames();
    }
    if length == length.floor() {
        return (end.value - 1.0) as i64;
    }
    end.value.floor() as i64
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn range(start: f64, length: f64, rate: f64) -> Value {
        json!({
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "value": start, "rate": rate},
            "duration": {"OTIO_SCHEMA": "RationalTime.1", "value": length, "rate": rate},
        })
    }

    fn timeline(children: Value) -> Vec<u8> {
        let track = json!({"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": children});
        let tracks = json!({"OTIO_SCHEMA": "Stack.1", "children": [track]});
        json!({"OTIO_SCHEMA": "Timeline.1", "tracks": tracks})
            .to_string()
            .into_bytes()
    }

    fn clip(name: &str, range: Value) -> Value {
        json!({"OTIO_SCHEMA": "Clip.2", "name": name, "source_range": range})
    }

    #[test]
    fn clips_follow_each_other() {
        let gap = json!({"OTIO_SCHEMA": "Gap.1", "source_range": range(0.0, 5.0, 24.0)});
        let nested = json!({
            "OTIO_SCHEMA": "Stack.1",
            "children": [{
                "OTIO_SCHEMA": "Track.1",
                "children": [clip("in", range(0.0, 4.0, 24.0)), clip("in", range(0.0, 2.0, 24.0))],
            }, clip("in", range(0.0, 3.0, 24.0))],
        });
        let fade = json!({"OTIO_SCHEMA": "Transition.1"});
        let clips = read(&timeline(json!([
            clip("a.mov", range(100.0, 10.0, 24.0)),
            fade,
            gap,
            clip("b", range(0.0, 1.0, 24.0)),
            nested,
            clip("c", range(0.0, 48.0, 48.0)),
            clip("d", range(7.0, 2.0, 24.0)),
            clip("e", Value::Null),
            clip("f", range(7.0, 2.5, 24.0)),
        ])))
        .unwrap();
        let found: Vec<_> = clips
            .iter()
            .map(|clip| (clip.name.as_str(), clip.frames, clip.length))
            .collect();
        assert_eq!(
            found,
            [
                ("a", Some((0, 9)), Some(10)),
                ("b", Some((15, 15)), Some(1)),
                ("c", Some((44, 91)), Some(48)),
                ("d", Some((92, 95)), Some(2)),
                ("e", None, None),
                ("f", Some((7, 9)), Some(2)),
            ]
        );
    }

    #[test]
    fn what_is_no_timeline_is_refused() {
        let deep = "[".repeat(100_000);
        for wrong in ["", "5", "[]", "{}", r#"{"OTIO_SCHEMA": "Track.1"}"#, &deep] {
            assert!(read(wrong.as_bytes()).is_err());
        }
        let endless = timeline(json!([clip("a", range(0.0, 1.0, 0.0))]));
        assert_eq!(read(&endless).unwrap()[0].frames, None);
    }

    #[test]
    fn a_name_loses_its_extension() {
        for (name, expected) in [
            ("a.mov", "a"),
            ("a.b.mov", "a.b"),
            ("a", "a"),
            (".hidden", ".hidden"),
            ("", ""),
        ] {
            assert_eq!(stem(name), expected);
        }
    }
}
