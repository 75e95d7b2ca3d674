//! Everything that follows from one comment, as a list of steps.
//!
//! Comments set off automations, whose comments set off others. How far that
//! goes is the studio's data, so it is a list that is worked off and no
//! recursion: first in is last out, so that all that follows from a step is
//! done before the step behind it.

use std::collections::HashSet;
use std::sync::Arc;

use tanuki_store::query::comment_write::{Automation, TaskForComment};
use uuid::Uuid;

use super::draft::{Draft, Target};
use super::write::WrittenComment;

/// What is to be done next.
pub(super) enum Step {
    /// Write a comment.
    Write(Draft, Link),
    /// Give the task of a comment that is written its status, and tell so.
    Settle(Box<Unsettled>),
    /// Do what an automation asks for.
    Automate(Arc<Cause>, Automation),
    /// Let a comment show the last revision of another task.
    TakeRevision {
        source: Target,
        target: Target,
        comment_id: Uuid,
    },
}

/// A comment whose task has not got its status yet.
pub(super) struct Unsettled {
    pub draft: Draft,
    pub link: Link,
    pub stand: TaskForComment,
    pub written: WrittenComment,
    pub automations: Vec<Automation>,
    pub events: Vec<crate::events::Event>,
}

/// A comment that set off automations.
pub(super) struct Cause {
    pub draft: Draft,
    pub stand: TaskForComment,
    pub link: Link,
}

/// The position of a comment in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Link(usize);

/// The steps that are left, and which tasks were commented on because of
/// which.
#[derive(Default)]
pub(super) struct Chain {
    steps: Vec<Step>,
    comments: Vec<Followed>,
    /// Automations that were applied, with the tasks that set them off and the
    /// comments that everything began with.
    applied: HashSet<(Uuid, Uuid, Link)>,
}

/// A comment of a chain.
#[derive(Clone, Copy)]
struct Followed {
    task_id: Uuid,
    /// The comment whose automation wrote it.
    cause: Option<Link>,
    /// The comment that its automations are counted for.
    root: Link,
}

impl Chain {
    /// A chain that begins with a comment.
    pub fn from(draft: Draft) -> Self {
        let mut chain = Self::default();
        let first = chain.add(draft.target.id, None, None);
        chain.steps.push(Step::Write(draft, first));
        chain
    }

    pub fn next(&mut self) -> Option<Step> {
        self.steps.pop()
    }

    /// Does these steps next, in their order.
    pub fn put(&mut self, steps: Vec<Step>) {
        self.steps.extend(steps.into_iter().rev());
    }

    /// A copy of a comment on a task that its tags name. Copies of the first
    /// comment are followed as if they had been written by themselves.
    pub fn copy(&mut self, of: Link, task_id: Uuid) -> Link {
        let root = self.comments.get(of.0).map(|original| original.root);
        self.add(task_id, None, root.filter(|_| !Self::is_first(of)))
    }

    /// The comment that an automation writes on a task because of another;
    /// `None` where the task is among the causes of that one already, or the
    /// automation was applied to that one's task before. Otherwise
    /// automations that lead back to where they began would never end.
    pub fn follow(&mut self, cause: Link, automation: Uuid, task_id: Uuid) -> Option<Link> {
        let Followed {
            task_id: source,
            root,
            ..
        } = *self.comments.get(cause.0)?;
        let mut above = Some(cause);
        while let Some(Link(position)) = above {
            let comment = self.comments.get(position)?;
            if comment.task_id == task_id {
                return None;
            }
            above = comment.cause;
        }
        if !self.applied.insert((automation, source, root)) {
            return None;
        }
        Some(self.add(task_id, Some(cause), Some(root)))
    }

    fn add(&mut self, task_id: Uuid, cause: Option<Link>, root: Option<Link>) -> Link {
        let link = Link(self.comments.len());
        self.comments.push(Followed {
            task_id,
            cause,
            root: root.unwrap_or(link),
        });
        link
    }

    /// Whether a comment is the one that the chain began with.
    pub fn is_first(link: Link) -> bool {
        link == Link(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_task_is_followed_twice_in_one_chain() {
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        let [first, second, third] = [7, 8, 9].map(Uuid::from_u128);
        let mut chain = Chain::default();
        let start = chain.add(a, None, None);
        assert_eq!(chain.follow(start, first, a), None);
        let next = chain.follow(start, first, b).unwrap();
        assert_eq!(chain.follow(next, second, a), None);
        let last = chain.follow(next, second, c).unwrap();
        assert_eq!(chain.follow(last, third, b), None);
        // Another way to the same task is another chain.
        assert!(chain.follow(start, third, c).is_some());
        // An automation is applied to a task once.
        assert_eq!(chain.follow(start, third, c), None);
        // Unless a copy of the first comment sets it off.
        let copy = chain.copy(start, b);
        assert!(chain.follow(copy, second, c).is_some());
        let copy = chain.copy(next, b);
        assert_eq!(chain.follow(copy, second, c), None);
    }
}
