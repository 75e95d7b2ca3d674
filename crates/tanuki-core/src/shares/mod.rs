//! Playlists that are shared by links, with people without an account.
//!
//! A [`SharedLink`] is the proof that a request may read what a link shares,
//! and a [`Guest`] that it may write there in the name of a guest. What a link
//! shares is in [`contents`], and every function here asks it.

mod comments;
mod contents;
mod event_visibility;
pub(crate) mod films;
mod guests;
pub(crate) mod invitations;
mod links;
mod media;
mod open;
mod playlist;
pub mod shapes;

pub use comments::{CommentEdit, NewGuestComment};
pub use event_visibility::LinkEventVisibility;
pub use guests::{Guest, GuestCookie, GuestSecrets, NewGuest};
pub use invitations::Invitation;
pub use links::NewLink;
pub use open::{LinkRequest, OpenedLink, Pass, SharedLink};

use std::time::Duration;

use crate::Error;

/// Why a request about a shared link is refused.
#[derive(Debug)]
pub enum ShareError {
    /// 400, with the reason under `error`.
    Invalid(String),
    /// 403, with the reason under `error`.
    Denied(&'static str),
    /// 404, with the reason under `error`.
    Missing(&'static str),
    /// 429: too many attempts; how long to wait.
    TooMany(Duration),
    Failed(Error),
}

/// The result of a request about a shared link.
pub type ShareResult<T> = std::result::Result<T, ShareError>;

impl<E: Into<Error>> From<E> for ShareError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
