//! Rows of previews beside the files that are stored for them.

use tanuki_store::query::files::films::PreviewRow;
use tanuki_store::write::Values;
use uuid::Uuid;

use crate::{Files, Result};

/// The result of probing stored films or pictures.
#[derive(Debug, Default)]
pub struct ProbeReport {
    /// How many were read.
    pub read: usize,
    /// A sentence for each row that was, or would be, changed, or whose file
    /// cannot be read.
    pub lines: Vec<String>,
}

/// What a stored film or picture is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probed {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Of a film, in seconds.
    pub duration: Option<f64>,
    pub bytes: i64,
}

impl ProbeReport {
    /// Notes that the file of a preview cannot be read.
    pub(super) fn unreadable(&mut self, preview: &PreviewRow, why: impl std::fmt::Display) {
        self.lines.push(format!("{}: {why}", preview.id));
    }
}

impl Files<'_> {
    /// Compares a row with its file, `file` in words, and corrects it unless it
    /// is a `dry_run`.
    pub(super) async fn compare(
        self,
        report: &mut ProbeReport,
        row: &PreviewRow,
        (file, probed): (&str, Probed),
        dry_run: bool,
    ) -> Result<()> {
        report.read += 1;
        let different = differences(row, probed);
        if different.is_empty() {
            return Ok(());
        }
        let different = different.join(", ");
        report
            .lines
            .push(format!("{}: {file} has {different}", row.id));
        if dry_run {
            return Ok(());
        }
        self.correct(row.id, probed).await
    }

    async fn correct(self, id: Uuid, probed: Probed) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let Some((_, project_id)) = self.locked_preview(&mut transaction, id).await? else {
            return Ok(());
        };
        let (width, height) = probed.size;
        let mut values = Values::from([
            ("width", i64::from(width).into()),
            ("height", i64::from(height).into()),
            ("file_size", probed.bytes.into()),
        ]);
        if let Some(duration) = probed.duration {
            values.insert("duration", duration.into());
        }
        self.update_preview(&mut transaction, (id, project_id), values, None)
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// Says how a file differs from its row.
fn differences(row: &PreviewRow, probed: Probed) -> Vec<String> {
    let mut differences = Vec::new();
    let (width, height) = probed.size;
    if (row.width, row.height) != (Some(width.into()), Some(height.into())) {
        differences.push(format!("{width} x {height} pixels"));
    }
    if let Some(duration) = probed.duration
        && row
            .duration
            .is_none_or(|own| (own - duration).abs() > 0.001)
    {
        differences.push(format!("{duration:.3} seconds"));
    }
    if row.file_size != Some(probed.bytes) {
        differences.push(format!("{} bytes", probed.bytes));
    }
    differences
}
