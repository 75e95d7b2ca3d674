//! The reads: `surface/reads.txt` with ids of rows that are there.

use anyhow::Result;

use super::ids::Ids;

const READS: &str = include_str!("../../surface/reads.txt");

/// A read: how the file names it, and what is asked for.
#[derive(Debug, Clone)]
pub struct Read {
    pub name: &'static str,
    pub path: String,
}

/// Returns all reads.
///
/// # Errors
///
/// A name in braces that no row has.
pub fn all(ids: &mut Ids<'_>) -> Result<Vec<Read>> {
    let lines = READS.lines().filter(|line| line.starts_with('/'));
    lines
        .map(|name| {
            Ok(Read {
                name,
                path: ids.fill(name)?,
            })
        })
        .collect()
}
