//! Reproducible random choices.

use std::hash::{BuildHasher, RandomState};

/// The environment variable that sets the seed.
const SEED: &str = "TANUKI_TEST_SEED";

/// A pseudo-random generator (xorshift).
#[derive(Debug, Clone)]
pub struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// Takes the seed from `TANUKI_TEST_SEED`, or else a different one in each
    /// run. A test that fails prints [`seed`](Self::seed).
    ///
    /// # Panics
    ///
    /// If the variable is not an unsigned integer of 64 bits.
    pub fn from_environment() -> Self {
        let seed = match std::env::var(SEED) {
            Ok(text) => text.parse().expect("TANUKI_TEST_SEED is a number"),
            Err(_) => RandomState::new().hash_one(SEED),
        };
        Self::new(seed)
    }

    /// Creates a generator with a seed.
    pub fn new(seed: u64) -> Self {
        // A state of zero would stay zero.
        let state = (seed ^ 0x9E37_79B9_7F4A_7C15).max(1);
        Self { seed, state }
    }

    /// Returns the seed, which reproduces the choices.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns a number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap_or_default() % bound
    }

    /// Returns one of the items, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
