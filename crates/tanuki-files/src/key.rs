//! Names and paths of stored files. The only part of them that comes from an
//! HTTP client is an id, which has been parsed as a UUID, so that a path cannot
//! leave the folder.

use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The three buckets in which Zou stores files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    Pictures,
    Movies,
    Files,
}

impl Bucket {
    /// Returns the name of the bucket's folder, without the prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Movies => "movies",
            Self::Files => "files",
        }
    }
}

/// The key of a stored file: its bucket, its purpose and the id of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub bucket: Bucket,
    /// The prefix that Zou uses for the purpose, such as `attachments` or
    /// `thumbnails`.
    pub prefix: &'static str,
    pub id: Uuid,
}

impl Key {
    /// Returns the key of an attachment of a comment or chat message.
    pub fn attachment(id: Uuid) -> Self {
        Self {
            bucket: Bucket::Files,
            prefix: "attachments",
            id,
        }
    }

    /// Returns the key of the thumbnail of a row.
    pub fn thumbnail(id: Uuid) -> Self {
        Self {
            bucket: Bucket::Pictures,
            prefix: "thumbnails",
            id,
        }
    }

    /// Returns the name within the bucket, as the table of stored files has it.
    pub fn name(&self) -> String {
        format!("{}-{}", self.prefix, self.id)
    }

    /// Returns the path in Zou's layout. Two levels of folders, from the first
    /// characters of the id, limit the number of files per folder.
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
