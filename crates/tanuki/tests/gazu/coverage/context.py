"""gazu.context: everybody's rows, and the caller's."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import context
from world import NOBODY, world


def as_admin():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    worlds.series()
    worlds.scenes()
    worlds.make(scene_task=gazu.task.new_task(world.scene, world.blocking), seq_task=gazu.task.new_task(world.seq1, world.colours))
    everything(call)


def as_artist():
    worlds.log_in(world.artist)
    everything(tries)


def as_animator():
    worlds.log_in(world.animator)
    everything(tries)


def everything(ask):
    film = world.film
    call(context.all_open_projects)
    call(context.all_open_projects, user_context=True)
    ask(context.all_assets_for_project, film)
    for own in (False, True):
        ask(context.all_asset_types_for_project, film, user_context=own)
        ask(context.all_assets_for_asset_type_and_project, film, world.character, user_context=own)
        ask(context.all_task_types_for_asset, world.hero, user_context=own)
        ask(context.all_task_types_for_shot, world.sh10, user_context=own)
        ask(context.all_task_types_for_scene, world.scene, user_context=own)
        ask(context.all_task_types_for_sequence, world.seq1, user_context=own)
        ask(context.all_sequences_for_project, film, user_context=own)
        ask(context.all_shots_for_sequence, world.seq1, user_context=own)
        ask(context.all_scenes_for_sequence, world.seq1, user_context=own)
        ask(context.all_episodes_for_project, world.series, user_context=own)
    ask(context.all_scenes_for_project, film)
    ask(context.all_sequences_for_episode, world.ep1)


def wrong_ids():
    worlds.as_admin()
    raises(context.all_task_types_for_asset, NOBODY)
    raises(context.all_task_types_for_shot, NOBODY)
    raises(context.all_task_types_for_scene, NOBODY)
    raises(context.all_task_types_for_sequence, NOBODY)
    raises(context.all_shots_for_sequence, NOBODY)
    raises(context.all_scenes_for_sequence, NOBODY)
    raises(context.all_sequences_for_episode, NOBODY)
    raises(context.all_episodes_for_project, NOBODY)


if __name__ == "__main__":
    run(as_admin, as_artist, as_animator, wrong_ids)
