//! What a kept file is called. Nothing of it comes from a client but ids, and
//! those have been read as such.

use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Zou keeps files in three buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    Pictures,
    Movies,
    Files,
}

impl Bucket {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Movies => "movies",
            Self::Files => "files",
        }
    }
}

/// The name of a kept file: what it is of the row that has this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub bucket: Bucket,
    /// Zou's prefix, as `attachments` or `thumbnails`.
    pub prefix: &'static str,
    pub id: Uuid,
}

impl Key {
    /// What is attached to a comment or a message.
    pub fn attachment(id: Uuid) -> Self {
        Self {
            bucket: Bucket::Files,
            prefix: "attachments",
            id,
        }
    }

    /// The small picture of a row.
    pub fn thumbnail(id: Uuid) -> Self {
        Self {
            bucket: Bucket::Pictures,
            prefix: "thumbnails",
            id,
        }
    }

    /// Its name within the bucket, as the registry of files has it.
    pub fn name(&self) -> String {
        format!("{}-{}", self.prefix, self.id)
    }

    /// Its path, as Zou lays files out: two levels of folders by the id's
    /// first letters keep folders small.
    pub(crate) fn path(&self, folder: &Path, bucket_prefix: &str) -> PathBuf {
        let id = self.id.to_string();
        folder
            .join(format!("{bucket_prefix}{}", self.bucket.name()))
            .join(self.prefix)
            .join(&id[..3])
            .join(&id[3..6])
            .join(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_where_zou_keeps_it() {
        let id = Uuid::try_parse("63e453f1-9655-49ad-acba-ff7f27c49e9d").unwrap();
        let path = Key::attachment(id).path("/previews".as_ref(), "studio-");
        let expected =
            "/previews/studio-files/attachments/63e/453/63e453f1-9655-49ad-acba-ff7f27c49e9d";
        assert_eq!(path, Path::new(expected));
        assert_eq!(
            Key::attachment(id).name(),
            "attachments-63e453f1-9655-49ad-acba-ff7f27c49e9d"
        );
    }
}
