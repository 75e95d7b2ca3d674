//! Routes of departments.

use tanuki_core::people::of_department_shape;
use tanuki_core::studio::{Equipment, equipment_link_shape, equipment_shape};

use crate::manifest::Routes;
use crate::routes::departments::{self, HardwarePath, SoftwarePath};

/// Mounts the people of a department, and the hardware and software that
/// departments use.
pub(super) fn mount(routes: Routes) -> Routes {
    use Equipment::{Hardware, Software};
    routes
        .tag("Departments")
        .get(
            "/data/departments/{department_id}/persons",
            "People of a department",
            departments::people,
        )
        .answers(|| of_department_shape().list())
        .get(
            "/data/departments/hardware-items",
            "Hardware that departments use",
            |caller, state| departments::all_equipment(Hardware, caller, state),
        )
        .answers(|| equipment_shape(Hardware).list().by_key())
        .post(
            "/data/departments/{department_id}/hardware-items",
            "Let a department use a hardware item",
            departments::add_hardware,
        )
        .creates(|| equipment_link_shape(Hardware))
        .get(
            "/data/departments/{department_id}/hardware-items/{hardware_item_id}",
            "A hardware item that a department uses",
            departments::equipment::<HardwarePath>,
        )
        .answers(|| equipment_shape(Hardware))
        .delete(
            "/data/departments/{department_id}/hardware-items/{hardware_item_id}",
            "Take a hardware item from a department",
            departments::remove_equipment::<HardwarePath>,
        )
        .answers_nothing()
        .get(
            "/data/departments/software-licenses",
            "Software that departments use",
            |caller, state| departments::all_equipment(Software, caller, state),
        )
        .answers(|| equipment_shape(Software).list().by_key())
        .post(
            "/data/departments/{department_id}/software-licenses",
            "Let a department use a software",
            departments::add_software,
        )
        .creates(|| equipment_link_shape(Software))
        .get(
            "/data/departments/{department_id}/software-licenses/{software_id}",
            "A software that a department uses",
            departments::equipment::<SoftwarePath>,
        )
        .answers(|| equipment_shape(Software))
        .delete(
            "/data/departments/{department_id}/software-licenses/{software_id}",
            "Take a software from a department",
            departments::remove_equipment::<SoftwarePath>,
        )
        .answers_nothing()
}
