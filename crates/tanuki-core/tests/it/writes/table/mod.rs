//! The functions of core that write, and who may call them.

/// `AREA.FUNCTION by WHO => |of| CALL`, where `of` is the [`Attempt`].
macro_rules! writes {
    ($($area:ident.$name:ident by $allowed:expr => |$of:ident| $call:expr;)*) => {
        &[$(Write {
            name: concat!(stringify!($area), ".", stringify!($name)),
            allowed: $allowed,
            call: |$of| Box::pin(async move {
                $call.await?;
                Ok(())
            }),
        }),*]
    };
}

mod accounts;
mod content;
mod productions;

use super::Write;

/// Returns all of them.
pub fn writes() -> impl Iterator<Item = &'static Write> {
    [
        accounts::ACCOUNTS,
        content::CONTENT,
        productions::PRODUCTIONS,
    ]
    .into_iter()
    .flatten()
}
