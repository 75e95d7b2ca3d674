//! The registry of open connections, which closes some when there are too many.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Timeouts;
use super::activity::{Activity, Overdue};

/// The interval at which the shutdown checks whether all connections have
/// ended.
const ENDING: Duration = Duration::from_millis(20);

/// The limits on the number of connections.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub connections: usize,
    /// Connections per address that wait for their client. Behind a proxy all
    /// have the same address; connections with a running request are not
    /// counted.
    pub waiting_per_address: usize,
}

/// The open connections; clones share them.
#[derive(Debug, Clone)]
pub struct Registry {
    bounds: Bounds,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    by_address: HashMap<IpAddr, Vec<Arc<Activity>>>,
    count: usize,
}

impl Registry {
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            open: Arc::default(),
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a connection. If its address has too many that wait for their
    /// client, or there are too many in total, the one that has been waiting
    /// longest is closed. `None` if there is no room and none can be closed.
    pub fn admit(&self, address: IpAddr) -> Option<Ticket> {
        let address = network(address);
        let now = Instant::now();
        let mut open = self.open();
        open.make_room_of(address, self.bounds.waiting_per_address, now);
        if open.count >= self.bounds.connections && !open.make_room(now) {
            return None;
        }
        let activity = Arc::new(Activity::new());
        open.count += 1;
        let own = open.by_address.entry(address).or_default();
        own.push(Arc::clone(&activity));
        Some(Ticket {
            activity,
            address,
            registry: self.clone(),
        })
    }

    /// Closes the connection that has been waiting for its client longest, to
    /// free its file descriptor.
    pub fn close_longest_waiting(&self) {
        self.open().make_room(Instant::now());
    }

    /// Closes the connections whose clients exceeded a time-out.
    pub fn sweep(&self, timeouts: &Timeouts) {
        let now = Instant::now();
        let all: Vec<_> = self.open().all().cloned().collect();
        for activity in all {
            match activity.overdue(now, timeouts) {
                Some(Overdue::Cut) => activity.close(),
                Some(Overdue::End) => activity.end.notify_one(),
                None => {}
            }
        }
    }

    /// Shuts down all connections gracefully; returns once only WebSockets are
    /// left.
    pub async fn end(&self) {
        loop {
            let all: Vec<_> = self.open().all().cloned().collect();
            if all.iter().all(|activity| activity.is_upgraded()) {
                return;
            }
            all.iter().for_each(|activity| activity.end.notify_one());
            tokio::time::sleep(ENDING).await;
        }
    }

    fn remove(&self, address: IpAddr, activity: &Arc<Activity>) {
        self.open().remove(address, activity);
    }
}

impl Open {
    fn all(&self) -> impl Iterator<Item = &Arc<Activity>> {
        self.by_address.values().flatten()
    }

    fn remove(&mut self, address: IpAddr, activity: &Arc<Activity>) {
        let Some(own) = self.by_address.get_mut(&address) else {
            return;
        };
        let before = own.len();
        own.retain(|other| !Arc::ptr_eq(other, activity));
        self.count -= before - own.len();
        if own.is_empty() {
            self.by_address.remove(&address);
        }
    }

    /// Closes a connection of an address if `most` of them wait for their
    /// client.
    fn make_room_of(&mut self, address: IpAddr, most: usize, now: Instant) {
        let Some(own) = self
            .by_address
            .get(&address)
            .filter(|own| own.len() >= most)
        else {
            return;
        };
        let waiting = own
            .iter()
            .filter_map(|activity| Some((activity.waiting_since(now)?, activity)));
        let (count, longest) = waiting.fold((0, None), |(count, longest), next| {
            let longest = match longest {
                Some((since, _)) if since <= next.0 => longest,
                _ => Some(next),
            };
            (count + 1, longest)
        });
        if let Some((_, activity)) = longest.filter(|_| count >= most) {
            let activity = Arc::clone(activity);
            self.close(address, &activity);
        }
    }

    /// Closes the connection that has been waiting for its client longest. If
    /// none is waiting, closes the oldest WebSocket of the address with the
    /// most of them; its client reconnects. Returns whether one was closed.
    fn make_room(&mut self, now: Instant) -> bool {
        let all = self
            .by_address
            .iter()
            .flat_map(|(address, own)| own.iter().map(move |activity| (address, activity)));
        let longest = all
            .filter_map(|(address, activity)| {
                Some((activity.waiting_since(now)?, address, activity))
            })
            .min_by_key(|(since, ..)| *since)
            .map(|(_, address, activity)| (*address, Arc::clone(activity)));
        let Some((address, activity)) = longest.or_else(|| self.oldest_socket()) else {
            return false;
        };
        self.close(address, &activity);
        true
    }

    /// Returns the oldest WebSocket of the address that has the most.
    fn oldest_socket(&self) -> Option<(IpAddr, Arc<Activity>)> {
        let sockets = |own: &[Arc<Activity>]| own.iter().filter(|one| one.is_upgraded()).count();
        let (address, own) = self.by_address.iter().max_by_key(|(_, own)| sockets(own))?;
        let oldest = own
            .iter()
            .filter(|activity| activity.is_upgraded())
            .min_by_key(|activity| activity.opened())?;
        Some((*address, Arc::clone(oldest)))
    }

    fn close(&mut self, address: IpAddr, activity: &Arc<Activity>) {
        tracing::debug!(%address, "a connection is closed in favour of another");
        activity.close();
        self.remove(address, activity);
    }
}

/// A connection's entry in the registry; removed on drop.
#[derive(Debug)]
pub struct Ticket {
    pub activity: Arc<Activity>,
    address: IpAddr,
    registry: Registry,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.registry.remove(self.address, &self.activity);
    }
}

/// Returns the network that counts as one client: an IPv6 client has a /64
/// prefix of its own.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(prefix))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(connections: usize, waiting_per_address: usize) -> Registry {
        Registry::new(Bounds {
            connections,
            waiting_per_address,
        })
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn is_open(registry: &Registry, ticket: &Ticket) -> bool {
        let open = registry.open();
        open.all()
            .any(|activity| Arc::ptr_eq(activity, &ticket.activity))
    }

    #[test]
    fn the_one_that_waited_longest_is_closed_when_all_places_are_taken() {
        let registry = registry(2, 10);
        let silent = registry.admit(address(1)).unwrap();
        let busy = registry.admit(address(2)).unwrap();
        let request = busy.activity.request();
        let next = registry.admit(address(3)).unwrap();
        assert!(!is_open(&registry, &silent) && is_open(&registry, &busy));
        let other = next.activity.request();
        assert!(registry.admit(address(4)).is_none(), "all are busy");
        drop((request, other));
        assert!(registry.admit(address(4)).is_some());
    }

    #[test]
    fn an_address_keeps_so_many_that_wait_and_any_number_that_work() {
        let registry = registry(100, 3);
        let tickets: Vec<_> = (0..5)
            .map(|_| registry.admit(address(1)).unwrap())
            .collect();
        let open = |tickets: &[Ticket]| {
            let open = tickets.iter().filter(|one| is_open(&registry, one));
            open.count()
        };
        assert_eq!(open(&tickets), 3);
        let other = registry.admit(address(2)).unwrap();
        assert!(is_open(&registry, &other));
        let busy: Vec<_> = (0..10)
            .map(|_| {
                let ticket = registry.admit(address(3)).unwrap();
                let request = ticket.activity.request();
                (ticket, request)
            })
            .collect();
        assert!(busy.iter().all(|(ticket, _)| is_open(&registry, ticket)));
    }

    #[test]
    fn websockets_make_room_only_for_want_of_others() {
        let registry = registry(2, 10);
        let first = registry.admit(address(1)).unwrap();
        first.activity.set_upgraded();
        let second = registry.admit(address(1)).unwrap();
        second.activity.set_upgraded();
        let _next = registry.admit(address(2)).unwrap();
        assert!(!is_open(&registry, &first) && is_open(&registry, &second));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let text = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(text("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(text("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
