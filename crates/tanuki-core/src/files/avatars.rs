//! Pictures of people, of productions and of the organisation.

use chrono::NaiveDateTime;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tanuki_files::{Key, Received, Scratch};
use tanuki_media::picture::Size;
use tanuki_store::projection::Projection;
use tanuki_store::query::rows;
use tanuki_store::schema::{ORGANISATION, PERSON, PROJECT, Table};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::kinds::split_name;
use super::{Disposition, Download, ReceivedFiles, Upload, failed};
use crate::access::{ensure, require_row};
use crate::events::Event;
use crate::fields::timestamp;
use crate::{Caller, Error, Files, JsonRow, Result};

/// Whose picture it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AvatarOwner {
    Person,
    Project,
    Organisation,
}

impl AvatarOwner {
    fn table(self) -> &'static Table {
        match self {
            Self::Person => &PERSON,
            Self::Project => &PROJECT,
            Self::Organisation => &ORGANISATION,
        }
    }
}

impl Files<'_> {
    /// Checks that the caller may set a picture, so that a request is refused
    /// before its body is received: people their own, managers of the project
    /// the project's, and admins every one.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such row, [`Error::Denied`] without
    /// permission.
    pub async fn may_set_avatar(self, caller: &Caller, owner: AvatarOwner, id: Uuid) -> Result<()> {
        require_row(self.core.database(), owner.table(), id).await?;
        match owner {
            AvatarOwner::Person => ensure(caller.is_admin() || caller.id == id),
            AvatarOwner::Project => {
                let access = caller
                    .project_access(self.core.database(), Some(id))
                    .await?;
                access.require_manager()
            }
            AvatarOwner::Organisation => caller.require_admin(),
        }
    }

    /// Sets a picture: 400 x 400 pixels that contain the one that was sent.
    /// Returns `{"thumbnail_path"}`, where it is served.
    ///
    /// # Errors
    /// Those of [`may_set_avatar`](Self::may_set_avatar); [`Error::Invalid`] if
    /// the file is not a readable picture.
    pub async fn set_avatar(
        self,
        caller: &Caller,
        owner: AvatarOwner,
        id: Uuid,
        file: Upload,
    ) -> Result<Value> {
        self.may_set_avatar(caller, owner, id).await?;
        let (_, extension) = split_name(&file.name);
        let scaled = self.scaled_picture(&file.received, &extension, Size::AVATAR);
        let scaled = scaled.await?;
        self.store_avatar(caller, (owner, id), scaled, file.received.upload())
            .await?;
        let path = format!("pictures/thumbnails/{}s/{id}.png", owner.table().name);
        Ok(json!({"thumbnail_path": path}))
    }

    /// Sets the picture of a person to a photo that another server has, unless it
    /// is that already. Returns whether it was another. Does not check permissions.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the photo is not a readable picture,
    /// [`Error::NotFound`] if there is no such person.
    pub(crate) async fn set_photo(self, caller: &Caller, id: Uuid, photo: &[u8]) -> Result<bool> {
        let is_png = photo.starts_with(b"\x89PNG");
        let extension = if is_png { "png" } else { "jpg" };
        let mut receiving = self.core.storage().receive().await.map_err(failed)?;
        receiving.write(photo).await.map_err(failed)?;
        let received = receiving.finish().await.map_err(failed)?;
        let scaled = self.scaled_picture(&received, extension, Size::AVATAR);
        let scaled = scaled.await?;
        // The same photo always becomes the same file.
        let new = tokio::fs::read(scaled.0.path()).await.map_err(failed)?;
        if self.has_picture(AvatarOwner::Person, id, &new).await? {
            return Ok(false);
        }
        self.store_avatar(caller, (AvatarOwner::Person, id), scaled, None)
            .await?;
        Ok(true)
    }

    /// Whether the stored picture is this file.
    async fn has_picture(self, owner: AvatarOwner, id: Uuid, file: &[u8]) -> Result<bool> {
        let stored = match self.avatar_of(owner, id).await {
            Ok(download) => download.kept,
            Err(Error::NotFound) => return Ok(false),
            Err(error) => return Err(error),
        };
        if stored.size != file.len() as u64 {
            return Ok(false);
        }
        let size = stored.size;
        let mut chunks = stored.read(0..size).await.map_err(failed)?;
        let mut rest = file;
        while let Some(chunk) = chunks.next().await {
            match rest.strip_prefix(&*chunk.map_err(failed)?) {
                Some(after) => rest = after,
                None => return Ok(false),
            }
        }
        Ok(rest.is_empty())
    }

    /// Stores a scaled picture with its row and events. `upload` is the upload
    /// that it was made of.
    async fn store_avatar(
        self,
        caller: &Caller,
        (owner, id): (AvatarOwner, Uuid),
        (picture, folder): (Received, Scratch),
        upload: Option<Uuid>,
    ) -> Result<()> {
        let picture = self.stage(picture, Key::thumbnail(id)).await?;
        let mut transaction = self.core.database().begin().await?;
        let table = owner.table();
        rows::lock(&mut transaction, table.name, id).await?;
        let values = Values::from([
            ("has_avatar", true.into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        if !write::update(&mut transaction, table, id, values).await? {
            return Err(Error::NotFound);
        }
        let mut arrivals = ReceivedFiles::default();
        arrivals.hold(folder);
        self.use_up(&mut transaction, &mut arrivals, upload).await?;
        self.receive(&mut transaction, &mut arrivals, picture)
            .await?;
        let of = (owner == AvatarOwner::Project).then_some(id);
        let events = vec![
            Event::about(table.name, "update", id).in_project(of),
            Event::about(table.name, "set-thumbnail", id).visible_in(of),
        ];
        self.core
            .record_all(&mut transaction, events, Some(caller))
            .await?;
        self.commit_with(transaction, arrivals).await
    }

    /// Returns a picture, as PNG. Those of people and of the organisation are
    /// for every account, those of projects for managers and the team.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such row or it has no picture,
    /// [`Error::Denied`] without access.
    pub async fn avatar(self, caller: &Caller, owner: AvatarOwner, id: Uuid) -> Result<Download> {
        let changed_at = self.picture_changed_at(owner, id).await?;
        if owner == AvatarOwner::Project && !caller.manages() {
            let database = self.core.database();
            let access = caller.project_access(database, Some(id)).await?;
            ensure(access.is_granted())?;
        }
        self.stored_avatar(id, changed_at).await
    }

    /// Like [`avatar`](Self::avatar), without a permission check.
    pub(crate) async fn avatar_of(self, owner: AvatarOwner, id: Uuid) -> Result<Download> {
        let changed_at = self.picture_changed_at(owner, id).await?;
        self.stored_avatar(id, changed_at).await
    }

    /// Returns when the row of a picture was changed.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such row or it has no picture.
    async fn picture_changed_at(self, owner: AvatarOwner, id: Uuid) -> Result<NaiveDateTime> {
        let projection = Projection::only(owner.table(), &["has_avatar", "updated_at"]);
        let row: JsonRow = rows::by_id(self.core.database(), &projection, id)
            .await?
            .ok_or(Error::NotFound)?;
        if row.get("has_avatar") != Some(&Value::Bool(true)) {
            return Err(Error::NotFound);
        }
        let changed_at = row.get("updated_at").and_then(Value::as_str);
        timestamp(changed_at.unwrap_or_default())
    }

    async fn stored_avatar(self, id: Uuid, changed_at: NaiveDateTime) -> Result<Download> {
        let kept = self.core.storage().open(Key::thumbnail(id)).await;
        Ok(Download {
            name: String::new(),
            mimetype: "image/png".into(),
            changed_at,
            disposition: Disposition::Inline,
            kept: kept.map_err(failed)?.ok_or(Error::NotFound)?,
        })
    }
}
