//! The job that builds the film of a playlist.

use futures_util::future::BoxFuture;
use serde_json::Value;
use tanuki_files::{FileKind, Key, Scratch, StagedFile};
use tanuki_media::film::{Canvas, Ffmpeg, JoinedFilm, Joining, Rate};
use tanuki_store::query::playlists::{self, PlaylistContext};
use tanuki_store::query::rows;
use tanuki_store::schema::BUILD_JOB;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::{BUILD_ARGUMENT, BUILD_ROW, BURN_IN_ARGUMENT, PERSON_ARGUMENT, event, notice};
use crate::fields::id_of;
use crate::files::ReceivedFiles;
use crate::files::films::{BurnInParts, SHARP, take};
use crate::jobs::{Failure, Job, Outcome};
use crate::playlists::names;
use crate::{Core, Playlists, Result};

/// Runs a job of the kind [`PLAYLIST_BUILD`](crate::jobs::PLAYLIST_BUILD).
pub(crate) fn run(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { core.playlists().make_build(&job).await })
}

/// Marks the build of a job that was given up or cancelled as failed.
pub(crate) fn give_up(core: Core, job: Job, reason: String) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        match job.id(BUILD_ARGUMENT) {
            Ok(id) => core.playlists().fail_build(id, &reason).await,
            Err(_) => Ok(()),
        }
    })
}

/// A film of a playlist in the making.
struct Making<'a> {
    ffmpeg: &'a Ffmpeg,
    context: &'a PlaylistContext,
    scratch: &'a Scratch,
    burn_in: BurnInParts,
    /// Begins with the first film, which decides on the size of the frame where
    /// the production does not.
    joined: Option<JoinedFilm<'a>>,
}

impl Playlists<'_> {
    async fn make_build(self, job: &Job) -> Outcome {
        let id = job.id(BUILD_ARGUMENT)?;
        let Some(playlist_id) = self.running_build(id).await? else {
            return Ok(Some("the build was deleted, or has ended".into()));
        };
        let context = playlists::context(self.core.database(), playlist_id).await?;
        let Some(context) = context else {
            return Ok(Some("the playlist was deleted".into()));
        };
        // Nobody waits for days to see a film that was asked for now.
        let ffmpeg = self.core.ffmpeg().get().await.map_err(Failure::Final)?;
        let films = self.films_of(&context).await?;
        if films.is_empty() {
            return Err(Failure::Final(
                "no preview of the playlist is a film".into(),
            ));
        }
        let scratch = self.core.storage().scratch().await?;
        let mut making = Making {
            ffmpeg: &ffmpeg,
            context: &context,
            scratch: &scratch,
            burn_in: BurnInParts::of_build(job.text(BURN_IN_ARGUMENT))?,
            joined: None,
        };
        for (number, preview) in films.iter().enumerate() {
            if self.running_build(id).await?.is_none() {
                return Ok(Some("the build was deleted".into()));
            }
            self.add_film(&mut making, *preview).await?;
            // The last part is for the sound and the copy into the storage.
            let percent = (number + 1) * 95 / films.len();
            let percent = u8::try_from(percent).unwrap_or(95);
            self.core.report_progress(job, percent).await?;
        }
        let Some(joined) = making.joined else {
            return Err(Failure::Final(
                "no preview of the playlist is a film".into(),
            ));
        };
        let path = joined.finish().await?;
        let received = take(&scratch, &path).await?;
        let key = Key::new(FileKind::Playlist, id);
        let film = self.core.files().stage(received, key).await?;
        self.finish_build(job, id, film).await
    }

    /// Returns the playlist of a build that is running; `None` if it was deleted
    /// or has ended.
    async fn running_build(self, id: Uuid) -> Result<Option<Uuid>> {
        let build = rows::by_id(self.core.database(), &BUILD_ROW, id).await?;
        let running = build.filter(|build| build.get("status") == Some(&Value::from("running")));
        Ok(running.and_then(|build| id_of(&build, "playlist_id")))
    }

    /// Returns the previews of a playlist that are films, in its order. Those
    /// that were deleted are left out.
    async fn films_of(self, context: &PlaylistContext) -> Result<Vec<Uuid>> {
        let named = names::previews_of(&context.shots);
        let database = self.core.database();
        let extensions = playlists::extensions_of_previews(database, &named).await?;
        let is_film = |id: &Uuid| extensions.get(id).is_some_and(|one| one == "mp4");
        Ok(named.into_iter().filter(is_film).collect())
    }

    async fn add_film(self, making: &mut Making<'_>, id: Uuid) -> Result<(), Failure> {
        let added = self.decode_film(making, id).await;
        let Err(Failure::Final(reason)) = added else {
            return added;
        };
        let name = self.core.files().download_name(id).await;
        let name = name.unwrap_or_else(|_| id.to_string());
        Err(Failure::Final(format!("{name}: {reason}")))
    }

    async fn decode_film(self, making: &mut Making<'_>, id: Uuid) -> Result<(), Failure> {
        let stored = self.core.files().local_film(id, &SHARP).await?;
        let Some((_, file)) = stored else {
            return Err(Failure::Final("no film is stored".into()));
        };
        let film = making.ffmpeg.probe(file.path()).await?;
        let joined = match making.joined.take() {
            Some(joined) => joined,
            None => {
                let context = making.context;
                let resolution = context.resolution.as_deref().unwrap_or_default();
                let rate = Rate::parse(context.fps.as_deref().unwrap_or_default());
                let joining = Joining {
                    frame: Canvas::of_resolution(resolution).frame(film.video.size),
                    rate: rate.unwrap_or(Rate::DEFAULT),
                    preset: self.core.settings().films.preset.clone(),
                };
                making.ffmpeg.join(joining, making.scratch.path())?
            }
        };
        let joined = making.joined.insert(joined);
        let files = self.core.files();
        let burn_in = files.burn_in(making.burn_in, id, "").await?;
        joined.add((file.path(), &film), burn_in.as_ref()).await?;
        Ok(())
    }

    /// Stores the film of a build, marks the build as succeeded, and enqueues a
    /// mail to the person who started it. Nothing is stored if the build was
    /// deleted meanwhile.
    async fn finish_build(self, job: &Job, id: Uuid, film: StagedFile) -> Outcome {
        let mut transaction = self.core.database().begin().await?;
        let Some(build) = rows::locked(&mut transaction, &BUILD_ROW, id).await? else {
            return Ok(Some("the build was deleted".into()));
        };
        let mut arrivals = ReceivedFiles::default();
        let files = self.core.files();
        files.receive(&mut transaction, &mut arrivals, film).await?;
        self.end_build(&mut transaction, &build, ("succeeded", None))
            .await?;
        if let Ok(person_id) = job.id(PERSON_ARGUMENT) {
            notice::enqueue(self.core, &mut transaction, id, person_id).await?;
        }
        files.commit_with(transaction, arrivals).await?;
        Ok(None)
    }

    /// Marks a build as failed, for a reason that people read. One that has ended
    /// or was deleted is left alone.
    async fn fail_build(self, id: Uuid, reason: &str) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let build = rows::locked(&mut transaction, &BUILD_ROW, id).await?;
        let running = build.filter(|build| build.get("status") == Some(&Value::from("running")));
        let Some(build) = running else {
            return Ok(());
        };
        self.end_build(&mut transaction, &build, ("failed", Some(reason)))
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Writes the end of a build, and records `build-job:update`.
    async fn end_build(
        self,
        transaction: &mut tanuki_store::Transaction,
        build: &crate::JsonRow,
        (status, message): (&'static str, Option<&str>),
    ) -> Result<()> {
        let (Some(id), Some(playlist_id)) = (id_of(build, "id"), id_of(build, "playlist_id"))
        else {
            return Ok(());
        };
        let now = self.core.clock().timestamp();
        let values = Values::from([
            ("status", status.into()),
            ("message", message.map(str::to_owned).into()),
            ("ended_at", now.into()),
            ("updated_at", now.into()),
        ]);
        write::update(transaction, &BUILD_JOB, id, values).await?;
        let Some(context) = playlists::context(&mut *transaction, playlist_id).await? else {
            return Ok(());
        };
        let event = event("update", (id, playlist_id), context.project_id)
            .with("status", status)
            .with("message", message.map_or(Value::Null, Value::from));
        self.core.record(transaction, event, None).await
    }
}
