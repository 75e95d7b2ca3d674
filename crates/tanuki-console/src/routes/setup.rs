//! `/console/setup`: creation of the first admin, with the link that the server
//! prints at its start as long as setup is required.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use minijinja::{Value, context};
use tanuki_core::{Error, NewAdmin};

use crate::Console;
use crate::dialog::{self, Errors};
use crate::failure::HandlerResult;
use crate::form::Form;
use crate::pages::Page;
use crate::session::{self, HOME};
use crate::visit::Visitor;

/// `GET /console/setup?token=…`.
pub(crate) async fn show(State(console): State<Console>, uri: Uri) -> HandlerResult<Page> {
    let token = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default();
    if !console.core.setup().check_link(&token).await? {
        return Ok(closed());
    }
    Ok(page(&console, &token, context! {}, &Errors::new()))
}

/// `POST /console/setup`.
pub(crate) async fn set_up(
    State(console): State<Console>,
    Visitor(visit): Visitor,
    form: Form,
) -> HandlerResult {
    let token = form.text("token");
    let admin = NewAdmin {
        first_name: form.text("first_name"),
        last_name: form.text("last_name"),
        email: form.text("email"),
        password: form.text("password"),
        repeated: form.text("password_2"),
    };
    let person_id = match console.core.setup().set_up(token, &admin).await {
        Ok(person_id) => person_id,
        Err(Error::NotFound) => return Ok(closed().into_response()),
        Err(error) => {
            let errors = dialog::errors(error)?;
            let filled = context! {
                first_name => admin.first_name,
                last_name => admin.last_name,
                email => admin.email,
            };
            return Ok(page(&console, token, filled, &errors)
                .status(StatusCode::UNPROCESSABLE_ENTITY)
                .into_response());
        }
    };
    let session = console.core.auth().start_console_session(person_id).await?;
    session::open(&console, &visit, &session, HOME).await
}

fn page(console: &Console, token: &str, form: Value, errors: &Errors) -> Page {
    let password_min = console.core.passwords().min_length();
    Page::new("setup.html", context! { token, form, errors, password_min })
}

/// 410: the link was used, has expired, or is invalid.
fn closed() -> Page {
    Page::new("setup_closed.html", context! {}).status(StatusCode::GONE)
}
