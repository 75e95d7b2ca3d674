//! Films: the job that makes an uploaded film playable, with its pictures.
//!
//! The upload is kept as `movies/source-ID`, and the preview says `processing`
//! until the job ends: `ready`, or `broken` with a reason in its `data` (key
//! `tanuki_reason`). A film is encoded in a temporary folder; all that is made of
//! it is stored at once, with its row, so a job that is interrupted leaves
//! nothing and is run again.

mod burn_in;
mod ffmpeg;
pub(crate) mod frames;
mod maintenance;
mod making;
mod outcome;

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tanuki_files::{FileKind, Key};
use tanuki_media::film::FilmError;
use tanuki_store::query::files::films::{self, FilmPreview};

use crate::jobs::{Failure, Job, Outcome};
use crate::{Core, Files, Result};
pub use burn_in::BurnInParts;
pub(crate) use ffmpeg::FfmpegFinder;
pub use ffmpeg::media_programs_shape;
pub(crate) use frames::SHARP;
pub use maintenance::EncodingReport;
pub(crate) use making::take;

/// How often a film that waits for ffmpeg is looked at again.
pub(crate) const FFMPEG_WAIT: Duration = Duration::from_secs(60);

/// The argument of a job with the id of the preview.
pub(crate) const PREVIEW_ARGUMENT: &str = "preview_file_id";

/// The argument of a job that says whether the film is encoded (`true`) or kept
/// as it was sent.
pub(crate) const NORMALIZE_ARGUMENT: &str = "normalize";

/// The argument of a job that encodes a film again that is ready.
pub(crate) const AGAIN_ARGUMENT: &str = "again";

/// Runs a job of the kind [`FILM`](crate::jobs::FILM).
pub(crate) fn run(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { core.files().process_film(&job).await })
}

/// Marks the preview of a film whose job was given up or cancelled as broken.
pub(crate) fn give_up(core: Core, job: Job, reason: String) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        match job.id(PREVIEW_ARGUMENT) {
            Ok(id) => core.files().mark_broken(id, &reason).await,
            Err(_) => Ok(()),
        }
    })
}

impl Files<'_> {
    async fn process_film(self, job: &Job) -> Outcome {
        let id = job.id(PREVIEW_ARGUMENT)?;
        let Some(film) = films::by_id(self.core.database(), id).await? else {
            return Ok(Some("the preview was deleted".into()));
        };
        if film.status == "ready" && !job.flag(AGAIN_ARGUMENT, false) {
            return Ok(Some("it is ready already".into()));
        }
        let source = self.core.storage().local(Key::new(FileKind::Source, id));
        let Some(source) = source.await? else {
            let reason = "the film as it was sent is not stored";
            self.mark_missing(id, reason).await?;
            return Err(Failure::Final(reason.into()));
        };
        let is_encoded = job.flag(NORMALIZE_ARGUMENT, true) && !self.core.settings().films.skip;
        let made = match self.core.ffmpeg().get().await {
            Ok(ffmpeg) => {
                self.mark_processing(id).await?;
                if is_encoded {
                    self.encode(job, (id, &film), (&ffmpeg, source.path()))
                        .await
                } else {
                    self.keep_as_sent(id, (&ffmpeg, source.path())).await
                }
            }
            Err(missing) => match self.keep_playable(id, source.path()).await {
                Err(Failure::Final(reason)) => {
                    let reason = format!("it has to be encoded, since {reason}, but {missing}");
                    self.mark_broken(id, &reason).await?;
                    return Err(Failure::Waiting(reason, FFMPEG_WAIT));
                }
                made => made,
            },
        }?;
        self.finish_film(id, made).await
    }
}

impl From<FilmError> for Failure {
    fn from(error: FilmError) -> Self {
        match error {
            FilmError::Unusable(reason) => Self::Final(reason),
            FilmError::Temporary(reason) => Self::Temporary(reason),
        }
    }
}

/// Returns the setting of a shot, else that of its production; empty if neither
/// has it.
fn setting(film: &FilmPreview, key: &str, production: Option<&str>) -> String {
    let own = match film.entity_data.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    if own.trim().is_empty() {
        return production.unwrap_or_default().to_owned();
    }
    own
}
