//! The limit on open files and sockets of the process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The maximum to which the limit is raised.
const MAX_DESCRIPTORS: u64 = 1 << 20;

/// Descriptors for other uses than connections and the database: the listener,
/// the log, the runtime.
const RESERVED: u64 = 24;

/// The maximum number of connections, however many descriptors there are.
const MAX_CONNECTIONS: u64 = 16_384;

/// Raises the soft limit of open descriptors to the hard limit; returns the
/// limit.
pub fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let now = limit.current.unwrap_or(MAX_DESCRIPTORS);
    let wanted = limit
        .maximum
        .unwrap_or(MAX_DESCRIPTORS)
        .min(MAX_DESCRIPTORS);
    if now >= wanted {
        return now;
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, now, wanted, "the limit of open files cannot be raised");
            now
        }
    }
}

/// Returns the maximum number of client connections: two thirds of the
/// descriptors, so that responses can open files.
pub fn room_for_connections(limit: u64, database_connections: u32) -> usize {
    let reserved = RESERVED + 2 * u64::from(database_connections);
    let room = limit.saturating_sub(reserved) * 2 / 3;
    usize::try_from(room.clamp(8, MAX_CONNECTIONS)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_files_and_the_database() {
        assert_eq!(room_for_connections(128, 16), 48);
        assert_eq!(room_for_connections(1024, 16), 645);
        assert_eq!(room_for_connections(1 << 20, 16), 16_384);
        assert_eq!(room_for_connections(32, 64), 8);
    }
}
