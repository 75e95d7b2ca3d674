//! SQL functions that SQLite does not have.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use super::record;
use crate::query::names::lowered;

/// Registers the functions that [`Dialect`](crate::dialect::Dialect) uses on a
/// connection.
pub fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("tanuki_row", -1, flags, record::row)?;
    connection.create_aggregate_function("tanuki_rows", 1, flags, record::Rows)?;
    connection.create_scalar_function("tanuki_hash", 1, flags, hash)?;
    // SQLite's own `lower` only converts ASCII letters. No index uses it.
    connection.create_scalar_function("lower", 1, flags, lower)
}

/// `lower(text)`: converts each character by itself, as PostgreSQL does; null
/// for null.
fn lower(context: &mut Context<'_>) -> Result<Option<String>> {
    let text = context.get::<Option<String>>(0)?;
    Ok(text.map(|text| {
        if text.is_ascii() {
            text.to_ascii_lowercase()
        } else {
            lowered(&text)
        }
    }))
}

/// `tanuki_hash(text)`: a 31-bit hash (FNV-1a, folded), null for null. Small
/// enough that sums of it do not overflow.
fn hash(context: &mut Context<'_>) -> Result<Option<i64>> {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    Ok(match context.get_raw(0) {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
            let hash = bytes.iter().fold(BASIS, mix);
            Some(((hash ^ (hash >> 32)) & 0x7fff_ffff).cast_signed())
        }
        _ => None,
    })
}
