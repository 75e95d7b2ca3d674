//! Films that are built of the previews of a playlist, one behind the other.
//!
//! A build is a row of `build_job` that says `running` until the job of the
//! queue ends: `succeeded`, or `failed` with a reason as `message`.

mod making;
mod notice;

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_files::{FileKind, Key};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::files::stored;
use tanuki_store::query::{playlists, rows};
use tanuki_store::schema::BUILD_JOB;
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Transaction};
use uuid::Uuid;

pub(crate) use making::{give_up, run};
pub(crate) use notice::run as run_notice;

use super::names;
use crate::access::{ProjectAccess, ensure};
use crate::events::Event;
use crate::fields::id_of;
use crate::files::films::BurnInParts;
use crate::files::{Disposition, Download, failed};
use crate::jobs::PLAYLIST_BUILD;
use crate::{Caller, Core, Error, JsonRow, MaybeId, Playlists, Result};

/// Projection of a build job with all its columns.
pub(super) static BUILD_ROW: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&BUILD_JOB, &[]));

/// The arguments of a job: the id of the build, its playlist and the person who
/// asked for it.
const BUILD_ARGUMENT: &str = "build_job_id";
const PLAYLIST_ARGUMENT: &str = "playlist_id";
const PERSON_ARGUMENT: &str = "person_id";

/// The argument of a job that says what is burnt in.
const BURN_IN_ARGUMENT: &str = "burn_in";

/// A build that the caller may read.
struct Build {
    id: Uuid,
    playlist_id: Uuid,
    project_id: Uuid,
    row: JsonRow,
}

impl Playlists<'_> {
    /// Begins to build a film of a playlist, with texts burnt in if there are any.
    /// JSON: the row of the build, which is `running`. Records `build-job:new`. Requires a manager of the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission, [`Error::InProgress`] while a film of it is being
    /// built.
    pub async fn build(self, caller: &Caller, id: Uuid, burn_in: BurnInParts) -> Result<JsonRow> {
        let project_id = self.managed_project(caller, id).await?;
        let mut transaction = self.core.database().begin().await?;
        // Of several who ask at the same moment one is first.
        rows::lock(&mut transaction, "playlist", id).await?;
        let unfinished = playlists::unfinished_jobs(&mut transaction, PLAYLIST_BUILD.name).await?;
        let is_of_playlist = |arguments: &Value| {
            let arguments = arguments.as_object();
            arguments.and_then(|arguments| id_of(arguments, PLAYLIST_ARGUMENT)) == Some(id)
        };
        if unfinished.iter().any(is_of_playlist) {
            return Err(Error::InProgress(
                "A build is already in progress for this playlist",
            ));
        }
        let build_id = Uuid::new_v4();
        let defaults = self.core.defaults();
        let values = Values::from([("id", build_id.into()), ("playlist_id", id.into())]);
        write::insert(&mut transaction, &BUILD_JOB, values, &defaults).await?;
        let row = rows::by_id(&mut transaction, &BUILD_ROW, build_id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let created_at = row.get("created_at").cloned().unwrap_or_default();
        let event = event("new", (build_id, id), project_id).with("created_at", created_at);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        let mut arguments = arguments([
            (BUILD_ARGUMENT, build_id),
            (PLAYLIST_ARGUMENT, id),
            (PERSON_ARGUMENT, caller.id),
        ]);
        arguments.insert(BURN_IN_ARGUMENT.into(), burn_in.text().into());
        self.core
            .enqueue(&mut transaction, &PLAYLIST_BUILD, vec![arguments])
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Returns the row of a build. Requires a manager of the project, or a
    /// client if the playlist is shared with them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, or no such build of it,
    /// [`Error::Denied`] without permission.
    pub async fn build_job(self, caller: &Caller, id: &MaybeId, job: &MaybeId) -> Result<JsonRow> {
        let build = self.readable_build(caller, id, job, false).await?;
        Ok(build.row)
    }

    /// Deletes a build with its film; one that is running ends. Records
    /// `build-job:delete`. Permissions as for [`build_job`](Self::build_job).
    ///
    /// # Errors
    /// Those of `build_job`.
    pub async fn remove_build(self, caller: &Caller, id: &MaybeId, job: &MaybeId) -> Result<()> {
        let build = self.readable_build(caller, id, job, false).await?;
        let mut transaction = self.core.database().begin().await?;
        discard_film(self.core, &mut transaction, build.id).await?;
        write::delete(&mut transaction, &BUILD_JOB, build.id).await?;
        let event = event("delete", (build.id, build.playlist_id), build.project_id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Returns the film of a build, to be saved under a name that says what it
    /// shows. Permissions as for [`build_job`](Self::build_job), and for
    /// supervisors too.
    ///
    /// # Errors
    /// Those of `build_job`, [`Error::Refused`] unless the build has succeeded,
    /// [`Error::Absent`] if its film is not stored.
    pub async fn built_film(
        self,
        caller: &Caller,
        id: &MaybeId,
        job: &MaybeId,
    ) -> Result<Download> {
        let build = self.readable_build(caller, id, job, true).await?;
        let text = |key| {
            build
                .row
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        if text("status") != "succeeded" {
            return Err(Error::Refused("Build is not finished".into()));
        }
        let context = playlists::context(self.core.database(), build.playlist_id).await?;
        let context = context.ok_or(Error::NotFound)?;
        let film = Key::new(FileKind::Playlist, build.id);
        let stored = self.core.storage().open(film).await.map_err(failed)?;
        let kept = stored.ok_or(Error::Absent("The film of this build is not stored."))?;
        let created_at = crate::fields::timestamp(text("created_at"))?;
        Ok(Download {
            name: format!(
                "{}_{}.mp4",
                created_at.format("%Y%m%d_%H%M%S"),
                names::of_playlist(&context)
            ),
            mimetype: "video/mp4".into(),
            changed_at: crate::fields::timestamp(text("updated_at"))?,
            disposition: Disposition::Attachment,
            kept,
        })
    }

    /// Lists the builds of all playlists of a project. JSON: an array of rows.
    /// Requires an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else, [`Error::NotFound`] if there is no
    /// such project.
    pub async fn project_builds(self, caller: &Caller, project_id: &MaybeId) -> Result<JsonChunks> {
        caller.require_admin()?;
        let project_id = project_id.found()?;
        self.core.require_project(caller, project_id).await?;
        let builds = ListQuery::new(&BUILD_ROW)
            .filter(playlists::builds_of_project(project_id))
            .ascending("created_at")
            .ascending("id");
        Ok(self.core.database().stream_list(builds))
    }

    /// Returns a build that the caller may read.
    async fn readable_build(
        self,
        caller: &Caller,
        id: &MaybeId,
        job: &MaybeId,
        with_supervisors: bool,
    ) -> Result<Build> {
        let (playlist_id, project_id) = self.packed_playlist(caller, id, with_supervisors).await?;
        let id = job.found()?;
        let row = rows::by_id(self.core.database(), &BUILD_ROW, id).await?;
        let row = row.filter(|row| id_of(row, "playlist_id") == Some(playlist_id));
        Ok(Build {
            id,
            playlist_id,
            project_id,
            row: row.ok_or(Error::NotFound)?,
        })
    }

    /// Returns a playlist whose films the caller may download together, and its
    /// project: managers of the project, clients if it is shared with them, and
    /// supervisors where they may.
    pub(super) async fn packed_playlist(
        self,
        caller: &Caller,
        id: &MaybeId,
        with_supervisors: bool,
    ) -> Result<(Uuid, Uuid)> {
        ensure(caller.role != Role::Vendor)?;
        let (database, id) = (self.core.database(), id.found()?);
        let playlist = self.row(database, id).await?;
        let project_id = id_of(&playlist, "project_id").ok_or(Error::NotFound)?;
        let access = caller
            .require_project_access(database, Some(project_id))
            .await?;
        let for_client = playlist.get("for_client") == Some(&Value::Bool(true));
        ensure(may_pack(access, for_client, with_supervisors))?;
        Ok((id, project_id))
    }
}

fn may_pack(access: ProjectAccess, for_client: bool, with_supervisors: bool) -> bool {
    access.is_manager()
        || (access.is_client() && for_client)
        || (access.is_supervisor() && with_supervisors)
}

/// The arguments of a job, which are ids.
fn arguments<const N: usize>(ids: [(&str, Uuid); N]) -> Map<String, Value> {
    ids.map(|(key, id)| (key.to_owned(), id.to_string().into()))
        .into_iter()
        .collect()
}

/// An event about a build of a playlist.
fn event(name: &str, (build, playlist): (Uuid, Uuid), project_id: Uuid) -> Event {
    Event::named(&format!("build-job:{name}"))
        .with("build_job_id", build.to_string())
        .with("playlist_id", playlist.to_string())
        .in_project(Some(project_id))
}

/// Has the film of a build deleted with the commit of the transaction.
pub(super) async fn discard_film(
    core: &Core,
    transaction: &mut Transaction,
    build_id: Uuid,
) -> Result<()> {
    let film = Key::new(FileKind::Playlist, build_id);
    let place = (film.bucket().name(), film.prefix());
    stored::discard(transaction, place, build_id, &core.defaults()).await?;
    Ok(())
}
