"""gazu.user: what is the caller's own."""

import gazu
import world as worlds
from calls import call, ordered, raises, run, tries
from gazu import user
from world import NOBODY, world


def as_admin():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    worlds.series()
    worlds.scenes()
    worlds.make(
        scene_task=gazu.task.new_task(world.scene, world.blocking, assignees=[world.artist]),
        seq_task=gazu.task.new_task(world.seq1, world.colours, assignees=[world.artist], task_status=world.wfa),
        sword_shading=gazu.task.new_task(world.sword, world.shading, assignees=[world.artist], task_status=world.done),
        bolt_modeling=gazu.task.new_task(world.bolt, world.modeling, assignees=[world.artist], task_status=world.wfa),
    )
    gazu.task.set_time_spent(world.hero_modeling, world.artist, "2021-02-03", 240)
    gazu.task.set_time_spent(world.hero_modeling, world.artist, "2021-02-04", 120)
    gazu.person.new_day_off(world.artist, "2021-04-01", "2021-04-02", "Moving")
    assigned(tries)
    lists()


def assigned(ask):
    film, series = world.film, world.series
    call(user.all_open_projects)
    ask(user.all_asset_types_for_project, film)
    ask(user.all_assets_for_asset_type_and_project, film, world.prop)
    ask(user.all_tasks_for_asset, world.sword)
    ask(user.all_tasks_for_shot, world.sh10["id"])
    ask(user.all_tasks_for_scene, world.scene)
    ask(user.all_tasks_for_sequence, world.seq1)
    ask(user.all_task_types_for_asset, world.sword)
    ask(user.all_task_types_for_shot, world.sh10)
    ask(user.all_task_types_for_scene, world.scene)
    ask(user.all_task_types_for_sequence, world.seq1)
    ask(user.all_sequences_for_project, film)
    ask(user.all_episodes_for_project, series["id"])
    ask(user.all_shots_for_sequence, world.seq1)
    ask(user.all_scenes_for_sequence, world.seq1)


def lists():
    call(user.is_authenticated)
    call(user.all_tasks_to_do)
    ordered(user.all_done_tasks)
    call(user.all_tasks_requiring_feedback)
    call(user.get_timespents_range, "2021-01-01", "2021-12-31")
    raises(user.get_timespents_range, "2021-01-01", "soon")
    call(user.get_time_spents_by_date, "2021-02-03")
    raises(user.get_time_spents_by_date, "2021-02-30")
    call(user.get_day_off, "2021-04-02")
    call(user.get_day_off, "2021-04-03")
    raises(user.get_day_off, "soon")
    call(user.all_desktop_login_logs)


def as_artist():
    worlds.log_in(world.artist)
    assigned(call)
    lists()
    call(user.get_task_time_spent, world.hero_modeling, "2021-02-04")
    raises(user.get_task_time_spent, world.hero_modeling["id"], "2021-02-30")
    call(user.log_desktop_session_log_in)
    call(user.all_desktop_login_logs)


def as_others():
    for who in (world.manager, world.supervisor, world.animator):
        worlds.log_in(who)
        lists()
    worlds.log_in(world.vendor)
    call(user.all_tasks_to_do)
    call(user.all_tasks_requiring_feedback)


def context():
    for who in (world.manager, world.artist):
        worlds.log_in(who)
        call(user.get_context)


def filters():
    worlds.log_in(world.artist)
    call(user.all_filters)
    mine = call(user.new_filter, "Mine", "assignedto=me", "asset", project=world.film, entity_type="Asset")
    call(user.new_filter, "Everywhere", "wip", "todo")
    raises(user.new_filter, "", "wip", "todo")
    worlds.make(mine=mine)
    call(user.all_filters)
    call(user.update_filter, {"id": mine["id"], "name": "Ours"})
    raises(user.update_filter, {"id": NOBODY, "name": "Nobody's"})
    call(user.all_filter_groups)
    group = call(user.new_filter_group, "Group", world.film)
    call(user.new_filter_group, "Of all")
    raises(user.new_filter_group, "")
    worlds.make(group=group)
    call(user.get_filter_group, group)
    raises(user.get_filter_group, NOBODY)
    call(user.update_filter_group, {"id": group["id"], "name": "A group", "color": "#112233"})
    raises(user.update_filter_group, {"id": NOBODY, "name": "Nobody's"})
    call(user.all_filter_groups)
    call(user.remove_filter_group, group)
    raises(user.remove_filter_group, NOBODY)
    call(user.remove_filter, mine)
    raises(user.remove_filter, NOBODY)


def logged_out():
    gazu.log_out()
    call(user.is_authenticated)
    raises(user.all_tasks_to_do)


if __name__ == "__main__":
    run(as_admin, as_artist, as_others, context, filters, logged_out)
