//! Projections of what project templates are linked to.

use std::sync::LazyLock;

use sea_query::{Expr, Func};

use crate::projection::Projection;
use crate::query::projects::template_links::{self, TemplatePart};
use crate::schema::{
    ColumnType, ENTITY_TYPE, PREVIEW_BACKGROUND_FILE, STATUS_AUTOMATION, TASK_STATUS, TASK_TYPE,
};

/// Projection of the rows that a template is linked to.
pub fn listed(part: TemplatePart) -> &'static Projection {
    static TASK_TYPES: LazyLock<Projection> = LazyLock::new(|| {
        Projection::all_columns(&TASK_TYPE, &[])
            .computed("priority", ColumnType::Integer, |_| {
                Expr::col(("link", "priority"))
            })
            .computed("hd_bitrate_compression", ColumnType::Integer, |_| {
                Expr::col(("link", "hd_bitrate_compression"))
            })
            .computed("ld_bitrate_compression", ColumnType::Integer, |_| {
                Expr::col(("link", "ld_bitrate_compression"))
            })
            .computed("is_client_visible", ColumnType::Boolean, |_| {
                Expr::col(("link", "is_client_visible"))
            })
    });
    static TASK_STATUSES: LazyLock<Projection> = LazyLock::new(|| {
        Projection::all_columns(&TASK_STATUS, &[])
            .computed("priority", ColumnType::Integer, |_| {
                Expr::col(("link", "priority"))
            })
            .computed(
                "roles_for_board",
                ColumnType::Json,
                template_links::roles_for_board,
            )
            .computed("link_is_client_allowed", ColumnType::Boolean, |_| {
                Expr::col(("link", "is_client_allowed"))
            })
    });
    static ASSET_TYPES: LazyLock<Projection> =
        LazyLock::new(|| Projection::only(&ENTITY_TYPE, &["id", "name"]));
    static AUTOMATIONS: LazyLock<Projection> =
        LazyLock::new(|| Projection::all_columns(&STATUS_AUTOMATION, &[]));
    static BACKGROUNDS: LazyLock<Projection> = LazyLock::new(|| {
        Projection::only(&PREVIEW_BACKGROUND_FILE, &["id", "name"]).computed(
            "is_default",
            ColumnType::Boolean,
            |_| {
                let is_default = Expr::col(("preview_background_file", "is_default"));
                Func::coalesce([is_default, Expr::val(false)]).into()
            },
        )
    });
    match part {
        TemplatePart::TaskTypes => &TASK_TYPES,
        TemplatePart::TaskStatuses => &TASK_STATUSES,
        TemplatePart::AssetTypes => &ASSET_TYPES,
        TemplatePart::StatusAutomations => &AUTOMATIONS,
        TemplatePart::PreviewBackgrounds => &BACKGROUNDS,
    }
}
