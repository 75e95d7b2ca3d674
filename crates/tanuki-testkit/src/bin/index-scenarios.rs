//! Writes the index of endpoints into `scenarios/README.md`.
//!
//! ```text
//! cargo run -p tanuki-testkit --bin index-scenarios
//! ```

use std::path::Path;

use anyhow::Result;
use tanuki_testkit::scenario;

fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let path = folder.join("README.md");
    let text = std::fs::read_to_string(&path)?;
    std::fs::write(&path, scenario::with_index(&text, &folder)?)?;
    Ok(())
}
