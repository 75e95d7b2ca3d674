//! The page of bots: the list, a dialog above it, a notice about the last
//! action.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::value::Serde;
use minijinja::{Value, context};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Console;
use crate::bot::{Bot, Studio};
use crate::dialog::Dialog;
use crate::failure::{Failure, HandlerResult};
use crate::filters::Filters;
use crate::pages::Page;

/// A notice that the list shows once after an action. The URL has only its code
/// and the bot's id, so that a link cannot inject text into the page.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice {
    Saved,
    Activated,
    Deactivated,
    Deleted,
}

impl Notice {
    const ALL: [Self; 4] = [
        Self::Saved,
        Self::Activated,
        Self::Deactivated,
        Self::Deleted,
    ];

    const fn code(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Activated => "activated",
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
        }
    }

    fn text(self, name: &str) -> String {
        match self {
            Self::Saved => format!("The changes to {name} are saved."),
            Self::Activated => format!("{name} is active: its token is accepted."),
            Self::Deactivated => format!("{name} is inactive: its token is refused."),
            Self::Deleted => "The bot is deleted.".into(),
        }
    }

    /// Returns the text of the notice in a query string; `None` if there is
    /// none or the bot does not exist.
    fn read(query: &str, studio: &Studio) -> Option<String> {
        let field = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value)
        };
        let code = field("notice")?;
        let notice = Self::ALL.into_iter().find(|notice| notice.code() == code)?;
        let bot = field("bot").and_then(|id| studio.bot(id.parse().ok()?));
        match (notice, bot) {
            (Self::Deleted, _) => Some(notice.text("")),
            (_, Some(bot)) => Some(notice.text(&bot.name)),
            (_, None) => None,
        }
    }
}

/// Redirects to the list, with its filters and a notice.
pub(crate) fn back_to_list(filters: &Filters, notice: Notice, id: Uuid) -> Response {
    let query = filters.query();
    let code = notice.code();
    Redirect::to(&format!("/console/bots?{query}&notice={code}&bot={id}")).into_response()
}

/// Renders the list for a query string.
pub(crate) async fn list(console: &Console, filters: &Filters, query: &str) -> HandlerResult<Page> {
    let studio = Studio::load(&console.core).await?;
    let notice = Notice::read(query, &studio);
    Ok(page(&studio, filters, context! { notice }))
}

/// Renders the list with a dialog above it.
pub(crate) async fn with_dialog(
    console: &Console,
    filters: &Filters,
    status: StatusCode,
    dialog: Dialog,
) -> HandlerResult<Page> {
    let studio = Studio::load(&console.core).await?;
    Ok(page(&studio, filters, opened(&studio, dialog)).status(status))
}

/// Renders the list with a dialog about one of the bots; 404 if it does not
/// exist.
pub(crate) async fn about(
    console: &Console,
    filters: &Filters,
    id: Uuid,
    status: StatusCode,
    dialog: impl FnOnce(&Bot) -> Dialog,
) -> HandlerResult<Page> {
    let studio = Studio::load(&console.core).await?;
    let dialog = dialog(studio.bot(id).ok_or_else(Failure::not_found)?);
    Ok(page(&studio, filters, opened(&studio, dialog)).status(status))
}

/// Returns the context of an open dialog: the dialog, and its bot.
fn opened(studio: &Studio, dialog: Dialog) -> Value {
    let bot = dialog.bot_id().and_then(|id| studio.bot(id));
    context! { bot => Serde(bot), dialog => Serde(dialog) }
}

/// Renders the list of bots that the filters match; `extra` is added to the
/// context.
fn page(studio: &Studio, filters: &Filters, extra: Value) -> Page {
    let bots: Vec<&Bot> = studio
        .bots
        .iter()
        .filter(|bot| filters.let_through(bot))
        .collect();
    let active = studio.bots.iter().filter(|bot| bot.active).count();
    let total = studio.bots.len();
    let roles: Vec<Value> = Role::ALL
        .iter()
        .map(|role| context! { value => role.as_str(), label => role.label() })
        .collect();
    let list = context! {
        section => "bots",
        bots => Serde(bots),
        total,
        counts => context! { active, inactive => total - active },
        tab => filters.tab(),
        filters => filters.fields(),
        query => filters.query(),
        departments => Serde(&studio.departments),
        productions => Serde(&studio.productions),
        roles,
    };
    Page::new("bots.html", context! { ..extra, ..list })
}
