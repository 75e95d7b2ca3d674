//! Logging in and out, tokens, passwords.

mod app_login;
mod console;
mod login;
pub mod password;
mod reset;
pub mod secret;
mod session;
pub mod token;

pub use app_login::AppLogin;
pub use console::{ConsoleSession, SessionPerson};
pub use login::{LoggedIn, Login, LoginError};
pub use reset::ResetError;
pub use session::Session;

use chrono::Duration;

/// How long an access token of a login works.
pub const ACCESS_LIFETIME: Duration = Duration::days(7);

/// How long a refresh token works.
pub const REFRESH_LIFETIME: Duration = Duration::days(15);

/// How long somebody stays signed in to the console.
pub const CONSOLE_LIFETIME: Duration = Duration::hours(12);

/// How long a link to choose a new password works.
const RESET_LIFETIME: Duration = Duration::hours(2);
