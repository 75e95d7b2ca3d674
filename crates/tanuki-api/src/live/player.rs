//! The state of the player in a review room.

use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The longest text in the state, in bytes.
const MAX_TEXT: usize = 200;

/// Keys of the state, in the order of the messages, that are null or false
/// unless a client says otherwise.
const KEYS: [(&str, Value); 15] = [
    ("user_id", Value::Null),
    ("local_id", Value::Null),
    ("is_playing", Value::Bool(false)),
    ("current_entity_id", Value::Null),
    ("current_entity_index", Value::Null),
    ("current_preview_file_id", Value::Null),
    ("current_preview_file_index", Value::Null),
    ("is_repeating", Value::Null),
    ("is_annotations_displayed", Value::Bool(false)),
    ("is_zoom_enabled", Value::Bool(false)),
    ("is_waveform_displayed", Value::Bool(false)),
    ("is_laser_mode", Value::Null),
    ("handle_in", Value::Null),
    ("handle_out", Value::Null),
    ("speed", Value::Null),
];

/// The keys of a comparison of two previews.
const COMPARING: [&str; 5] = [
    "enable",
    "task_type",
    "revision",
    "mode",
    "comparison_preview_index",
];

/// What the player of a room shows.
#[derive(Debug, Clone)]
pub(super) struct Player {
    values: [Value; KEYS.len()],
    current_frame: Value,
    comparing: Value,
}

impl Default for Player {
    fn default() -> Self {
        Self {
            values: KEYS.map(|(_, default)| default),
            current_frame: json!(0),
            comparing: json!({
                "enable": false,
                "task_type": null,
                "revision": null,
                "mode": "sidebyside",
                "comparison_preview_index": 0,
            }),
        }
    }
}

impl Player {
    /// Takes the state that a client sends. Keys that are missing get their
    /// defaults, but for the frame, the comparison and the speed, which stay as
    /// they are.
    pub fn update(&mut self, data: &Map<String, Value>) {
        for ((key, default), value) in KEYS.into_iter().zip(&mut self.values) {
            let sent = data.get(key);
            if key == "speed" {
                if let Some(speed) = sent.filter(|speed| speed.is_number()) {
                    *value = speed.clone();
                }
            } else {
                *value = sent
                    .filter(|sent| is_short(sent))
                    .cloned()
                    .unwrap_or(default);
            }
        }
        if let Some(frame) = data.get("current_frame").filter(|frame| is_short(frame)) {
            self.current_frame = frame.clone();
        }
        if let Some(Value::Object(comparing)) = data.get("comparing") {
            let known = COMPARING.into_iter().filter_map(|key| {
                let value = comparing.get(key).filter(|value| is_short(value))?;
                Some((key.to_owned(), value.clone()))
            });
            self.comparing = Value::Object(known.collect());
        }
    }

    /// The state as it is sent, with the people in the room.
    pub fn state(&self, playlist: Uuid, people: &[Uuid]) -> Map<String, Value> {
        let mut state = Map::new();
        state.insert("playlist_id".into(), json!(playlist));
        for ((key, _), value) in KEYS.into_iter().zip(&self.values) {
            if key == "is_playing" {
                state.insert("people".into(), json!(people));
            }
            if key == "is_repeating" {
                state.insert("current_frame".into(), self.current_frame.clone());
            }
            state.insert(key.to_owned(), value.clone());
        }
        state.insert("comparing".into(), self.comparing.clone());
        state
    }
}

/// Whether a value may be kept: no list, no object, no long text.
fn is_short(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.len() <= MAX_TEXT,
        Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            _ => Map::new(),
        }
    }

    #[test]
    fn what_is_not_sent_gets_its_default_or_stays() {
        let mut player = Player::default();
        player.update(&object(json!({
            "is_playing": true, "current_frame": 12, "speed": 2, "handle_in": 4,
            "comparing": {"enable": true, "secret": 1, "mode": ["x"]},
            "local_id": "x".repeat(300), "unknown": 1,
        })));
        player.update(&object(json!({"is_zoom_enabled": true})));
        let state = player.state(Uuid::nil(), &[]);
        assert_eq!(state["is_playing"], false);
        assert_eq!(state["is_zoom_enabled"], true);
        assert_eq!(state["current_frame"], 12);
        assert_eq!(state["speed"], 2);
        assert_eq!(state["handle_in"], Value::Null);
        assert_eq!(state["local_id"], Value::Null);
        assert_eq!(state["comparing"], json!({"enable": true}));
        assert!(!state.contains_key("unknown"));
    }
}
