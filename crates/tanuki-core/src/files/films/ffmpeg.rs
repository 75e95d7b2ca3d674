//! ffmpeg, looked for when it is needed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::json;
use tanuki_media::child::Limits;
use tanuki_media::film::{Ffmpeg, Programs};
use tanuki_store::Shape;
use tanuki_store::query::jobs;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::jobs::FILM;
use crate::settings::FilmSettings;
use crate::{Caller, Error, Files, JsonRow, Result};

/// How many requests have a film decoded at the same time.
const AT_ONCE: usize = 2;

/// How often the missing tiles of a film are made.
const ASKING: TimeDelta = TimeDelta::hours(1);

/// How many requests for tiles are remembered.
const MAX_ASKED: usize = 10_000;

/// Looks for ffmpeg until it is found, and remembers it.
#[derive(Debug)]
pub(crate) struct FfmpegFinder {
    programs: Programs,
    limits: Limits,
    found: Mutex<Option<Arc<Ffmpeg>>>,
    /// Permits for runs that a request waits for.
    permits: Semaphore,
    /// When the tiles of a film were last asked for.
    asked: std::sync::Mutex<HashMap<Uuid, NaiveDateTime>>,
}

impl FfmpegFinder {
    /// Looks for nothing yet.
    pub fn new(settings: &FilmSettings) -> Self {
        Self {
            programs: Programs {
                ffmpeg: settings.ffmpeg.clone(),
                ffprobe: settings.ffprobe.clone(),
            },
            limits: Limits {
                time: settings.time_limit,
                niceness: settings.niceness,
                is_bound: settings.is_bound,
                ..Limits::default()
            },
            found: Mutex::new(None),
            permits: Semaphore::new(AT_ONCE),
            asked: std::sync::Mutex::default(),
        }
    }

    /// Returns ffmpeg.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub async fn get(&self) -> Result<Arc<Ffmpeg>, String> {
        let mut found = self.found.lock().await;
        if let Some(ffmpeg) = &*found {
            return Ok(ffmpeg.clone());
        }
        let ffmpeg = Ffmpeg::find(&self.programs, self.limits).await?;
        Ok(found.insert(Arc::new(ffmpeg)).clone())
    }

    /// Waits until a run for a request may start.
    ///
    /// # Errors
    /// [`Error::Unavailable`] after that time.
    pub async fn permit(&self, wait: Duration) -> Result<SemaphorePermit<'_>> {
        match tokio::time::timeout(wait, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Unavailable(
                "too many films are being decoded".into(),
            )),
        }
    }

    /// Whether the tiles of a film were not asked for within the hour before.
    pub fn is_first_request(&self, id: Uuid, now: NaiveDateTime) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MAX_ASKED {
            asked.retain(|_, at| now - *at < ASKING);
        }
        let is_recent = asked.get(&id).is_some_and(|at| now - *at < ASKING);
        if is_recent || asked.len() >= MAX_ASKED {
            return false;
        }
        asked.insert(id, now);
        true
    }
}

/// The shape of [`Files::media_programs`].
pub fn media_programs_shape() -> Shape {
    Shape::object([
        ("ffmpeg", Shape::boolean()),
        ("version", Shape::text().or_null()),
        ("path", Shape::text().or_null()),
        ("encoders", Shape::text().list()),
        ("tone_mapping", Shape::boolean()),
        ("reason", Shape::text().or_null()),
    ])
}

impl Files<'_> {
    /// Looks for ffmpeg when the server starts: says in the log whether it is
    /// there, and has films encoded that waited for it.
    ///
    /// # Errors
    /// If the job queue cannot be written to.
    pub async fn prepare_films(self) -> Result<()> {
        match self.core.ffmpeg().get().await {
            Ok(ffmpeg) => {
                tracing::info!(version = ffmpeg.version(), "films are encoded by ffmpeg");
                let now = self.core.clock().timestamp();
                let mut transaction = self.core.database().begin().await?;
                jobs::hurry(&mut transaction, FILM.name, now).await?;
                transaction.commit().await?;
            }
            Err(reason) => tracing::warn!(
                reason,
                "films are not encoded: those that browsers play are kept as they are, others wait"
            ),
        }
        Ok(())
    }

    /// Returns which ffmpeg encodes films, or why none does. Requires an admin.
    /// JSON: `ffmpeg` (whether it is there), `version`, `path`, `encoders`,
    /// `tone_mapping`, `reason`.
    ///
    /// # Errors
    /// [`Error::Denied`](crate::Error::Denied) for everybody else.
    pub async fn media_programs(self, caller: &Caller) -> Result<JsonRow> {
        caller.require_admin()?;
        let found = self.core.ffmpeg().get().await;
        let report = match &found {
            Ok(ffmpeg) => json!({
                "ffmpeg": true,
                "version": ffmpeg.version(),
                "path": ffmpeg.path().to_string_lossy(),
                "encoders": ffmpeg.encoders(),
                "tone_mapping": ffmpeg.can_tone_map(),
                "reason": null,
            }),
            Err(reason) => json!({
                "ffmpeg": false,
                "version": null,
                "path": null,
                "encoders": [],
                "tone_mapping": false,
                "reason": reason,
            }),
        };
        Ok(match report {
            serde_json::Value::Object(report) => report,
            _ => JsonRow::new(),
        })
    }
}
