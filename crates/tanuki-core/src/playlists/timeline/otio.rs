//! Edits as OpenTimelineIO files: the JSON of the library of that name, in the
//! schemas that its versions from 0.15 on write.

use serde_json::{Value, json};

use super::{Clip, Edit, FIRST_SECOND};
use crate::JsonRow;

/// The key of the one media that a clip has, as the library names it.
const ONLY_MEDIA: &str = "DEFAULT_MEDIA";

/// Writes an edit with one track of pictures. Rates are the exact fractions, so
/// 23.976 is 24000/1001.
pub(super) fn write(edit: &Edit) -> String {
    let rate = edit.rate.as_f64();
    let clips: Vec<Value> = edit.clips.iter().map(|clip| item(clip, rate)).collect();
    let first_frame = FIRST_SECOND * edit.timecode_base();
    let timeline = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": metadata(&edit.facts),
        "name": edit.name,
        "global_start_time": time(first_frame, rate),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "metadata": {},
            "name": "tracks",
            "source_range": null,
            "effects": [],
            "markers": [],
            "enabled": true,
            "children": [{
                "OTIO_SCHEMA": "Track.1",
                "metadata": {},
                "name": "V1",
                "source_range": null,
                "effects": [],
                "markers": [],
                "enabled": true,
                "children": clips,
                "kind": "Video",
            }],
        },
    });
    format!("{timeline:#}\n")
}

fn item(clip: &Clip, rate: f64) -> Value {
    let media = match &clip.media {
        Some(media) => json!({
            "OTIO_SCHEMA": "ExternalReference.1",
            "metadata": {},
            "name": media.file_name,
            "available_range": range(clip.frames, rate),
            "available_image_bounds": null,
            "target_url": media.url,
        }),
        None => json!({
            "OTIO_SCHEMA": "MissingReference.1",
            "metadata": {},
            "name": "",
            "available_range": null,
            "available_image_bounds": null,
        }),
    };
    json!({
        "OTIO_SCHEMA": "Clip.2",
        "metadata": metadata(&clip.facts),
        "name": clip.name,
        "source_range": range(clip.frames, rate),
        "effects": [],
        "markers": [],
        "enabled": true,
        "media_references": {ONLY_MEDIA: media},
        "active_media_reference_key": ONLY_MEDIA,
    })
}

fn metadata(facts: &JsonRow) -> Value {
    json!({"tanuki": facts})
}

fn range(frames: u64, rate: f64) -> Value {
    json!({
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": time(0, rate),
        "duration": time(frames, rate),
    })
}

fn time(frames: u64, rate: f64) -> Value {
    json!({"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": frames as f64})
}

#[cfg(test)]
mod tests {
    use super::super::tests::edit;
    use super::*;

    #[test]
    fn clips_are_in_order_with_exact_rates() {
        let mut edit = edit("23.98", &[("SH\"10\"", 100), ("Übergang", 48)]);
        edit.clips[1].media = None;
        let written: Value = serde_json::from_str(&write(&edit)).unwrap();
        let clips = &written["tracks"]["children"][0]["children"];
        assert_eq!(clips[0]["name"], "SQ01_SH\"10\"_Layout_v2");
        let rate = clips[0]["source_range"]["duration"]["rate"].as_f64();
        assert_eq!(rate, Some(24000.0 / 1001.0));
        let media = &clips[0]["media_references"]["DEFAULT_MEDIA"];
        assert_eq!(media["target_url"], "https://studio.test/SH\"10\".mp4");
        assert_eq!(
            media["available_range"]["duration"]["value"].as_f64(),
            Some(100.0)
        );
        let media = &clips[1]["media_references"]["DEFAULT_MEDIA"];
        assert_eq!(media["OTIO_SCHEMA"], "MissingReference.1");
        let start = written["global_start_time"]["value"].as_f64();
        assert_eq!(start, Some(86_400.0));
    }
}
