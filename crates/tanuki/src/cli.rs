//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use tanuki_domain::Role;

/// Production tracking for animation and VFX studios: the API of Zou 1.0.97
/// in one binary.
///
/// Without a command it serves. Settings come from flags, the environment
/// (Zou's variable names), an environment file and tanuki.toml, in this order.
#[derive(Debug, Parser)]
#[command(name = "tanuki", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub place: GlobalArgs,
    #[command(flatten)]
    pub serve: Serve,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Where the studio's data and settings are; every command takes these.
#[derive(Debug, Clone, Args)]
pub struct GlobalArgs {
    /// Folder of the studio's data: the SQLite database and the secret key
    /// [default: ./data]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Database, as sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME
    /// [default: sqlite:DIR/tanuki.sqlite, or what the DB_* variables say]
    #[arg(long, value_name = "URL", global = true)]
    pub database_url: Option<String>,
    /// File of NAME=value lines, such as a Zou installation has
    #[arg(long, value_name = "FILE", global = true)]
    pub env_file: Option<PathBuf>,
    /// Settings file [default: ./tanuki.toml where there is one]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Args)]
pub struct Serve {
    /// Address and port to listen on [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Folder of a built Kitsu, to serve at / [default: none; the console is at /console]
    #[arg(long, value_name = "DIR")]
    pub web_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the console (the default)
    Serve(Serve),
    /// Create an admin, or make the person of that address one
    CreateAdmin(CreateAdmin),
    /// Print a link under which a person chooses a new password
    ResetPassword {
        /// The person's address
        email: String,
    },
    /// Create a bot and print its token
    CreateBot(CreateBot),
    /// List the bots
    ListBots {
        /// As a JSON list
        #[arg(long)]
        json: bool,
    },
    /// Give a bot a new token and print it; the old one stops working at once
    RotateBot {
        /// The bot's name or id
        name: String,
    },
    /// Change people's accounts: password, role, second factors, active or not
    #[command(subcommand)]
    Person(Person),
    /// Let people's accounts follow the studio's directory (LDAP)
    ///
    /// Prints what changes: who is created, updated, switched on and off, kept and
    /// refused, and why. Everything is read before anything is written, in one
    /// transaction. Ends with 1 if nothing was changed, with 3 if some entries could
    /// not be followed.
    SyncLdap(SyncLdap),
    /// Look after productions
    #[command(subcommand)]
    Project(Project),
    /// Remove old rows that nothing needs: events, notifications, logins
    #[command(subcommand)]
    Clean(Clean),
    /// Look at the job queue: mail and other work in the background
    #[command(subcommand)]
    Jobs(Jobs),
    /// Look after films: encode them again, read what they hold, make their tiles
    #[command(subcommand)]
    Films(Films),
    /// Look after pictures: make thumbnails that are missing, correct their rows
    #[command(subcommand)]
    Pictures(Pictures),
    /// Say what the server finds of the programs that it needs: ffmpeg for films
    Check,
    /// Look after databases
    #[command(subcommand)]
    Db(Db),
    /// Look after stored files: previews, pictures, attachments
    #[command(subcommand)]
    Files(Files),
    /// Print the completion script of a shell
    ///
    /// For bash: tanuki completions bash > /etc/bash_completion.d/tanuki
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, or write a page per command into a folder
    ///
    /// To read it: tanuki man | man -l -
    Man {
        /// Folder that gets tanuki.1, tanuki-serve.1 and so on
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct CreateAdmin {
    /// The admin's address
    pub email: String,
    /// The admin's password; safer typed at the terminal, which is asked for it
    /// without this flag, or on standard input
    #[arg(long)]
    pub password: Option<String>,
    /// Read the password from standard input, up to the end of the line
    #[arg(long, conflicts_with = "password")]
    pub password_stdin: bool,
    #[arg(long, default_value = "Super")]
    pub first_name: String,
    #[arg(long, default_value = "Admin")]
    pub last_name: String,
}

#[derive(Debug, Args)]
pub struct CreateBot {
    /// The bot's name
    pub name: String,
    /// user, admin, supervisor, manager, client or vendor
    #[arg(long, default_value = "user")]
    pub role: String,
    /// Last day on which its token works, YYYY-MM-DD [default: it never ends]
    #[arg(long, value_name = "DATE")]
    pub expires: Option<String>,
    /// Name of a department; may be given several times
    #[arg(long = "department", value_name = "NAME")]
    pub departments: Vec<String>,
    /// Name or id of a production whose team it joins; may be given several
    /// times. A bot hears the events of these productions alone, one with the
    /// role admin those of all
    #[arg(long = "project", value_name = "NAME_OR_ID")]
    pub projects: Vec<String>,
    /// Create it switched off
    #[arg(long)]
    pub inactive: bool,
}

#[derive(Debug, Subcommand)]
pub enum Person {
    /// Let a person log in again
    Activate {
        /// The person's address or desktop login
        login: String,
    },
    /// Log a person out and let them in no more; what they made stays
    Deactivate {
        /// The person's address or desktop login
        login: String,
    },
    /// Give a person another role in the studio
    SetRole {
        /// The person's address or desktop login
        login: String,
        #[arg(value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
        role: String,
    },
    /// Set a person's password, end their sessions and tell them by mail
    ///
    /// The terminal asks for the password. `tanuki reset-password` prints a link
    /// under which they choose one themselves.
    SetPassword {
        /// The person's address or desktop login
        login: String,
        /// Read the password from standard input, up to the end of the line
        #[arg(long)]
        password_stdin: bool,
    },
    /// Log a person out of all browsers and programs; API tokens stay valid
    EndSessions {
        /// The person's address or desktop login
        #[arg(required_unless_present = "all")]
        login: Option<String>,
        /// Everybody
        #[arg(long, conflicts_with = "login")]
        all: bool,
    },
    /// Switch off a person's second factors, delete their secrets and passkeys,
    /// and tell them by mail
    DisableTwoFactor {
        /// The person's address or desktop login
        login: String,
    },
}

#[derive(Debug, Args)]
pub struct SyncLdap {
    /// Print what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Switch off more than half of the directory's people if it says so
    #[arg(long)]
    pub force: bool,
    /// Let the directory have local accounts whose login or address is in it
    #[arg(long)]
    pub take_over: bool,
    /// Leave people's pictures as they are
    #[arg(long)]
    pub no_photos: bool,
}

#[derive(Debug, Subcommand)]
pub enum Project {
    /// Recompute what is stored of tasks and castings
    ///
    /// Status, dates, number of retakes and duration of tasks, from their comments
    /// and the time spent on them; how many assets are cast in shots, and how many
    /// of these are ready for each task.
    Recount {
        /// Names or ids of productions
        #[arg(value_name = "NAME_OR_ID", required_unless_present = "all")]
        projects: Vec<String>,
        /// All open productions
        #[arg(long, conflicts_with = "projects")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Clean {
    /// Remove old events from the log, which `GET /data/events/last` reads
    Events(Age),
    /// Remove old notifications, read or not
    Notifications(Age),
    /// Remove old logins from the log of logins
    LoginLogs(Age),
    /// Remove old events, notifications and logins
    All(Age),
}

/// Which rows are old; every command of `tanuki clean` takes these.
#[derive(Debug, Args)]
pub struct Age {
    /// Remove what is older than so many days
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub older_than: u16,
    /// Count what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// List the newest hundred jobs
    List {
        /// Only those that are waiting, running, done, failed or cancelled
        #[arg(long)]
        state: Option<String>,
        /// As a JSON list
        #[arg(long)]
        json: bool,
    },
    /// Do a failed or cancelled job again; without an id, all that failed
    Retry {
        /// The job's id
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Films {
    /// Encode films again, of which the file as it was sent is stored
    ///
    /// It is stored until a film is ready, and after that where
    /// PREVIEW_SAVE_SOURCE_FILE says so. A running server does the work.
    Encode {
        #[command(flatten)]
        which: WhichPreviews,
        /// All that are ready too; otherwise those that are broken, missing or
        /// still to be encoded
        #[arg(long)]
        all: bool,
    },
    /// Read size and duration of the films that are stored, and correct their rows
    Probe {
        #[command(flatten)]
        which: WhichPreviews,
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// Make the tiles of films that have none
    ///
    /// A running server does the work.
    Tiles {
        #[command(flatten)]
        which: WhichPreviews,
        /// Make them of films that have them, too
        #[arg(long)]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Pictures {
    /// Make the thumbnails of pictures and films that lack one
    ///
    /// A running server does the work.
    Make {
        #[command(flatten)]
        which: WhichPreviews,
        /// Make them of pictures that have them, too
        #[arg(long)]
        all: bool,
    },
    /// Read the size of the pictures that are stored, and correct their rows
    Probe {
        #[command(flatten)]
        which: WhichPreviews,
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
    },
}

/// Which previews a command is about: all, unless these say otherwise.
#[derive(Debug, Args)]
pub struct WhichPreviews {
    /// Ids of previews
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Those of a production, by its name or id
    #[arg(long, value_name = "NAME_OR_ID")]
    pub project: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Db {
    /// Copy a whole database into an empty one, of either kind
    Copy {
        /// Where to copy from
        #[arg(long, value_name = "URL")]
        from: String,
        /// Where to copy to; refused if it holds rows
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Report revision, row counts and references into nothing
    Check,
    /// Offer indexes that speed up pages of the newest rows, on PostgreSQL
    ///
    /// Lists them with their sizes. They are on tables of Zou, which works with
    /// and without them. Created and dropped while the server runs; every new
    /// row of such a table is entered in them too.
    Tune {
        /// Create those that are missing
        #[arg(long, conflicts_with = "drop")]
        create: bool,
        /// Drop them
        #[arg(long)]
        drop: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Files {
    /// Compare the rows with the stored files
    ///
    /// Prints each file that is missing, has another size than its row says,
    /// belongs to no row, or has a strange name. Fails if there are any.
    Check {
        /// As JSON: a line for each problem, and one with the sums
        #[arg(long)]
        json: bool,
    },
    /// Copy all files to another store
    ///
    /// A store is folder:PATH; s3, which the settings FS_S3_* describe; or
    /// env:FILE, the store that the FS_* lines of that environment file
    /// describe. What is there already is skipped, so that a copy can be
    /// repeated. Each file is read again after it was copied.
    Copy {
        /// Where to copy from
        #[arg(long, value_name = "STORE")]
        from: String,
        /// Where to copy to
        #[arg(long, value_name = "STORE")]
        to: String,
    },
}
