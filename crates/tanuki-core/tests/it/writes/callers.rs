//! Groups of the people of the test studio who may call the same functions.

pub(super) const ADMIN: &[&str] = &["admin"];
pub(super) const MANAGERS: &[&str] = &["admin", "manager", "user_as_manager", "bot"];
/// Managers in the studio, whatever they are in the production.
pub(super) const STUDIO_MANAGERS: &[&str] = &[
    "admin",
    "manager",
    "bot",
    "manager_as_client",
    "other_manager",
];
pub(super) const SUPERVISORS: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "bot",
    "supervisor",
    "lighting_supervisor",
];
/// The team, without clients and vendors.
pub(super) const STAFF: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "bot",
    "supervisor",
    "lighting_supervisor",
    "artist",
    "idle_artist",
];
/// Those who may work on the shot: the team without clients, and the vendor with
/// a task there.
pub(super) const WORK: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "bot",
    "supervisor",
    "lighting_supervisor",
    "artist",
    "idle_artist",
    "vendor",
];
/// Those who may publish on the task.
pub(super) const PUBLISH: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "bot",
    "supervisor",
    "artist",
    "vendor",
];
/// Everybody with an account.
pub(super) const EVERYBODY: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "bot",
    "supervisor",
    "lighting_supervisor",
    "artist",
    "idle_artist",
    "client",
    "manager_as_client",
    "vendor",
    "idle_vendor",
    "other_manager",
    "outsider",
];
pub(super) const PERSONS: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "supervisor",
    "lighting_supervisor",
    "artist",
    "idle_artist",
    "client",
    "manager_as_client",
    "vendor",
    "idle_vendor",
    "other_manager",
    "outsider",
];

/// Those who may read the task of the shot, without bots.
pub(super) const SEE_THE_SHOT: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "supervisor",
    "lighting_supervisor",
    "artist",
    "idle_artist",
    "client",
    "manager_as_client",
    "vendor",
];
/// Those who may read the task of the shot.
pub(super) const READ_THE_TASK: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "bot",
    "supervisor",
    "lighting_supervisor",
    "artist",
    "idle_artist",
    "client",
    "manager_as_client",
    "vendor",
];
/// The team and admins, without bots.
pub(super) const TEAM: &[&str] = &[
    "admin",
    "manager",
    "user_as_manager",
    "supervisor",
    "lighting_supervisor",
    "artist",
    "idle_artist",
    "client",
    "manager_as_client",
    "vendor",
    "idle_vendor",
];
