//! The functions of [`Core`], by area: `core.tasks().assign(…)`.

use crate::Core;

/// Declares the handle of each area, and the method of [`Core`] that returns
/// it.
macro_rules! handles {
    ($($(#[$doc:meta])+ $visibility:vis $area:ident: $Handle:ident;)+) => {
        $(
            $(#[$doc])+
            #[derive(Debug, Clone, Copy)]
            $visibility struct $Handle<'a> {
                pub(crate) core: &'a Core,
            }
        )+

        impl Core {
            $(
                $(#[$doc])+
                $visibility fn $area(&self) -> $Handle<'_> {
                    $Handle { core: self }
                }
            )+
        }
    };
}

handles! {
    /// Logins, sessions, tokens and passwords.
    pub auth: Auth;
    /// The generic operations on the rows of a [`Resource`](crate::resource::Resource).
    pub resources: Resources;
    /// The log of recorded events, and that of logins.
    pub events: Events;
    /// The job queue.
    pub jobs: Jobs;
    /// Names and settings of the whole studio.
    pub studio: Studio;
    /// Previews, working files and output files.
    pub files: Files;
    /// Deletions and sums that changes in several areas cause.
    pub(crate) cascade: Cascade;
    /// People's accounts.
    pub people: People;
    /// Productions: their settings, teams, metadata descriptors and templates.
    pub projects: Projects;
    /// Logins of people whom an identity provider has authenticated.
    pub single_sign_on: SingleSignOn;
    /// People of the studio's directory (LDAP).
    pub directory: Directory;
    /// Accounts for programs.
    pub bots: Bots;
    /// Casting, asset instances and shared assets.
    pub breakdown: Breakdown;
    /// Assets, shots, sequences, episodes, scenes, edits and concepts.
    pub entities: Entities;
    /// Tasks, assignments and time spent.
    pub tasks: Tasks;
    /// Comments, replies, attachments, and what follows from a comment.
    pub comments: Comments;
    /// Chats of entities.
    pub chats: Chats;
    /// Playlists and their entries.
    pub playlists: Playlists;
    /// Playlists that are shared by links, and the guests who open them.
    pub shares: Shares;
    /// The caller's own tasks, and what the web client loads at login.
    pub work: Work;
    /// Schedules, budgets, quotas and statistics.
    pub planning: Planning;
    /// Deleting old rows of the logs, and old notifications.
    pub housekeeping: Housekeeping;
    /// Tables of people, projects, tasks and time spent, for spreadsheets.
    pub tables: Tables;
    /// Rows from the tables of spreadsheets.
    pub imports: Imports;
    /// Search by words.
    pub search: Search;
    /// The first admin of a new server, and password resets of admins.
    pub setup: Setup;
}
