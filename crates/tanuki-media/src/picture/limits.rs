//! How large a picture may be.

use super::PictureError;

/// Refuses pictures without pixels or with too many.
pub(super) fn check_size((width, height): (u32, u32), limit: u64) -> Result<(), PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(PictureError::unreadable("it has no pixels"));
    }
    if pixels > limit {
        return Err(PictureError::TooLarge { pixels, limit });
    }
    Ok(())
}
