//! Authentication: logins, sessions, JWTs, passwords.

mod account;
pub(crate) mod account_mail;
mod api_token;
mod app_login;
mod caller;
mod console;
mod directory;
pub mod factors;
mod limits;
mod login;
pub mod passkeys;
pub mod password;
mod reset;
pub mod secret;
mod session;
mod session_list;
pub mod shapes;
mod signature;
pub mod token;

pub use app_login::AppLogin;
pub use caller::{Admin, AuthError, Caller, CurrentUser, Manager, VerifiedToken};
pub use console::{ConsoleSession, SessionPerson};
pub use directory::PASSWORD_IN_DIRECTORY;
pub use factors::{Enrolled, FactorError, FactorOverview, SecondFactorProof};
pub use login::{LoggedIn, Login, LoginError};
pub use passkeys::PasskeyLogin;
pub use reset::{ResetError, ResetLink};
pub use session::Session;
pub use session_list::{Device, LoginMethod, session_shape};

use chrono::Duration;

/// Lifetime of the access token of a login.
pub const ACCESS_LIFETIME: Duration = Duration::days(7);

/// Lifetime of a refresh token.
pub const REFRESH_LIFETIME: Duration = Duration::days(15);

/// Lifetime of a session of the console.
pub const CONSOLE_LIFETIME: Duration = Duration::hours(12);

/// Lifetime of a password reset link.
const RESET_LIFETIME: Duration = Duration::hours(2);
