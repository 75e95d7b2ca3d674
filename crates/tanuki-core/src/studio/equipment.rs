//! Hardware and software that departments use, for budgets.

use std::sync::LazyLock;

use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::list_filters;
use tanuki_store::query::studio::Equipment;
use tanuki_store::schema::{DEPARTMENT, HARDWARE_ITEM_DEPARTMENT_LINK, SOFTWARE_DEPARTMENT_LINK};
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Shape};
use uuid::Uuid;

use super::{HARDWARE_ITEMS, SOFTWARES};
use crate::access::require_row;
use crate::resource::Relations;
use crate::{Admin, Error, JsonRow, MalformedId, MaybeId, Result, Studio};

static HARDWARE_LINK: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&HARDWARE_ITEM_DEPARTMENT_LINK, &[]));

static SOFTWARE_LINK: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&SOFTWARE_DEPARTMENT_LINK, &[]));

fn projection(equipment: Equipment) -> &'static Projection {
    let resource = match equipment {
        Equipment::Hardware => &HARDWARE_ITEMS,
        Equipment::Software => &SOFTWARES,
    };
    (resource.projection)(Relations::Without)
}

fn link(equipment: Equipment) -> &'static Projection {
    match equipment {
        Equipment::Hardware => &HARDWARE_LINK,
        Equipment::Software => &SOFTWARE_LINK,
    }
}

/// The shape of a hardware item or software.
pub fn equipment_shape(equipment: Equipment) -> Shape {
    projection(equipment).shape()
}

/// The shape of the link of a department to a hardware item or software.
pub fn equipment_link_shape(equipment: Equipment) -> Shape {
    link(equipment).shape()
}

impl Studio<'_> {
    /// Returns what all departments use. JSON: hardware items or software by
    /// the id of the department; departments that use none are left out.
    pub async fn equipment(self, _: Admin<'_>, equipment: Equipment) -> Result<JsonChunks> {
        let list = equipment.by_department(ListQuery::new(projection(equipment)));
        Ok(self.core.database().stream_groups(list))
    }

    /// Returns a hardware item or software that the department uses. JSON: all
    /// columns.
    ///
    /// # Errors
    /// [`Error::Invalid`] for malformed ids, [`Error::NotFound`] if there is no
    /// such department, or it does not use it.
    pub async fn department_equipment(
        self,
        _: Admin<'_>,
        equipment: Equipment,
        (department, id): (&MaybeId, &MaybeId),
    ) -> Result<JsonRow> {
        let department_id = department.hyphenated(MalformedId::InPath)?;
        let id = id.hyphenated(MalformedId::InPath)?;
        require_row(self.core.database(), &DEPARTMENT, department_id).await?;
        let list = ListQuery::new(projection(equipment))
            .filter(equipment.is_used_by(department_id))
            .filter(list_filters::has_id(equipment.table(), id));
        let mut found = list.rows(self.core.database()).await?;
        found.pop().ok_or(Error::NotFound)
    }

    /// Records that a department uses a hardware item or software. Idempotent.
    /// Returns the link's JSON: all columns.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a malformed id of the department,
    /// [`Error::NotFound`] if there is no such department or item.
    pub async fn add_equipment(
        self,
        _: Admin<'_>,
        equipment: Equipment,
        department: &MaybeId,
        id: Uuid,
    ) -> Result<JsonRow> {
        let department_id = department.hyphenated(MalformedId::InPath)?;
        self.require_equipment(equipment, department_id, id).await?;
        let mut transaction = self.core.database().begin().await?;
        let values = Values::from([
            ("department_id", department_id.into()),
            (equipment.column(), id.into()),
        ]);
        let defaults = self.core.defaults();
        write::insert_new(&mut transaction, equipment.links(), vec![values], &defaults).await?;
        let list = ListQuery::new(link(equipment)).filter(equipment.is_link(department_id, id));
        let mut links = list.rows(&mut transaction).await?;
        transaction.commit().await?;
        links.pop().ok_or(Error::NotFound)
    }

    /// Records that a department no longer uses a hardware item or software.
    /// Idempotent.
    ///
    /// # Errors
    /// [`Error::Invalid`] for malformed ids, [`Error::NotFound`] if there is no
    /// such department or item.
    pub async fn remove_equipment(
        self,
        _: Admin<'_>,
        equipment: Equipment,
        (department, id): (&MaybeId, &MaybeId),
    ) -> Result<()> {
        let department_id = department.hyphenated(MalformedId::InPath)?;
        let id = id.hyphenated(MalformedId::InPath)?;
        self.require_equipment(equipment, department_id, id).await?;
        let mut transaction = self.core.database().begin().await?;
        let link = equipment.is_link(department_id, id);
        write::delete_where(&mut transaction, equipment.links().name, link).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Requires that the department and the hardware item or software exist.
    async fn require_equipment(
        self,
        equipment: Equipment,
        department_id: Uuid,
        id: Uuid,
    ) -> Result<()> {
        let database = self.core.database();
        require_row(database, &DEPARTMENT, department_id).await?;
        require_row(database, equipment.table(), id).await
    }
}
