//! Work list for everything that follows from one comment.
//!
//! Comments trigger automations, whose comments trigger more automations. The
//! depth depends on the studio's data, so this is an explicit stack and not
//! recursion. Last in, first out: all consequences of a step are processed
//! before the step after it.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDateTime;
use tanuki_store::query::comments::write::{Automation, TaskForComment};
use uuid::Uuid;

use super::draft::{Draft, Target};
use super::mentions::Mentions;

/// An inserted comment, not committed yet.
#[derive(Debug)]
pub(super) struct WrittenComment {
    pub id: Uuid,
    pub author_id: Uuid,
    pub status_id: Option<Uuid>,
    pub created_at: NaiveDateTime,
    pub mentions: Mentions,
}

/// A unit of work.
pub(super) enum Step {
    /// Insert a comment.
    Write(Draft, Link),
    /// Set the status of an inserted comment's task and record the events.
    Settle(Box<Unsettled>),
    /// Apply a status automation.
    Automate(Arc<Cause>, Automation),
    /// Copy the previews of the last revision of `source` to a comment on
    /// `target`.
    TakeRevision {
        source: Target,
        target: Target,
        comment_id: Uuid,
    },
}

/// An inserted comment whose status is not yet applied to its task.
pub(super) struct Unsettled {
    pub draft: Draft,
    pub link: Link,
    pub stand: TaskForComment,
    pub written: WrittenComment,
    pub automations: Vec<Automation>,
    pub events: Vec<crate::events::Event>,
}

/// A comment that triggered automations.
pub(super) struct Cause {
    pub draft: Draft,
    pub stand: TaskForComment,
    pub link: Link,
}

/// Index of a comment in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Link(usize);

/// The pending steps, and the comments written so far with their causes, for
/// cycle detection.
#[derive(Default)]
pub(super) struct Chain {
    steps: Vec<Step>,
    comments: Vec<Followed>,
    /// Automations that were applied, by the root comment of that part of the
    /// chain.
    applied: HashSet<Applied>,
}

/// An automation that was applied.
#[derive(PartialEq, Eq, Hash)]
struct Applied {
    automation: Uuid,
    /// The task that triggered it.
    task_id: Uuid,
    root: Link,
}

/// A comment in the chain.
#[derive(Clone, Copy)]
struct Followed {
    task_id: Uuid,
    /// The comment whose automation wrote it; `None` for a user's comment and
    /// copies of a comment.
    cause: Option<Link>,
    /// The comment under which applied automations are counted.
    root: Link,
}

impl Chain {
    /// Starts a chain with a user's comment.
    pub fn from(draft: Draft) -> Self {
        let mut chain = Self::default();
        let first = chain.add(draft.target.id, None, None);
        chain.steps.push(Step::Write(draft, first));
        chain
    }

    pub fn next(&mut self) -> Option<Step> {
        self.steps.pop()
    }

    /// Schedules steps to run next, in the given order.
    pub fn put(&mut self, steps: Vec<Step>) {
        self.steps.extend(steps.into_iter().rev());
    }

    /// Adds the copy of a comment on a task that its tags name. A copy of the
    /// chain's first comment is its own root, as if a user had written it.
    pub fn copy(&mut self, of: Link, task_id: Uuid) -> Link {
        let root = self.comments.get(of.0).map(|original| original.root);
        self.add(task_id, None, root.filter(|_| !Self::is_first(of)))
    }

    /// Adds the comment that an automation writes on a task because of another
    /// comment. `None` if the task is already among the causes of that comment,
    /// or if the automation was already applied to that comment's task under
    /// the same root: without this check, automations that form a cycle would
    /// never end.
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
        let applied = Applied {
            automation,
            task_id: source,
            root,
        };
        if !self.applied.insert(applied) {
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

    /// Whether this is the comment that started the chain.
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
        // The same task may be commented on again by another path.
        assert!(chain.follow(start, third, c).is_some());
        // An automation is applied to a task only once.
        assert_eq!(chain.follow(start, third, c), None);
        // Except when a copy of the first comment triggers it.
        let copy = chain.copy(start, b);
        assert!(chain.follow(copy, second, c).is_some());
        let copy = chain.copy(next, b);
        assert_eq!(chain.follow(copy, second, c), None);
    }
}
