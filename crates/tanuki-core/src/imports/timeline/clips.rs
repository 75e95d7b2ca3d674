//! The clips of an edit.

/// The most clips of a file.
const MAX_CLIPS: usize = 5000;

/// The longest name of a clip, in bytes.
const MAX_NAME: usize = 300;

/// A clip on a picture track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clip {
    pub name: String,
    /// Its first and last frame in the edit, from 0.
    pub frames: Option<(i64, i64)>,
    /// How many frames it has.
    pub length: Option<i64>,
}

/// The clips that were read so far.
#[derive(Debug, Default)]
pub(super) struct Clips(Vec<Clip>);

impl Clips {
    /// Adds a clip.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub fn add(&mut self, clip: Clip) -> Result<(), String> {
        if self.0.len() >= MAX_CLIPS {
            return Err(format!("a file may have {MAX_CLIPS} clips"));
        }
        if clip.name.len() > MAX_NAME {
            return Err(format!("a name may have {MAX_NAME} bytes"));
        }
        let (first, last) = clip.frames.unwrap_or_default();
        let numbers = [first, last, clip.length.unwrap_or_default()];
        if numbers.iter().any(|number| i32::try_from(*number).is_err()) {
            return Err(format!("the frames of {} are too many", clip.name));
        }
        self.0.push(clip);
        Ok(())
    }

    /// Returns the clips in the order in which they were added.
    pub fn done(self) -> Vec<Clip> {
        self.0
    }
}
