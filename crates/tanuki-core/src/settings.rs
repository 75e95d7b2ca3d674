//! What a studio can set, as the rules need it. Where the values come from
//! (flags, environment, files) is the binary's business.

/// Settings of the whole server. Names follow Zou's variables, which the field
/// comments give.
#[derive(Debug, Clone)]
pub struct Settings {
    pub auth: AuthSettings,
    pub studio: StudioSettings,
    pub mail: MailSettings,
    pub client: ClientSettings,
    pub files: FileSettings,
}

/// Logging in.
#[derive(Clone)]
pub struct AuthSettings {
    /// `SECRET_KEY`: signs tokens; shared by all servers of a studio.
    pub secret_key: String,
    /// `AUTH_STRATEGY`.
    pub strategy: Strategy,
    /// `BCRYPT_LOG_ROUNDS`, 4 to 31.
    pub bcrypt_rounds: u32,
    /// `MIN_PASSWORD_LENGTH`, in characters.
    pub min_password_length: usize,
    /// `PROTECTED_ACCOUNTS`: addresses of people whom nobody may deactivate,
    /// demote or delete.
    pub protected_accounts: Vec<String>,
    /// `ENFORCE_2FA`: people without a second factor get no further than
    /// setting one up.
    pub enforce_two_factor: bool,
    /// `2FA_EXEMPT_USERS`: addresses that need none.
    pub two_factor_exempt: Vec<String>,
}

impl std::fmt::Debug for AuthSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthSettings")
            .field("strategy", &self.strategy)
            .field("bcrypt_rounds", &self.bcrypt_rounds)
            .finish_non_exhaustive()
    }
}

/// How a password is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Against the hash in the database.
    Password,
    /// Not at all: who knows an address is let in (`auth_local_no_password`).
    NoPassword,
    /// A strategy that this version does not have; nobody can log in.
    Unsupported,
}

/// The studio as a whole.
#[derive(Debug, Clone)]
pub struct StudioSettings {
    /// `USER_LIMIT`: most active people; bots do not count.
    pub user_limit: i64,
    /// `DEFAULT_TIMEZONE`, an IANA name.
    pub default_timezone: String,
    /// `DEFAULT_LOCALE`.
    pub default_locale: String,
    /// `DOMAIN_PROTOCOL://DOMAIN_NAME`, where browsers find the studio.
    pub public_url: String,
    /// `CORS_ALLOWED_ORIGINS`: other origins whose pages use the API with
    /// their visitors' cookies.
    pub allowed_origins: Vec<String>,
    /// `NB_RECORDS_PER_PAGE`: rows of a page of which no size was asked for.
    pub page_size: u64,
    /// `MOVIE_HIGHDEF_BITRATE`: Mbit/s of a preview's movie at most.
    pub highdef_bitrate: i64,
}

/// Sending mail.
#[derive(Clone)]
pub struct MailSettings {
    /// `MAIL_ENABLED`.
    pub enabled: bool,
    /// `MAIL_SERVER`.
    pub server: String,
    /// `MAIL_PORT`.
    pub port: u16,
    /// `MAIL_USERNAME`; empty for no login.
    pub username: String,
    /// `MAIL_PASSWORD`.
    pub password: String,
    /// `MAIL_USE_SSL`: TLS from the first byte.
    pub tls: bool,
    /// `MAIL_USE_TLS`: TLS after STARTTLS.
    pub starttls: bool,
    /// `MAIL_DEFAULT_SENDER`.
    pub sender: String,
    /// `MAIL_CHECK_DELIVERABILITY`: addresses must be of a public domain.
    pub check_deliverability: bool,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSettings")
            .field("enabled", &self.enabled)
            .field("server", &self.server)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// What the web client asks the server about itself (`GET /config`).
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// `IS_SELF_HOSTED`.
    pub is_self_hosted: bool,
    /// `CRISP_TOKEN`.
    pub crisp_token: String,
    /// Whether `INDEXER_KEY` is set.
    pub indexer_configured: bool,
    /// `MOVIE_HIGHDEF_BITRATE`, megabits a second.
    pub movie_highdef_bitrate: i64,
    /// `MOVIE_LOWDEF_BITRATE`, megabits a second.
    pub movie_lowdef_bitrate: i64,
}

/// The files of the studio; where they are kept is not the rules' business.
#[derive(Debug, Clone)]
pub struct FileSettings {
    /// `REMOVE_FILES`: files of what is deleted are removed; otherwise they
    /// are noted as deleted, and stay.
    pub remove: bool,
    /// `CLIENT_CACHE_MAX_AGE`: seconds for which clients may keep a file.
    pub max_age: u64,
}

impl Default for Settings {
    /// Zou's defaults, but for the secret key: there is none that is safe.
    fn default() -> Self {
        Self {
            auth: AuthSettings {
                secret_key: String::new(),
                strategy: Strategy::Password,
                bcrypt_rounds: 12,
                min_password_length: 8,
                protected_accounts: Vec::new(),
                enforce_two_factor: false,
                two_factor_exempt: Vec::new(),
            },
            studio: StudioSettings {
                user_limit: 100,
                default_timezone: "Europe/Paris".into(),
                default_locale: "en_US".into(),
                public_url: "https://localhost:8080".into(),
                allowed_origins: Vec::new(),
                page_size: 100,
                highdef_bitrate: 28,
            },
            mail: MailSettings {
                enabled: true,
                server: "localhost".into(),
                port: 25,
                username: String::new(),
                password: String::new(),
                tls: false,
                starttls: false,
                sender: "no-reply@your-studio.com".into(),
                check_deliverability: true,
            },
            client: ClientSettings {
                is_self_hosted: true,
                crisp_token: String::new(),
                indexer_configured: false,
                movie_highdef_bitrate: 28,
                movie_lowdef_bitrate: 6,
            },
            files: FileSettings {
                remove: false,
                max_age: 7 * 24 * 60 * 60,
            },
        }
    }
}
