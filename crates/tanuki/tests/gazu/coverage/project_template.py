"""gazu.project_template."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import project_template as template
from world import NOBODY, world


def templates():
    worlds.studio()
    worlds.film()
    call(template.all_project_templates)
    small = call(template.new_project_template, "Small")
    feature = call(
        template.new_project_template,
        "Feature",
        description="For the cinema",
        fps="24",
        ratio="16:9",
        resolution="1920x1080",
        production_type="short",
        production_style="3d",
    )
    worlds.make(small=small, feature=feature)
    raises(template.new_project_template, "Small")
    call(template.all_project_templates)
    call(template.get_project_template, small["id"])
    raises(template.get_project_template, NOBODY)
    call(template.get_project_template_by_name, "Feature")
    call(template.get_project_template_by_name, "Nothing")
    call(template.update_project_template, {"id": small["id"], "name": "Tiny", "fps": "12"})
    raises(template.update_project_template, {"id": small["id"], "name": "Feature"})
    raises(template.update_project_template, {"id": NOBODY, "name": "Nobody's"})


def task_types():
    feature = world.feature
    call(template.add_task_type_to_project_template, feature, world.modeling)
    call(template.add_task_type_to_project_template, feature["id"], world.rigging["id"], priority=3)
    call(template.add_task_type_to_project_template, feature, world.rigging, priority=4)
    raises(template.add_task_type_to_project_template, feature, NOBODY)
    raises(template.add_task_type_to_project_template, NOBODY, world.modeling)
    call(template.all_task_types_for_project_template, feature)
    call(template.all_task_types_for_project_template, world.small)
    raises(template.all_task_types_for_project_template, NOBODY)
    call(template.remove_task_type_from_project_template, feature, world.rigging)
    call(template.all_task_types_for_project_template, feature["id"])
    call(template.remove_task_type_from_project_template, NOBODY, world.modeling)
    tries(template.remove_task_type_from_project_template, feature, NOBODY)


def task_statuses():
    feature = world.feature
    call(template.add_task_status_to_project_template, feature, world.todo)
    call(template.add_task_status_to_project_template, feature, world.wip, priority=2, roles_for_board=["user"])
    raises(template.add_task_status_to_project_template, feature, NOBODY)
    raises(template.add_task_status_to_project_template, NOBODY, world.todo)
    call(template.all_task_statuses_for_project_template, feature)
    raises(template.all_task_statuses_for_project_template, NOBODY)
    call(template.remove_task_status_from_project_template, feature, world.todo["id"])
    call(template.all_task_statuses_for_project_template, feature)
    call(template.remove_task_status_from_project_template, NOBODY, world.todo)


def asset_types():
    feature = world.feature
    call(template.add_asset_type_to_project_template, feature, world.prop)
    call(template.add_asset_type_to_project_template, feature["id"], world.character["id"])
    raises(template.add_asset_type_to_project_template, feature, NOBODY)
    raises(template.add_asset_type_to_project_template, NOBODY, world.prop)
    call(template.all_asset_types_for_project_template, feature)
    raises(template.all_asset_types_for_project_template, NOBODY)
    call(template.remove_asset_type_from_project_template, feature, world.character)
    call(template.all_asset_types_for_project_template, feature)
    tries(template.remove_asset_type_from_project_template, NOBODY, world.prop)


def automations_and_backgrounds():
    feature = world.feature
    rule = gazu.client.create(
        "status-automations",
        {
            "entity_type": "asset",
            "in_task_type_id": world.modeling["id"],
            "in_task_status_id": world.done["id"],
            "out_field_type": "status",
            "out_task_type_id": world.rigging["id"],
            "out_task_status_id": world.todo["id"],
        },
    )
    sky = gazu.client.create("preview-background-files", {"name": "Sky"})
    worlds.make(rule=rule, sky=sky)
    call(template.add_status_automation_to_project_template, feature, rule)
    raises(template.add_status_automation_to_project_template, feature, NOBODY)
    raises(template.add_status_automation_to_project_template, NOBODY, rule)
    call(template.all_status_automations_for_project_template, feature)
    raises(template.all_status_automations_for_project_template, NOBODY)
    call(template.add_preview_background_file_to_project_template, feature, sky)
    raises(template.add_preview_background_file_to_project_template, feature, NOBODY)
    raises(template.add_preview_background_file_to_project_template, NOBODY, sky)
    call(template.all_preview_background_files_for_project_template, feature)
    raises(template.all_preview_background_files_for_project_template, NOBODY)
    call(template.set_project_template_default_preview_background_file, feature, sky)
    call(template.get_project_template, feature["id"])
    call(template.set_project_template_default_preview_background_file, feature["id"], None)
    raises(template.set_project_template_default_preview_background_file, feature, NOBODY)
    raises(template.set_project_template_default_preview_background_file, NOBODY, sky)
    descriptors = [{"name": "Size", "entity_type": "Asset", "data_type": "string"}]
    call(template.set_project_template_metadata_descriptors, feature, descriptors)
    call(template.set_project_template_metadata_descriptors, feature["id"], [])
    call(template.set_project_template_metadata_descriptors, feature, descriptors)
    raises(template.set_project_template_metadata_descriptors, feature, "none")
    raises(template.set_project_template_metadata_descriptors, NOBODY, descriptors)


def productions():
    film, feature = world.film, world.feature
    call(template.apply_project_template, film, feature)
    raises(template.apply_project_template, film, NOBODY)
    raises(template.apply_project_template, NOBODY, feature)
    call(gazu.project.get_project, film["id"])
    call(gazu.project.all_metadata_descriptors, film)
    taken = call(template.new_project_template_from_project, film, "As the film", description="The same again")
    raises(template.new_project_template_from_project, film, "As the film")
    raises(template.new_project_template_from_project, NOBODY, "Nobody's")
    call(template.all_task_types_for_project_template, taken)
    call(template.all_task_statuses_for_project_template, taken)
    call(template.all_asset_types_for_project_template, taken)
    call(template.remove_status_automation_from_project_template, feature, world.rule)
    call(template.all_status_automations_for_project_template, feature)
    raises(template.remove_status_automation_from_project_template, NOBODY, world.rule)
    call(template.remove_preview_background_file_from_project_template, feature, world.sky)
    call(template.all_preview_background_files_for_project_template, feature)
    raises(template.remove_preview_background_file_from_project_template, NOBODY, world.sky)
    call(template.remove_project_template, taken)
    raises(template.get_project_template, taken["id"])
    raises(template.remove_project_template, NOBODY)


def as_others():
    for who in (world.artist, world.client, world.supervisor, world.manager):
        worlds.log_in(who)
        tries(template.all_project_templates)
        tries(template.all_task_types_for_project_template, world.feature)
        tries(template.new_project_template, f"Of {who['first_name']}")
        tries(template.apply_project_template, world.film, world.feature)


if __name__ == "__main__":
    run(templates, task_types, task_statuses, asset_types, automations_and_backgrounds, productions, as_others)
