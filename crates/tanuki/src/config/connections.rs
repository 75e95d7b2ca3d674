//! Settings of client connections: their number and time-outs.

use std::time::Duration;

use anyhow::Result;

use super::Vars;
use crate::http::Timeouts;

/// The default maximum number of connections per address that wait for their
/// client.
const WAITING_PER_ADDRESS: usize = 256;

/// The limits on connections.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// `TANUKI_MAX_CONNECTIONS`; `None` if it is not set: the limit then
    /// follows from the number of file descriptors.
    pub most: Option<usize>,
    pub waiting_per_address: usize,
    pub timeouts: Timeouts,
}

pub(super) fn from_vars(vars: &Vars) -> Result<Connections> {
    let seconds = |name, default: u64| -> Result<Duration> {
        let seconds: u64 = vars.number(name, default)?;
        Ok(Duration::from_secs(seconds.max(1)))
    };
    let most = vars.get("TANUKI_MAX_CONNECTIONS");
    let most = most.map(|_| vars.number("TANUKI_MAX_CONNECTIONS", 1_usize));
    let name = "TANUKI_WAITING_CONNECTIONS_PER_ADDRESS";
    Ok(Connections {
        most: most.transpose()?.map(|most| most.max(1)),
        waiting_per_address: vars.number(name, WAITING_PER_ADDRESS)?.max(1),
        timeouts: Timeouts {
            head: seconds("TANUKI_HEAD_TIMEOUT", 10)?,
            idle: seconds("TANUKI_IDLE_TIMEOUT", 60)?,
            send: seconds("TANUKI_SEND_TIMEOUT", 60)?,
        },
    })
}
