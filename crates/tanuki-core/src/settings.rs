//! Configuration, as this crate needs it. The binary reads the values from
//! flags, environment and files.

use std::path::PathBuf;
use std::time::Duration;

pub use tanuki_chat::Settings as ChatSettings;
use tanuki_domain::RoleMap;
pub use tanuki_ldap::{
    Kind as DirectoryKind, Security as DirectorySecurity, Settings as DirectorySettings,
};
pub use tanuki_oidc::Settings as ProviderSettings;
pub use tanuki_saml::Settings as SamlProviderSettings;

/// The configuration of a server. The field comments give the names of Zou's
/// environment variables.
#[derive(Debug, Clone)]
pub struct Settings {
    pub auth: AuthSettings,
    pub oidc: OidcSettings,
    pub ldap: LdapSettings,
    pub saml: SamlSettings,
    pub studio: StudioSettings,
    pub mail: MailSettings,
    pub chat: ChatSettings,
    pub client: ClientSettings,
    pub files: FileSettings,
    pub films: FilmSettings,
}

/// Authentication.
#[derive(Clone)]
pub struct AuthSettings {
    /// `SECRET_KEY`: the key that signs JWTs; the same for all servers of a
    /// studio.
    pub secret_key: String,
    /// `AUTH_STRATEGY`.
    pub strategy: Strategy,
    /// `BCRYPT_LOG_ROUNDS`: the cost factor of bcrypt, 4 to 31.
    pub bcrypt_rounds: u32,
    /// `MIN_PASSWORD_LENGTH`, in characters.
    pub min_password_length: usize,
    /// `PROTECTED_ACCOUNTS`: addresses of people who cannot be deactivated,
    /// demoted or deleted by anybody else.
    pub protected_accounts: Vec<String>,
    /// `ENFORCE_2FA`: people without a second factor get a session that is good
    /// only for setting one up.
    pub enforce_two_factor: bool,
    /// `2FA_EXEMPT_USERS`: addresses exempt from `ENFORCE_2FA`.
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

/// Single sign-on with OpenID Connect.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// `OIDC_ENABLED`.
    pub enabled: bool,
    /// `OIDC_IDP_NAME`: what the web client calls the provider.
    pub provider_name: String,
    pub provider: ProviderSettings,
    /// `OIDC_EMAIL_CLAIM`.
    pub email_claim: String,
    /// `OIDC_GIVEN_NAME_CLAIM`.
    pub first_name_claim: String,
    /// `OIDC_FAMILY_NAME_CLAIM`.
    pub last_name_claim: String,
    /// `OIDC_REQUIRE_EMAIL_VERIFIED`: refuse addresses that the provider does
    /// not call verified.
    pub require_verified_email: bool,
    /// `OIDC_SKIP_2FA`: `ENFORCE_2FA` is up to the provider.
    pub skip_two_factor: bool,
    /// `OIDC_ROLE_CLAIM`: the claim with a person's groups; dots lead into
    /// objects.
    pub role_claim: String,
    /// `OIDC_ROLE_MAP`.
    pub role_map: RoleMap,
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            provider_name: String::new(),
            provider: ProviderSettings {
                scopes: "openid email profile".into(),
                ..ProviderSettings::default()
            },
            email_claim: "email".into(),
            first_name_claim: "given_name".into(),
            last_name_claim: "family_name".into(),
            require_verified_email: true,
            skip_two_factor: false,
            role_claim: "groups".into(),
            role_map: RoleMap::default(),
        }
    }
}

/// People of a directory (LDAP).
#[derive(Debug, Clone, Default)]
pub struct LdapSettings {
    pub directory: DirectorySettings,
    /// `LDAP_FALLBACK`: people who are not of the directory log in with local
    /// passwords.
    pub has_fallback: bool,
    /// `LDAP_EXCLUDED_ACCOUNTS`: logins that `tanuki sync-ldap` leaves alone.
    pub excluded: Vec<String>,
}

/// Single sign-on with SAML.
#[derive(Debug, Clone)]
pub struct SamlSettings {
    /// `SAML_ENABLED`.
    pub enabled: bool,
    /// `SAML_IDP_NAME`: what the web client calls the provider.
    pub provider_name: String,
    pub provider: SamlProviderSettings,
    /// `SAML_SUBJECT_ATTRIBUTE`: the attribute that identifies people for good;
    /// without it their address does.
    pub subject_attribute: Option<String>,
    /// `SAML_SKIP_2FA`: `ENFORCE_2FA` is up to the provider.
    pub skip_two_factor: bool,
    /// `SAML_ACCEPT_UNSOLICITED`: take responses to no request, which begin at
    /// the provider's own page.
    pub accept_unsolicited: bool,
    /// `SAML_ROLE_ATTRIBUTE`: the attribute with a person's groups.
    pub role_attribute: String,
    /// `SAML_ROLE_MAP`.
    pub role_map: RoleMap,
}

impl Default for SamlSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            provider_name: String::new(),
            provider: SamlProviderSettings::default(),
            subject_attribute: None,
            skip_two_factor: false,
            accept_unsolicited: true,
            role_attribute: "groups".into(),
            role_map: RoleMap::default(),
        }
    }
}

/// How a password is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Against the hash in the database.
    Password,
    /// Not at all: anybody can log in with an address
    /// (`auth_local_no_password`).
    NoPassword,
    /// By the directory (`auth_remote_ldap`), for the people who are in it.
    Directory,
    /// A strategy that this version does not support; nobody can log in.
    Unsupported,
}

/// Settings of the studio.
#[derive(Debug, Clone)]
pub struct StudioSettings {
    /// `USER_LIMIT`: maximum number of active people; bots do not count.
    pub user_limit: i64,
    /// `DEFAULT_TIMEZONE`, an IANA name.
    pub default_timezone: String,
    /// `DEFAULT_LOCALE`.
    pub default_locale: String,
    /// `DOMAIN_PROTOCOL://DOMAIN_NAME`: the public URL of the studio.
    pub public_url: String,
    /// `CORS_ALLOWED_ORIGINS`: origins that may use the API with cookies
    /// (CORS).
    pub allowed_origins: Vec<String>,
    /// `NB_RECORDS_PER_PAGE`: default page size, in rows.
    pub page_size: u64,
    /// `MOVIE_HIGHDEF_BITRATE`: maximum bit rate of a preview's movie, in
    /// Mbit/s.
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
    /// `MAIL_USERNAME`; empty: no SMTP authentication.
    pub username: String,
    /// `MAIL_PASSWORD`.
    pub password: String,
    /// `MAIL_USE_SSL`: implicit TLS.
    pub tls: bool,
    /// `MAIL_USE_TLS`: STARTTLS, required.
    pub starttls: bool,
    /// `MAIL_DEFAULT_SENDER`: the address in `From`.
    pub sender: String,
    /// `MAIL_TIMEOUT`: how long the mail server may take for a mail.
    pub timeout: Duration,
    /// `MAIL_CHECK_DELIVERABILITY`: refuse addresses without a public domain.
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

/// Settings that the web client reads (`GET /config`).
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// `IS_SELF_HOSTED`.
    pub is_self_hosted: bool,
    /// `CRISP_TOKEN`.
    pub crisp_token: String,
    /// `MOVIE_HIGHDEF_BITRATE`, in Mbit/s.
    pub movie_highdef_bitrate: i64,
    /// `MOVIE_LOWDEF_BITRATE`, in Mbit/s.
    pub movie_lowdef_bitrate: i64,
}

/// Settings of stored files. Where they are stored is up to `tanuki-files`.
#[derive(Debug, Clone)]
pub struct FileSettings {
    /// `REMOVE_FILES`: delete the files of deleted rows; otherwise they are
    /// only marked as deleted.
    pub remove: bool,
    /// `CLIENT_CACHE_MAX_AGE`: `max-age` of files in `Cache-Control`, in
    /// seconds.
    pub max_age: u64,
    /// `MAX_IMAGE_PIXELS`: the most pixels of a picture that is decoded.
    pub max_picture_pixels: u64,
    /// `TANUKI_PICTURE_WORKERS`: how many pictures are decoded at the same
    /// time.
    pub picture_workers: usize,
    /// Whether SVG and PDF files are drawn; only if the executable calls
    /// [`run_as_child`](tanuki_media::child::run_as_child).
    pub draws_documents: bool,
}

/// Encoding films.
#[derive(Debug, Clone)]
pub struct FilmSettings {
    /// `TANUKI_FFMPEG`: the program; `None`: that of the `PATH`.
    pub ffmpeg: Option<PathBuf>,
    /// `TANUKI_FFPROBE`, the same.
    pub ffprobe: Option<PathBuf>,
    /// `TANUKI_FILMS_AT_ONCE`: how many films a server encodes at a time.
    pub at_once: usize,
    /// `TANUKI_FILM_NICENESS`: the `nice` value of ffmpeg, 0 to 19.
    pub niceness: i32,
    /// Whether ffmpeg is killed when the server is, on Linux; only if its
    /// executable calls [`run_as_child`](tanuki_media::child::run_as_child).
    pub is_bound: bool,
    /// `JOB_QUEUE_TIMEOUT`: how long an encode may take.
    pub time_limit: Duration,
    /// `MOVIE_ENCODING_PRESET`: the preset of x264.
    pub preset: String,
    /// `MOVIE_VBV_BUFSIZE_FACTOR`: over how many seconds the bit rate is kept;
    /// 0: it is kept on average.
    pub buffer: f64,
    /// `SKIP_NORMALIZATION_FULL`: films are kept as they were sent.
    pub skip: bool,
    /// `SKIP_NORMALIZATION_HIGHDEF`: only low definition is made.
    pub skip_highdef: bool,
    /// `PREVIEW_SAVE_SOURCE_FILE`: keep films as they were sent after they have
    /// been encoded.
    pub keep_source: bool,
}

impl Default for FilmSettings {
    fn default() -> Self {
        Self {
            ffmpeg: None,
            ffprobe: None,
            at_once: 1,
            niceness: 10,
            is_bound: false,
            time_limit: Duration::from_secs(60 * 60),
            preset: "medium".into(),
            buffer: 2.0,
            skip: false,
            skip_highdef: false,
            keep_source: false,
        }
    }
}

impl Default for Settings {
    /// Zou's defaults, except for the secret key: there is no safe default.
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
            oidc: OidcSettings::default(),
            ldap: LdapSettings::default(),
            saml: SamlSettings::default(),
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
                timeout: Duration::from_secs(30),
                check_deliverability: true,
            },
            chat: ChatSettings::default(),
            client: ClientSettings {
                is_self_hosted: true,
                crisp_token: String::new(),
                movie_highdef_bitrate: 28,
                movie_lowdef_bitrate: 6,
            },
            files: FileSettings {
                remove: false,
                max_age: 7 * 24 * 60 * 60,
                max_picture_pixels: 20_000 * 20_000,
                picture_workers: 2,
                draws_documents: false,
            },
            films: FilmSettings::default(),
        }
    }
}
