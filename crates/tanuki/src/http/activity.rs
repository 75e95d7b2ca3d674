//! The state of a connection, and how long it has been waiting for its client.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use axum::body::Body;
use tokio::sync::Notify;

use super::Timeouts;

/// How long a client may stall a request or a response before its connection
/// may be closed to make room for another.
const STALL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the graceful shutdown of an idle connection may take.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// The state of a connection, updated by the stream, the requests and the
/// bodies.
#[derive(Debug)]
pub struct Activity {
    opened: Instant,
    state: Mutex<State>,
    /// Notified when the connection has to be closed at once.
    pub cut: Notify,
    /// Notified when the connection has to be closed gracefully, once its
    /// running requests have ended.
    pub end: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests whose head was read and whose response is not fully sent.
    requests: usize,
    had_request: bool,
    /// When the last request ended, or the connection was opened.
    idle_since: Instant,
    /// When the first byte of an incomplete head arrived.
    head_since: Option<Instant>,
    /// Since when the client has not read what was sent.
    unread_since: Option<Instant>,
    /// Request bodies that are being awaited, by number, with the time by which
    /// the bytes so far would have arrived at the minimum rate.
    bodies: Vec<(usize, Instant)>,
    next_body: usize,
    answers: Vec<Weak<ResponseBody>>,
    is_upgraded: bool,
    speaks_http2: bool,
    is_closed: bool,
    /// The tasks that wait for bytes to be received or sent.
    reading: Option<Waker>,
    writing: Option<Waker>,
}

/// How to close a connection whose client exceeded a time-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// At once: the client did not send or read in time.
    Cut,
    /// Gracefully: it has been idle for too long.
    End,
}

impl Activity {
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            opened: now,
            state: Mutex::new(State {
                requests: 0,
                had_request: false,
                idle_since: now,
                head_since: None,
                unread_since: None,
                bodies: Vec::new(),
                next_body: 0,
                answers: Vec::new(),
                is_upgraded: false,
                speaks_http2: false,
                is_closed: false,
                reading: None,
                writing: None,
            }),
            cut: Notify::new(),
            end: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the connection was opened.
    pub fn opened(&self) -> Instant {
        self.opened
    }

    /// Marks the connection as HTTP/2, where bytes between requests do not
    /// start a head.
    pub fn set_http2(&self) {
        self.state().speaks_http2 = true;
    }

    /// Whether the connection was upgraded to another protocol (WebSocket).
    pub fn is_upgraded(&self) -> bool {
        self.state().is_upgraded
    }

    /// Marks the connection as upgraded to another protocol (WebSocket).
    pub fn set_upgraded(&self) {
        self.state().is_upgraded = true;
    }

    /// Closes the connection: wakes the tasks that read or write, which then
    /// fail.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        let waiting = [state.reading.take(), state.writing.take()];
        drop(state);
        waiting.into_iter().flatten().for_each(Waker::wake);
        self.cut.notify_one();
    }

    /// Records an attempt to read; `None` means that it is pending.
    ///
    /// # Errors
    ///
    /// `ConnectionAborted` if the connection is closed.
    pub fn note_read(&self, bytes: Option<usize>, waker: &Waker) -> io::Result<()> {
        let mut state = self.state();
        let is_between = state.requests == 0 && !state.speaks_http2 && !state.is_upgraded;
        match bytes {
            Some(bytes) if bytes > 0 && is_between => {
                state.head_since.get_or_insert_with(Instant::now);
            }
            Some(_) => {}
            None => keep(&mut state.reading, waker),
        }
        state.check()
    }

    /// Records whether the client accepts what is sent.
    ///
    /// # Errors
    ///
    /// `ConnectionAborted` if the connection is closed.
    pub fn note_write(&self, is_taken: bool, waker: &Waker) -> io::Result<()> {
        let mut state = self.state();
        if is_taken {
            state.unread_since = None;
        } else {
            state.unread_since.get_or_insert_with(Instant::now);
            keep(&mut state.writing, waker);
        }
        state.check()
    }

    /// Records the head of a request; it runs until the return value is
    /// dropped.
    pub fn request(self: &Arc<Self>) -> Running {
        let mut state = self.state();
        state.requests += 1;
        state.had_request = true;
        state.head_since = None;
        drop(state);
        Running(Arc::clone(self))
    }

    /// Registers the body of a response, to drop it if the client does not
    /// read.
    pub fn add_answer(&self, answer: &Arc<ResponseBody>) {
        let mut state = self.state();
        state.answers.retain(|answer| answer.strong_count() > 0);
        state.answers.push(Arc::downgrade(answer));
    }

    /// Records that a body is awaited, until [`body_came`](Self::body_came).
    /// Returns its number.
    pub fn body_awaited(&self, since: Instant) -> usize {
        let mut state = self.state();
        state.next_body += 1;
        let number = state.next_body;
        state.bodies.push((number, since));
        number
    }

    /// Updates the time of an awaited body, after some of its bytes arrived.
    pub fn body_moved(&self, number: usize, since: Instant) {
        let mut state = self.state();
        for body in state.bodies.iter_mut().filter(|body| body.0 == number) {
            body.1 = since;
        }
    }

    /// Records that a body is no longer awaited.
    pub fn body_came(&self, number: usize) {
        self.state().bodies.retain(|body| body.0 != number);
    }

    /// Returns since when the connection has been idle because its client
    /// neither sends nor reads; `None` if the server is working on a request.
    pub fn waiting_since(&self, now: Instant) -> Option<Instant> {
        let state = self.state();
        let stalled = |since: &Instant| *since + STALL_TIMEOUT < now;
        if let Some(since) = state.unread_since.filter(stalled) {
            return Some(since);
        }
        if state.is_upgraded {
            return None;
        }
        if state.requests == 0 {
            return Some(state.idle_since);
        }
        let bodies = state.bodies.iter().map(|body| body.1);
        let all_wait = state.bodies.len() >= state.requests;
        bodies.max().filter(|since| all_wait && stalled(since))
    }

    /// Returns how to close the connection if its client exceeded a time-out;
    /// `None` if it did not. Responses that are not read are dropped.
    pub fn overdue(&self, now: Instant, timeouts: &Timeouts) -> Option<Overdue> {
        let state = self.state();
        let over = |since: Instant, limit: Duration| now.duration_since(since) > limit;
        let answers: Vec<_> = state.answers.iter().filter_map(Weak::upgrade).collect();
        let unread = state
            .unread_since
            .is_some_and(|since| over(since, timeouts.send));
        let head = state
            .head_since
            .is_some_and(|since| over(since, timeouts.head));
        let is_idle = state.requests == 0 && !state.is_upgraded;
        let silent = is_idle && !state.had_request && over(self.opened, timeouts.head);
        let idle = is_idle && over(state.idle_since, timeouts.idle);
        let unended = is_idle && over(state.idle_since, timeouts.idle + END_TIMEOUT);
        drop(state);
        for answer in answers {
            answer.drop_unread(now, timeouts.send);
        }
        if unread || (head && is_idle) || silent || unended {
            return Some(Overdue::Cut);
        }
        idle.then_some(Overdue::End)
    }
}

impl State {
    fn check(&self) -> io::Result<()> {
        if self.is_closed {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

/// Stores a waker, unless the stored one wakes the same task.
fn keep(kept: &mut Option<Waker>, waker: &Waker) {
    if !kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
        *kept = Some(waker.clone());
    }
}

/// A running request; ends when dropped.
#[derive(Debug)]
pub struct Running(Arc<Activity>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests = state.requests.saturating_sub(1);
        state.idle_since = Instant::now();
    }
}

/// The body of a response, which is dropped if its client stops reading.
#[derive(Debug)]
pub struct ResponseBody(Mutex<Sending>);

/// The state of sending a response body.
#[derive(Debug)]
pub struct Sending {
    pub body: Option<Body>,
    /// When the last chunk was handed over to the connection; `None` while the
    /// server produces the next.
    pub handed_over: Option<Instant>,
}

impl ResponseBody {
    pub fn new(body: Body) -> Self {
        Self(Mutex::new(Sending {
            body: Some(body),
            handed_over: Some(Instant::now()),
        }))
    }

    /// Locks the state.
    pub fn sending(&self) -> MutexGuard<'_, Sending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_unread(&self, now: Instant, limit: Duration) {
        let mut sending = self.sending();
        let is_unread = |since: Instant| now.duration_since(since) > limit;
        if sending.handed_over.is_some_and(is_unread) {
            drop(sending.body.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    const TIMEOUTS: Timeouts = Timeouts {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(60),
        send: Duration::from_secs(60),
    };

    #[test]
    fn a_silent_connection_is_cut_and_an_idle_one_ended() {
        let activity = Arc::new(Activity::new());
        let after = |seconds: u32| activity.opened() + SECOND * seconds;
        assert_eq!(activity.overdue(after(9), &TIMEOUTS), None);
        assert_eq!(activity.overdue(after(11), &TIMEOUTS), Some(Overdue::Cut));
        let request = activity.request();
        assert_eq!(activity.overdue(after(100), &TIMEOUTS), None);
        drop(request);
        assert_eq!(activity.overdue(after(50), &TIMEOUTS), None);
        assert_eq!(activity.overdue(after(62), &TIMEOUTS), Some(Overdue::End));
        assert_eq!(activity.overdue(after(70), &TIMEOUTS), Some(Overdue::Cut));
        activity.note_read(Some(1), Waker::noop()).unwrap();
        assert_eq!(activity.overdue(after(20), &TIMEOUTS), Some(Overdue::Cut));
    }

    #[test]
    fn only_a_client_that_is_waited_for_may_be_closed_for_another() {
        let activity = Arc::new(Activity::new());
        let later = activity.opened() + SECOND * 5;
        assert!(activity.waiting_since(later).is_some());
        let request = activity.request();
        assert_eq!(activity.waiting_since(later), None);
        let body = activity.body_awaited(activity.opened());
        assert!(activity.waiting_since(later).is_some());
        activity.body_moved(body, later);
        assert_eq!(activity.waiting_since(later), None);
        activity.body_came(body);
        activity.note_write(false, Waker::noop()).unwrap();
        assert!(activity.waiting_since(later).is_some());
        activity.note_write(true, Waker::noop()).unwrap();
        activity.set_upgraded();
        drop(request);
        assert_eq!(activity.waiting_since(later), None);
    }
}
