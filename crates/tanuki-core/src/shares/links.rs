//! Making, listing and revoking links.

use chrono::{NaiveDateTime, NaiveTime};
use tanuki_domain::dates;
use tanuki_store::query::rows;
use tanuki_store::query::shared_films;
use tanuki_store::query::shares::{self, Link};
use tanuki_store::schema::{PLAYLIST, PLAYLIST_SHARE_LINK};
use tanuki_store::view::shares::LINK;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::fields::{id_of, timestamp};
use crate::files::films::BurnInParts;
use crate::{Caller, Error, JsonRow, MaybeId, Result, Shares};

/// Maximum number of links of a playlist that are not revoked.
const MAX_LINKS: i64 = 200;

/// The key of a link that has what is burnt into its films.
const BURN_IN: &str = "burn_in";

/// Maximum length of a password, in characters. bcrypt uses 72 bytes of it.
const MAX_PASSWORD: usize = 200;

/// A link to make.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// A day, on which the link still works until its end in UTC, or a time.
    pub expires: Option<String>,
    /// Whether guests may comment and draw.
    pub can_comment: bool,
    pub password: Option<String>,
    /// What is burnt into the films: see [`BurnInParts::of_link`].
    pub burn_in: Option<String>,
}

impl Shares<'_> {
    /// Lists the links of a playlist that are not revoked. JSON: an array of
    /// [`LINK`], of those with texts in their films with `burn_in`. Requires a
    /// manager of the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission.
    pub async fn links(self, caller: &Caller, playlist: &MaybeId) -> Result<Vec<JsonRow>> {
        let (playlist_id, _) = self.require_managed(caller, playlist).await?;
        let database = self.core.database();
        let mut links = shares::active_of(&LINK, playlist_id).rows(database).await?;
        let ids: Vec<Uuid> = links.iter().filter_map(|link| id_of(link, "id")).collect();
        let burnt_into = shared_films::burnt_into(database, &ids).await?;
        for link in &mut links {
            let parts = id_of(link, "id").and_then(|id| burnt_into.get(&id));
            if let Some(parts) = parts {
                link.insert(BURN_IN.into(), parts.as_str().into());
            }
        }
        Ok(links)
    }

    /// Requires a manager of the project of a playlist, so that a request is
    /// refused before its body is validated.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission.
    pub async fn may_share(self, caller: &Caller, playlist: &MaybeId) -> Result<()> {
        self.require_managed(caller, playlist).await.map(|_| ())
    }

    /// Makes a link to a playlist. JSON: [`LINK`], with `burn_in` if texts are
    /// burnt into its films, which are prepared then. Requires a manager of the
    /// project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] for a malformed date, a password
    /// that is too long, or too many links.
    pub async fn create_link(
        self,
        caller: &Caller,
        playlist: &MaybeId,
        new: NewLink,
    ) -> Result<JsonRow> {
        let (playlist_id, _) = self.require_managed(caller, playlist).await?;
        let expires_at = new.expires.as_deref().map(end_of).transpose()?;
        let password = match &new.password {
            Some(password) if password.chars().count() > MAX_PASSWORD => {
                return Err(Error::invalid(format!(
                    "password has at most {MAX_PASSWORD} characters"
                )));
            }
            Some(password) => Some(self.core.passwords().hash(password).await?),
            None => None,
        };
        let password = password.map(|hash| String::from_utf8_lossy(&hash).into_owned());
        let burn_in = BurnInParts::of_link(new.burn_in.as_deref().unwrap_or_default())?;
        let id = Uuid::new_v4();
        let values = Values::from([
            ("id", id.into()),
            ("token", Uuid::new_v4().to_string().into()),
            ("playlist_id", playlist_id.into()),
            ("created_by", caller.id.into()),
            ("expiration_date", expires_at.into()),
            ("can_comment", new.can_comment.into()),
            ("password", password.into()),
        ]);
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, PLAYLIST.name, playlist_id).await?;
        if shares::count_active(&mut transaction, playlist_id).await? >= MAX_LINKS {
            return Err(Error::invalid(format!(
                "A playlist has at most {MAX_LINKS} links: revoke those that are not used"
            )));
        }
        let defaults = self.core.defaults();
        write::insert(&mut transaction, &PLAYLIST_SHARE_LINK, values, &defaults).await?;
        let parts = burn_in.text();
        if !burn_in.is_empty() {
            shared_films::burn_into(&mut transaction, id, &parts, &defaults).await?;
        }
        let row = rows::by_id(&mut transaction, &LINK, id).await?;
        let mut row = row.ok_or(Error::NotFound)?;
        transaction.commit().await?;
        if !burn_in.is_empty() {
            row.insert(BURN_IN.into(), parts.into());
            self.prepare_link(id).await?;
        }
        Ok(row)
    }

    /// Revokes a link of a playlist: it is not found any more, and its cookies
    /// and guests with it. JSON: [`LINK`]. Requires a manager of the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist or it has no such link,
    /// [`Error::Denied`] without permission.
    pub async fn revoke_link(
        self,
        caller: &Caller,
        playlist: &MaybeId,
        token: &str,
    ) -> Result<JsonRow> {
        let id = self.link_of(caller, playlist, token).await?.id;
        let values = Values::from([
            ("is_active", false.into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        let mut transaction = self.core.database().begin().await?;
        write::update(&mut transaction, &PLAYLIST_SHARE_LINK, id, values).await?;
        let row = rows::by_id(&mut transaction, &LINK, id).await?;
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    /// Loads a link of a playlist for a manager of its project.
    pub(super) async fn link_of(
        self,
        caller: &Caller,
        playlist: &MaybeId,
        token: &str,
    ) -> Result<Link> {
        let (playlist_id, _) = self.require_managed(caller, playlist).await?;
        let link = shares::by_token(self.core.database(), token).await?;
        let link = link.filter(|link| link.playlist_id == playlist_id);
        link.ok_or(Error::NotFound)
    }

    /// Requires a manager of the project of a playlist. Returns the ids of both.
    async fn require_managed(self, caller: &Caller, playlist: &MaybeId) -> Result<(Uuid, Uuid)> {
        let id = playlist.found()?;
        let project_id = self.core.playlists().managed_project(caller, id).await?;
        Ok((id, project_id))
    }
}

/// Returns when a link expires, in UTC: a day at its end, a time as it is.
fn end_of(text: &str) -> Result<NaiveDateTime> {
    const LAST: Option<NaiveTime> = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999);
    let day = dates::parse_day(text).or_else(|| dates::parse_date(text, "%Y%m%d"));
    let end = day.and_then(|day| Some(day.and_time(LAST?)));
    end.or_else(|| dates::parse_rfc3339_as_utc(text))
        .or_else(|| timestamp(text).ok())
        .ok_or_else(|| {
            let shown: String = text.chars().take(50).collect();
            Error::invalid(format!("{shown} is not a valid ISO 8601 date"))
        })
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn a_link_works_until_the_end_of_its_day() {
        for (text, end) in [
            ("2026-12-10", "2026-12-10 23:59:59.999999"),
            ("20261210", "2026-12-10 23:59:59.999999"),
            ("2026-12-10T08:00:00", "2026-12-10 08:00:00"),
            ("2026-12-10 08:00", "2026-12-10 08:00:00"),
            ("2026-12-10T08:00:00+02:00", "2026-12-10 06:00:00"),
            ("2026-12-10T08:00:00Z", "2026-12-10 08:00:00"),
        ] {
            assert_eq!(end_of(text).unwrap().to_string(), end, "{text}");
        }
        for text in ["", "soon", "2026-13-01", "10/12/2026", "99999-01-01"] {
            end_of(text).expect_err(text);
        }
    }
}
