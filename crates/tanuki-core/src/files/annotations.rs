//! Drawings on previews (`preview_file.annotations`): a list of entries, each
//! with a time in seconds and the fabric.js objects that are drawn at it:
//! `{"time": 1.2, "drawing": {"objects": [{"id": …}]}}`.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{Error, FieldError, Result};

/// Maximum number of objects in the drawings of a preview.
const MAX_OBJECTS: usize = 20_000;

/// Maximum length of the drawings of a preview, in bytes of JSON.
const MAX_LENGTH: usize = 16 << 20;

/// Maximum number of errors in a response.
const MAX_ERRORS: usize = 100;

/// What a client draws, changes and erases. Entries have a `time`; keys that are
/// not known are kept.
#[derive(Debug, Clone, Default)]
pub struct AnnotationChanges {
    /// Entries whose objects are added to those of their time.
    pub additions: Vec<Map<String, Value>>,
    /// Entries whose objects replace those with the same ids at their time.
    pub updates: Vec<Map<String, Value>>,
    /// Entries with the ids, in `objects`, of the objects to remove.
    pub deletions: Vec<Map<String, Value>>,
}

impl AnnotationChanges {
    /// Checks that each entry has a time that is a number, and lists where lists
    /// are expected.
    ///
    /// # Errors
    /// [`Error::Fields`], by `additions.0.time` and the like.
    pub(super) fn check(&self) -> Result<()> {
        let mut errors = Vec::new();
        for (list, entries) in [
            ("additions", &self.additions),
            ("updates", &self.updates),
            ("deletions", &self.deletions),
        ] {
            for (place, entry) in entries.iter().enumerate() {
                let entry_errors = match list {
                    "deletions" => check_deletion(entry),
                    _ => check_entry(entry),
                };
                errors.extend(entry_errors.into_iter().map(|(field, message)| FieldError {
                    field: format!("{list}.{place}.{field}"),
                    message: message.into(),
                }));
                if errors.len() >= MAX_ERRORS {
                    return Err(Error::Fields(errors));
                }
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Fields(errors))
        }
    }
}

type EntryError = (String, &'static str);

fn check_time(entry: &Map<String, Value>) -> Option<EntryError> {
    let message = match entry.get("time") {
        None => "Field required",
        Some(Value::Number(time)) if time.as_f64().is_some_and(f64::is_finite) => return None,
        Some(_) => "Input should be a valid number",
    };
    Some(("time".into(), message))
}

fn check_entry(entry: &Map<String, Value>) -> Vec<EntryError> {
    const DICTIONARY: &str = "Input should be a valid dictionary";
    let mut errors: Vec<EntryError> = check_time(entry).into_iter().collect();
    let drawing = match entry.get("drawing") {
        None | Some(Value::Null) => return errors,
        Some(Value::Object(drawing)) => drawing,
        Some(_) => {
            errors.push(("drawing".into(), DICTIONARY));
            return errors;
        }
    };
    match drawing.get("objects") {
        None | Some(Value::Null) => {}
        Some(Value::Array(objects)) => {
            let wrong = objects.iter().enumerate();
            let wrong = wrong.filter(|(_, object)| !object.is_object());
            let field =
                |(place, _): (usize, &Value)| (format!("drawing.objects.{place}"), DICTIONARY);
            errors.extend(wrong.map(field).take(MAX_ERRORS));
        }
        Some(_) => errors.push(("drawing.objects".into(), "Input should be a valid list")),
    }
    errors
}

fn check_deletion(entry: &Map<String, Value>) -> Vec<EntryError> {
    let mut errors: Vec<EntryError> = check_time(entry).into_iter().collect();
    if entry
        .get("objects")
        .is_some_and(|objects| !objects.is_array() && !objects.is_null())
    {
        errors.push(("objects".into(), "Input should be a valid list"));
    }
    errors
}

/// The drawings of a preview.
#[derive(Debug)]
pub(super) struct Annotations {
    entries: Vec<Value>,
    /// The time of each entry; `None` if it has none.
    times: Vec<Option<f64>>,
    /// Half the duration of a frame, in seconds. Entries whose times are closer
    /// than that are of the same frame.
    tolerance: f64,
}

impl Annotations {
    /// `frame_rate` is that of the film; without one, times have to be equal.
    pub fn new(stored: Value, frame_rate: Option<f64>) -> Self {
        let mut entries = match stored {
            Value::Array(entries) => entries,
            _ => Vec::new(),
        };
        entries.iter_mut().filter_map(objects_of).for_each(name);
        Self {
            times: entries.iter().map(time_of).collect(),
            entries,
            tolerance: frame_rate.map_or(0.0, |rate| 0.5 / rate),
        }
    }

    /// Applies additions, updates and deletions, in this order. Entries that
    /// are left without objects are dropped.
    pub fn apply(&mut self, changes: AnnotationChanges) {
        for entry in changes.additions {
            self.add(entry);
        }
        for entry in changes.updates {
            self.replace(entry);
        }
        for entry in &changes.deletions {
            self.remove(entry);
        }
    }

    /// Returns the entries with objects, for storage.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is more than a preview may have.
    pub fn into_stored(self) -> Result<Value> {
        let mut entries = self.entries;
        let mut total = 0;
        entries.retain_mut(|entry| {
            let objects = objects_of(entry).map_or(0, |objects| objects.len());
            total += objects;
            objects > 0
        });
        if total > MAX_OBJECTS {
            return Err(Error::invalid(format!(
                "The annotations of a preview have at most {MAX_OBJECTS} objects"
            )));
        }
        let annotations = Value::Array(entries);
        crate::json_input::check_depth("annotations", &annotations)?;
        if length(&annotations) > MAX_LENGTH {
            let megabytes = MAX_LENGTH >> 20;
            return Err(Error::invalid(format!(
                "The annotations of a preview have at most {megabytes} MiB"
            )));
        }
        Ok(annotations)
    }

    /// Returns the index of the entry of a time: the last with that very time,
    /// else the closest within half a frame.
    fn find(&self, time: f64) -> Option<usize> {
        let exact = self.times.iter().rposition(|other| *other == Some(time));
        let distances = || {
            let times = self.times.iter().enumerate();
            times.filter_map(|(at, other)| Some((at, (other.as_ref()? - time).abs())))
        };
        exact.or_else(|| {
            distances()
                .filter(|(_, distance)| *distance < self.tolerance)
                .min_by(|(_, one), (_, other)| one.total_cmp(other))
                .map(|(at, _)| at)
        })
    }

    /// Returns the objects of the entry that is drawn at the time of `of`.
    fn objects_at(&mut self, of: &Map<String, Value>) -> Option<&mut Vec<Value>> {
        let at = self.find(of.get("time")?.as_f64()?)?;
        objects_of(self.entries.get_mut(at)?)
    }

    fn add(&mut self, entry: Map<String, Value>) {
        let mut entry = entry;
        let mut new = taken_objects(&mut entry);
        name(&mut new);
        let Some(objects) = self.objects_at(&entry) else {
            self.times.push(entry.get("time").and_then(Value::as_f64));
            let mut entry = Value::Object(entry);
            if let Some(objects) = objects_of(&mut entry) {
                *objects = new;
            }
            self.entries.push(entry);
            return;
        };
        let known: HashSet<Value> = objects.iter().filter_map(id_of).cloned().collect();
        new.retain(|object| id_of(object).is_none_or(|id| !known.contains(id)));
        objects.append(&mut new);
    }

    fn replace(&mut self, entry: Map<String, Value>) {
        let mut entry = entry;
        let mut new = taken_objects(&mut entry);
        let Some(objects) = self.objects_at(&entry) else {
            return;
        };
        let known: HashSet<Value> = objects.iter().filter_map(id_of).cloned().collect();
        new.retain(|object| id_of(object).is_some_and(|id| known.contains(id)));
        let replaced: HashSet<&Value> = new.iter().filter_map(id_of).collect();
        objects.retain(|object| id_of(object).is_none_or(|id| !replaced.contains(id)));
        objects.append(&mut new);
    }

    fn remove(&mut self, entry: &Map<String, Value>) {
        let Some(Value::Array(ids)) = entry.get("objects") else {
            return;
        };
        let removed: HashSet<&Value> = ids.iter().collect();
        if let Some(objects) = self.objects_at(entry) {
            objects.retain(|object| id_of(object).is_none_or(|id| !removed.contains(id)));
        }
    }
}

/// Returns the time of an entry; older clients stored some as text.
pub(super) fn time_of(entry: &Value) -> Option<f64> {
    let time = match entry.get("time")? {
        Value::String(text) => text.trim().parse().ok()?,
        time => time.as_f64()?,
    };
    f64::is_finite(time).then_some(time)
}

/// Returns the objects of an entry, which gets an empty list if it has none.
/// `None` if it is no object.
fn objects_of(entry: &mut Value) -> Option<&mut Vec<Value>> {
    let entry = entry.as_object_mut()?;
    let drawing = entry.entry("drawing").or_insert_with(|| json!({}));
    if !drawing.is_object() {
        *drawing = json!({});
    }
    let drawing = drawing.as_object_mut()?;
    let objects = drawing.entry("objects").or_insert_with(|| json!([]));
    if !objects.is_array() {
        *objects = json!([]);
    }
    objects.as_array_mut()
}

/// Takes the objects out of an entry of a request.
fn taken_objects(entry: &mut Map<String, Value>) -> Vec<Value> {
    let drawing = entry.get_mut("drawing").and_then(Value::as_object_mut);
    match drawing.and_then(|drawing| drawing.get_mut("objects")) {
        Some(Value::Array(objects)) => std::mem::take(objects),
        _ => Vec::new(),
    }
}

/// Gives the objects without an id one.
fn name(objects: &mut Vec<Value>) {
    for object in objects {
        if id_of(object).is_none()
            && let Some(object) = object.as_object_mut()
        {
            object.insert("id".into(), Uuid::new_v4().to_string().into());
        }
    }
}

/// Returns the id of an object. One that is null, empty or 0 is none.
fn id_of(object: &Value) -> Option<&Value> {
    let id = object.get("id")?;
    let is_none = id.is_null() || id == "" || id == false || id.as_f64() == Some(0.0);
    (!is_none).then_some(id)
}

/// Returns the length of a value as JSON, in bytes.
fn length(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Fails only if the writer does.
    let _written = serde_json::to_writer(&mut counter, value);
    counter.0
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{AnnotationChanges, Annotations, MAX_OBJECTS};
    use crate::Error;

    fn list(entries: Value) -> Vec<serde_json::Map<String, Value>> {
        serde_json::from_value(entries).unwrap()
    }

    fn entry(time: f64, ids: &[&str]) -> Value {
        let objects: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        json!({"time": time, "drawing": {"objects": objects}})
    }

    fn merged(stored: Value, changes: AnnotationChanges) -> Value {
        let mut annotations = Annotations::new(stored, Some(25.0));
        annotations.apply(changes);
        annotations.into_stored().unwrap()
    }

    fn adding(entries: Value) -> AnnotationChanges {
        AnnotationChanges {
            additions: list(entries),
            ..AnnotationChanges::default()
        }
    }

    #[test]
    fn what_is_drawn_on_one_frame_is_one_entry() {
        let stored = json!([entry(1.2, &["a"])]);
        let changes = adding(json!([
            entry(1.2, &["a", "b"]),
            entry(1.2099, &["c"]),
            entry(1.24, &["d"]),
            entry(1.2401, &["e"]),
        ]));
        assert_eq!(
            merged(stored, changes),
            json!([entry(1.2, &["a", "b", "c"]), entry(1.24, &["d", "e"])])
        );
    }

    #[test]
    fn without_a_frame_rate_times_are_compared_exactly() {
        let mut annotations = Annotations::new(json!([entry(1.2, &["a"])]), None);
        annotations.apply(adding(json!([entry(1.2001, &["b"]), entry(1.2, &["c"])])));
        assert_eq!(
            annotations.into_stored().unwrap(),
            json!([entry(1.2, &["a", "c"]), entry(1.2001, &["b"])])
        );
    }

    #[test]
    fn objects_are_replaced_and_removed_by_their_ids() {
        let stored = json!([entry(0.0, &["a", "b", "c"]), entry(2.0, &["d"])]);
        let changes = AnnotationChanges {
            updates: list(json!([
                {"time": 0, "drawing": {"objects": [{"id": "a", "x": 1}, {"id": "unknown"}, {}]}},
                {"time": 9, "drawing": {"objects": [{"id": "d", "x": 1}]}},
            ])),
            deletions: list(json!([
                {"time": 0, "objects": ["c", "unknown"]},
                {"time": 2, "objects": ["d"]},
                {"time": 2},
            ])),
            ..AnnotationChanges::default()
        };
        assert_eq!(
            merged(stored, changes),
            json!([{"time": 0.0, "drawing": {"objects": [{"id": "b"}, {"id": "a", "x": 1}]}}])
        );
    }

    #[test]
    fn objects_get_ids_and_unknown_keys_stay() {
        let stored = json!([
            {"time": 1, "width": 100, "drawing": {"version": "4", "objects": [{"type": "path"}]}},
        ]);
        let changes = adding(json!([
            {"time": 3, "height": 7, "drawing": {"objects": [{"id": "", "x": 1}, {"id": null}]}},
        ]));
        let all = merged(stored, changes);
        assert_eq!(all[0]["width"], 100);
        assert_eq!(all[0]["drawing"]["version"], "4");
        assert_eq!(all[1]["height"], 7);
        for pointer in [
            "/0/drawing/objects/0/id",
            "/1/drawing/objects/0/id",
            "/1/drawing/objects/1/id",
        ] {
            let id = all.pointer(pointer).unwrap().as_str().unwrap();
            assert_eq!(id.len(), 36, "{pointer}");
        }
    }

    #[test]
    fn rows_of_any_shape_can_be_drawn_on() {
        for stored in [
            Value::Null,
            json!({}),
            json!([1, null, "text", {}, {"time": null}, {"time": 1, "drawing": 3}]),
            json!([{"time": "1", "drawing": {"objects": null}}]),
        ] {
            let all = merged(stored, adding(json!([entry(1.0, &["a"])])));
            let entries = all.as_array().unwrap();
            assert_eq!(entries.len(), 1);
            assert_eq!(entries[0]["drawing"]["objects"], json!([{"id": "a"}]));
        }
    }

    #[test]
    fn wrong_entries_are_named() {
        let changes = AnnotationChanges {
            additions: list(json!([
                {}, {"time": "1.2"}, {"time": null}, {"time": 1, "drawing": []},
                {"time": 1, "drawing": {"objects": {}}},
                {"time": 1, "drawing": {"objects": [{}, 3]}}, {"time": 1, "drawing": null},
            ])),
            updates: list(json!([{"time": true}])),
            deletions: list(json!([{"time": 1, "objects": "a"}, {"objects": ["a"]}])),
        };
        let Err(Error::Fields(errors)) = changes.check() else {
            panic!("nothing is wrong");
        };
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let expected = [
            "additions.0.time",
            "additions.1.time",
            "additions.2.time",
            "additions.3.drawing",
            "additions.4.drawing.objects",
            "additions.5.drawing.objects.1",
            "updates.0.time",
            "deletions.0.objects",
            "deletions.1.time",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn too_much_is_refused() {
        let many: Vec<Value> = (0..=MAX_OBJECTS).map(|_| json!({"x": 1})).collect();
        let mut annotations = Annotations::new(Value::Null, Some(24.0));
        annotations.apply(adding(json!([{"time": 0, "drawing": {"objects": many}}])));
        assert!(matches!(
            annotations.into_stored(),
            Err(Error::Invalid { .. })
        ));
        let text = "x".repeat(17 << 20);
        let mut annotations = Annotations::new(Value::Null, Some(24.0));
        annotations.apply(adding(
            json!([{"time": 0, "drawing": {"objects": [{"path": text}]}}]),
        ));
        assert!(matches!(
            annotations.into_stored(),
            Err(Error::Invalid { .. })
        ));
    }
}
