//! Background images for 3D previews.

use serde_json::Value;
use tanuki_store::query::files::previews;
use tanuki_store::schema::PREVIEW_BACKGROUND_FILE;

use crate::fields::text_in;
use crate::resource::{ChangeContext, CreateContext, Resource, UpdateContext, full_projection};
use crate::{Error, Result};

/// `/data/preview-background-files`. At most one is the default.
pub static PREVIEW_BACKGROUNDS: Resource = Resource {
    unique_columns: &["name"],
    before_create: |creating| Box::pin(refuse_second_name(creating)),
    after_create: |written| {
        Box::pin(async move {
            let name = text_in(written.answer, "name")?;
            let id = Some(written.id);
            refuse(previews::background_exists(&mut *written.transaction, name, id).await?)?;
            be_only_default(written).await
        })
    },
    before_update: |updating| Box::pin(refuse_other_name(updating)),
    after_update: |written| Box::pin(be_only_default(written)),
    ..Resource::open_to_all(
        &PREVIEW_BACKGROUND_FILE,
        full_projection!(&PREVIEW_BACKGROUND_FILE),
    )
};

async fn refuse_second_name(creating: CreateContext<'_>) -> Result<()> {
    let name = text_in(creating.data, "name")?;
    let taken = previews::background_exists(creating.core.database(), name, None).await?;
    refuse(taken)
}

async fn refuse_other_name(updating: UpdateContext<'_>) -> Result<()> {
    let Some(name) = text_in(updating.data, "name")? else {
        return Ok(());
    };
    let id = Some(updating.id);
    refuse(previews::background_exists(updating.transaction, Some(name), id).await?)
}

fn refuse(taken: bool) -> Result<()> {
    if taken {
        return Err(Error::invalid(
            "A preview background file with similar name already exists",
        ));
    }
    Ok(())
}

async fn be_only_default(written: ChangeContext<'_>) -> Result<()> {
    if written.answer.get("is_default") == Some(&Value::Bool(true)) {
        previews::unset_other_backgrounds(written.transaction, written.id).await?;
    }
    Ok(())
}
