"""gazu.project: productions, their team and settings; project_plans.py has the rest."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import project
from world import NOBODY, world


def reading():
    worlds.studio()
    worlds.film()
    worlds.series()
    call(project.all_project_status)
    call(project.get_project_status_by_name, "Open")
    call(project.get_project_status_by_name, "Nothing")
    call(project.all_projects)
    call(project.all_open_projects)
    call(project.get_project, world.film["id"])
    raises(project.get_project, NOBODY)
    raises(project.get_project, "no id")
    call(project.get_project_by_name, "Film")
    call(project.get_project_by_name, "Nothing")
    call(project.get_project_url, world.film)
    call(project.get_project_url, world.film["id"], section="shots")


def creation():
    call(project.new_project, "Film")
    promo = call(
        project.new_project,
        "Promo",
        production_type="shots",
        team=[world.manager, world.artist["id"]],
        asset_types=[world.prop],
        task_statuses=[world.todo, world.wip],
        task_types=[world.modeling, world.layout],
        production_style="3d",
    )
    template = gazu.project_template.new_project_template("Small", fps="30")
    worlds.make(template=template, promo=promo)
    templated = call(project.new_project, "Templated", project_template=template)
    call(project.new_project, "Loose", team=[NOBODY])
    raises(project.new_project, "Wrong", team=["nobody"])
    call(project.update_project, {"id": promo["id"], "code": "prm", "fps": "24", "team": [world.artist]})
    call(project.update_project, {"id": promo["id"], "asset_types": [world.character], "task_types": [world.shading]})
    call(project.update_project, {"id": promo["id"], "task_statuses": [world.todo, world.done]})
    raises(project.update_project, {"id": promo["id"], "name": "Film"})
    raises(project.update_project, {"id": NOBODY, "name": "Nobody's"})
    call(project.update_project_data, promo, {"client": "bank"})
    call(project.update_project_data, promo["id"], {"deadline": "soon"})
    call(project.update_project_data, promo)
    raises(project.update_project_data, NOBODY, {"client": "bank"})
    raises(project.remove_project, promo)
    call(project.close_project, dict(templated))
    call(project.close_project, promo["id"])
    call(project.close_project, call(project.new_project, "Passing"))
    call(project.all_open_projects)
    call(project.remove_project, call(project.get_project_by_name, "Passing"))
    call(project.remove_project, promo["id"], force=True)
    raises(project.get_project, promo["id"])
    raises(project.remove_project, NOBODY)
    raises(project.remove_project, NOBODY, force=True)


def team():
    film = world.film
    call(project.get_team, film)
    raises(project.get_team, NOBODY)
    newcomer = worlds.person("Nina", "user")
    worlds.make(newcomer=newcomer)
    call(project.add_person_to_team, film, newcomer)
    call(project.add_person_to_team, film, newcomer)
    call(project.add_person_to_team, world.series, newcomer["id"], role="supervisor")
    raises(project.add_person_to_team, film, NOBODY)
    raises(project.add_person_to_team, NOBODY, newcomer)
    raises(project.add_person_to_team, film, newcomer, role="king")
    call(project.update_team_member_role, film, newcomer, "manager")
    call(project.update_team_member_role, film, newcomer["id"], None)
    raises(project.update_team_member_role, film, newcomer, "king")
    raises(project.update_team_member_role, film, NOBODY, "user")
    raises(project.update_team_member_role, NOBODY, newcomer, "user")
    call(project.get_team, world.series["id"])
    call(project.remove_person_from_team, film, newcomer)
    call(project.remove_person_from_team, film, newcomer)
    call(project.remove_person_from_team, film, NOBODY)
    raises(project.remove_person_from_team, NOBODY, newcomer)
    call(project.get_team, film)


def settings():
    film = world.film
    call(project.add_asset_type, film, world.prop)
    raises(project.add_asset_type, film, NOBODY)
    raises(project.add_asset_type, NOBODY, world.prop)
    call(project.add_task_type, film, world.modeling, 2)
    call(project.add_task_type, film, world.rigging["id"], 1)
    raises(project.add_task_type, NOBODY, world.modeling, 1)
    raises(project.get_project_task_types, film)
    raises(project.get_project_task_types, NOBODY)
    call(project.add_task_status, film, world.todo)
    call(project.add_task_status, film["id"], world.done["id"])
    raises(project.add_task_status, film, NOBODY)
    raises(project.add_task_status, NOBODY, world.todo)
    call(project.get_project_task_statuses, film)
    raises(project.get_project_task_statuses, NOBODY)
    call(project.remove_task_type, film, world.rigging)
    call(project.remove_task_status, film, world.done)
    call(project.remove_task_type, film, NOBODY)
    raises(project.remove_task_type, NOBODY, world.modeling)
    raises(project.remove_task_status, NOBODY, world.todo)
    raises(project.get_project_task_types, film)
    call(project.get_project_task_statuses, film)


def automations():
    film = world.film
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
    worlds.make(rule=rule)
    call(project.all_status_automations, film)
    call(project.add_status_automation, film, {"status_automation_id": rule["id"]})
    raises(project.add_status_automation, film, {"status_automation_id": NOBODY})
    raises(project.add_status_automation, film, {})
    raises(project.add_status_automation, NOBODY, {"status_automation_id": rule["id"]})
    call(project.all_status_automations, film["id"])
    raises(project.all_status_automations, NOBODY)
    call(project.remove_status_automation, film, rule)
    call(project.remove_status_automation, film, NOBODY)
    raises(project.remove_status_automation, NOBODY, rule)
    call(project.all_status_automations, film)


def backgrounds():
    film = world.film
    sky = gazu.client.create("preview-background-files", {"name": "Sky"})
    worlds.make(sky=sky)
    call(project.add_preview_background_file, film, {"preview_background_file_id": sky["id"]})
    raises(project.add_preview_background_file, film, {"preview_background_file_id": NOBODY})
    raises(project.add_preview_background_file, NOBODY, {"preview_background_file_id": sky["id"]})
    call(project.get_preview_background_files, film)
    raises(project.get_preview_background_files, NOBODY)
    call(project.remove_preview_background_file, film, sky)
    call(project.remove_preview_background_file, film, NOBODY)
    raises(project.remove_preview_background_file, NOBODY, sky)
    call(project.get_preview_background_files, film)


def as_others():
    for who in (world.artist, world.client, world.vendor, world.supervisor, world.manager):
        worlds.log_in(who)
        tries(project.all_projects)
        tries(project.all_open_projects)
        tries(project.get_project, world.film["id"])
        tries(project.get_team, world.film)
        tries(project.get_project, world.series["id"])
    worlds.log_in(world.artist)
    raises(project.new_project, "Artist's")
    raises(project.update_project, {"id": world.film["id"], "name": "Mine"})
    raises(project.add_person_to_team, world.film, world.newcomer)
    raises(project.add_task_type, world.film, world.layout, 1)
    raises(project.remove_project, world.film)


if __name__ == "__main__":
    run(reading, creation, team, settings, automations, backgrounds, as_others)
