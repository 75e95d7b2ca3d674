//! Copies of films for those who watch them by a link, with texts burnt in,
//! where the link asks for it.
//!
//! There is a copy of each film for each viewer whom it names, and one that
//! names the link for those who have not said who they are. It is made by a job
//! when the link is made or the viewer enters, or else when it is asked for. The
//! film without the texts is never sent by such a link.

use futures_util::future::BoxFuture;
use serde_json::{Map, json};
use tanuki_files::{FileKind, Key, StagedFile};
use tanuki_media::film::{Ffmpeg, Film, Joining};
use tanuki_store::query::files::stored;
use tanuki_store::query::shared_films::{self, Copied, SharedFilm};
use tanuki_store::query::{playlists, shares};
use uuid::Uuid;

use super::{GuestSecrets, SharedLink};
use crate::files::films::{BurnInParts, FFMPEG_WAIT, SHARP, take};
use crate::files::{Disposition, Download, PreviewFile, ReceivedFiles, failed};
use crate::jobs::{Failure, Job, Outcome, SHARED_FILM};
use crate::{Core, Error, Result, Shares};

/// The argument of a job with the id of the copy.
const FILM_ARGUMENT: &str = "shared_film_id";

/// How many copies a link has at most.
const MOST: i64 = 2_000;

/// How many copies of a link are in the queue at most.
const MOST_UNFINISHED: i64 = 200;

/// How many copies are removed at once.
const BATCH_SIZE: u64 = 100;

/// Runs a job of the kind [`SHARED_FILM`].
pub(crate) fn run(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { core.shares().make_film(&job).await })
}

/// Marks the copy of a job that was given up or cancelled as broken.
pub(crate) fn give_up(core: Core, job: Job, reason: String) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let Ok(id) = job.id(FILM_ARGUMENT) else {
            return Ok(());
        };
        let now = core.clock().timestamp();
        let mut transaction = core.database().begin().await?;
        shared_films::end(&mut transaction, id, Some(&reason), now).await?;
        Ok(transaction.commit().await?)
    })
}

impl Shares<'_> {
    /// Returns the copy of a preview's film for who asks for it, and has it made
    /// if there is none.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the preview has no film, [`Error::Absent`] if the
    /// copy could not be made, [`Error::Unavailable`] if the link has too many.
    pub(super) async fn burnt_film(
        self,
        (link, parts): (&SharedLink, BurnInParts),
        secrets: &GuestSecrets,
        (id, is_saved): (Uuid, bool),
    ) -> Result<PreviewFile> {
        let facts = self.core.files().preview_facts(id).await?;
        if facts.extension != "mp4" {
            return Err(Error::NotFound);
        }
        if facts.status == "processing" {
            return Ok(PreviewFile::Processing);
        }
        let copied = Copied {
            link_id: link.id,
            preview_file_id: id,
            viewer_id: self.viewer(link, parts, secrets).await?,
        };
        let film = shared_films::find(self.core.database(), copied).await?;
        let Some(film) = film else {
            let viewer = (link.id, copied.viewer_id);
            if !self.copy(viewer, &[id]).await? {
                return Err(Error::Unavailable(
                    "too many films are being prepared for this link".into(),
                ));
            }
            return Ok(PreviewFile::Processing);
        };
        match film.status.as_str() {
            "ready" => self.stored_copy(&film, is_saved).await,
            "processing" => Ok(PreviewFile::Processing),
            _ => Err(Error::Absent("This film cannot be prepared for the link.")),
        }
    }

    async fn stored_copy(self, film: &SharedFilm, is_saved: bool) -> Result<PreviewFile> {
        let key = Key::new(FileKind::SharedFilm, film.id);
        let kept = self.core.storage().open(key).await.map_err(failed)?;
        let files = self.core.files();
        let (name, disposition) = match is_saved {
            true => (
                files.download_name(film.preview_file_id).await?,
                Disposition::Attachment,
            ),
            false => (String::new(), Disposition::Inline),
        };
        Ok(PreviewFile::Stored(Download {
            name,
            mimetype: "video/mp4".into(),
            changed_at: film.updated_at,
            disposition,
            kept: kept.ok_or(Error::NotFound)?,
        }))
    }

    /// Whom a copy names: the guest, if the link wants that and the request has
    /// the secret of one; the link otherwise.
    async fn viewer(
        self,
        link: &SharedLink,
        parts: BurnInParts,
        secrets: &GuestSecrets,
    ) -> Result<Uuid> {
        if parts.watermark {
            let database = self.core.database();
            for guest in self.known(link, secrets) {
                if shares::guest_names(database, link.id, guest)
                    .await?
                    .is_some()
                {
                    return Ok(guest);
                }
            }
        }
        Ok(link.id)
    }

    /// Has the copies of a new link's films made that name nobody, unless the link
    /// has expired already.
    pub(super) async fn prepare_link(self, id: Uuid) -> Result<()> {
        let link = shares::by_id(self.core.database(), id).await?;
        match link.and_then(|(link, _)| self.in_force(&link, None).ok()) {
            Some(link) => self.prepare_films(&link, id).await,
            None => Ok(()),
        }
    }

    /// Has the copies of all films of a link made for a viewer, as far as the
    /// link may have more of them. The others are made when they are asked for.
    pub(super) async fn prepare_films(self, link: &SharedLink, viewer_id: Uuid) -> Result<()> {
        let mut films = self.contents(link).await?.previews();
        let database = self.core.database();
        let extensions = playlists::extensions_of_previews(database, &films).await?;
        films.retain(|id| {
            extensions
                .get(id)
                .is_some_and(|extension| extension == "mp4")
        });
        self.copy((link.id, viewer_id), &films).await?;
        Ok(())
    }

    /// Enqueues the making of copies for a viewer of a link: those that there are
    /// not yet, and as many as the link may have more. Returns whether it may have
    /// all of them.
    async fn copy(self, viewer: (Uuid, Uuid), films: &[Uuid]) -> Result<bool> {
        let mut transaction = self.core.database().begin().await?;
        let (copies, unfinished) = shared_films::counts(&mut transaction, viewer.0).await?;
        let more = (MOST - copies).min(MOST_UNFINISHED - unfinished);
        let more = usize::try_from(more).unwrap_or(0).min(films.len());
        let (added, refused) = films.split_at(more);
        let defaults = self.core.defaults();
        let ids = shared_films::insert(&mut transaction, viewer, added, &defaults).await?;
        let arguments = |id: &Uuid| Map::from_iter([(FILM_ARGUMENT.to_owned(), json!(id))]);
        let jobs = ids.iter().map(arguments).collect();
        self.core
            .enqueue(&mut transaction, &SHARED_FILM, jobs)
            .await?;
        transaction.commit().await?;
        Ok(refused.is_empty())
    }

    async fn make_film(self, job: &Job) -> Outcome {
        let id = job.id(FILM_ARGUMENT)?;
        let database = self.core.database();
        let film = shared_films::by_id(database, id).await?;
        let Some(film) = film.filter(|film| film.status == "processing") else {
            return Ok(Some("the copy was deleted, or is there".into()));
        };
        let link = shares::by_id(database, film.link_id).await?;
        let link = link.and_then(|(link, _)| self.in_force(&link, None).ok());
        let Some((link, parts)) = link.and_then(|link| Some((link.clone(), link.burn_in?))) else {
            return Ok(Some("the link is not in force any more".into()));
        };
        let ffmpeg = self.core.ffmpeg().get().await;
        let ffmpeg = ffmpeg.map_err(|reason| Failure::Waiting(reason, FFMPEG_WAIT))?;
        let viewer = self.name_of_viewer(&link, film.viewer_id).await?;
        let files = self.core.files();
        let preview_id = film.preview_file_id;
        let burn_in = files.burn_in(parts, preview_id, &viewer).await?;
        let Some((_, file)) = files.local_film(preview_id, &SHARP).await? else {
            return Err(Failure::Final("no film is stored".into()));
        };
        let source = ffmpeg.probe(file.path()).await?;
        let scratch = self.core.storage().scratch().await?;
        let joining = self.joining_of(&source);
        let mut joined = Ffmpeg::join(&ffmpeg, joining, scratch.path())?;
        joined.add((file.path(), &source), burn_in.as_ref()).await?;
        let path = joined.finish().await?;
        let received = take(&scratch, &path).await?;
        let staged = files.stage(received, Key::new(FileKind::SharedFilm, id));
        self.keep_film(id, staged.await?).await
    }

    /// A copy has the size and the rate of the film.
    fn joining_of(self, film: &Film) -> Joining {
        let even = |side: u32| side + side % 2;
        let (width, height) = film.video.size;
        Joining {
            frame: (even(width), even(height)),
            rate: film.video.rate,
            preset: self.core.settings().films.preset.clone(),
        }
    }

    /// Whom a watermark names: a guest by name, or the playlist and the link.
    async fn name_of_viewer(self, link: &SharedLink, viewer_id: Uuid) -> Result<String> {
        let database = self.core.database();
        if let Some((first, last)) = shares::guest_names(database, link.id, viewer_id).await? {
            return Ok(format!("{first} {last}").trim().to_owned());
        }
        let context = playlists::context(database, link.playlist_id).await?;
        let playlist = context.map(|context| context.playlist).unwrap_or_default();
        // Enough to find the link by.
        let link: String = link.id.to_string().chars().take(8).collect();
        Ok(format!("{playlist} {link}"))
    }

    /// Stores a copy, unless it was deleted meanwhile.
    async fn keep_film(self, id: Uuid, staged: StagedFile) -> Outcome {
        let files = self.core.files();
        let mut transaction = self.core.database().begin().await?;
        if shared_films::locked(&mut transaction, id).await?.is_none() {
            return Ok(Some("the copy was deleted".into()));
        }
        let mut arrivals = ReceivedFiles::default();
        files
            .receive(&mut transaction, &mut arrivals, staged)
            .await?;
        let now = self.core.clock().timestamp();
        shared_films::end(&mut transaction, id, None, now).await?;
        files.commit_with(transaction, arrivals).await?;
        Ok(None)
    }

    /// Deletes copies that nobody may watch any more: of links that were revoked
    /// or expired, and of previews that were deleted.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sweep_films(self) -> Result<()> {
        let now = self.core.clock().timestamp();
        loop {
            let mut transaction = self.core.database().begin().await?;
            let useless = shared_films::useless(&mut transaction, now, BATCH_SIZE).await?;
            for id in &useless {
                let key = Key::new(FileKind::SharedFilm, *id);
                let place = (key.bucket().name(), key.prefix());
                stored::discard(&mut transaction, place, *id, &self.core.defaults()).await?;
                shared_films::remove(&mut transaction, *id).await?;
            }
            transaction.commit().await?;
            if useless.len() as u64 != BATCH_SIZE {
                return Ok(());
            }
        }
    }
}
