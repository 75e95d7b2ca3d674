"""gazu.shot."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import shot
from world import NOBODY, world


def episodes():
    worlds.studio()
    worlds.film()
    worlds.series()
    pilot = call(shot.new_episode, world.series, "Pilot")
    call(shot.new_episode, world.series["id"], "Pilot")
    raises(shot.new_episode, NOBODY, "Nobody's")
    worlds.make(pilot=pilot)
    call(shot.all_episodes_for_project, world.series)
    call(shot.all_episodes_for_project, world.film)
    raises(shot.all_episodes_for_project, NOBODY)
    call(shot.get_episode, world.ep1["id"])
    raises(shot.get_episode, NOBODY)
    raises(shot.get_episode, world.ep1_shot["id"])
    call(shot.get_episode_by_name, world.series, "E01")
    call(shot.get_episode_by_name, world.series, "Nothing")
    call(shot.get_episode_from_sequence, world.ep1_seq)
    call(shot.get_episode_from_sequence, world.seq1)
    call(shot.get_episode_url, world.ep1)
    call(shot.get_all_episodes_url, world.series)
    call(shot.update_episode, {"id": pilot["id"], "name": "E00", "description": "Before"})
    raises(shot.update_episode, {"id": NOBODY, "name": "Nobody's"})
    call(shot.update_episode_data, pilot, {"airs": "2021-09-01"})
    call(shot.update_episode_data, pilot["id"], {"rating": 3})
    raises(shot.update_episode_data, NOBODY, {"rating": 3})


def sequences():
    film, series = world.film, world.series
    call(shot.new_sequence, film, "SQ01")
    opening = call(shot.new_sequence, series, "Opening", episode=world.ep1)
    call(shot.new_sequence, series["id"], "Opening", episode=world.ep2["id"])
    raises(shot.new_sequence, NOBODY, "SQ03")
    raises(shot.new_sequence, series, "SQ03", episode="no id")
    worlds.make(opening=opening)
    call(shot.all_sequences_for_project, film)
    call(shot.all_sequences_for_project, series["id"])
    raises(shot.all_sequences_for_project, NOBODY)
    call(shot.all_sequences_for_episode, world.ep1)
    raises(shot.all_sequences_for_episode, NOBODY)
    call(shot.get_sequence, world.seq1["id"])
    raises(shot.get_sequence, NOBODY)
    raises(shot.get_sequence, world.hero["id"])
    call(shot.get_sequence_by_name, film, "SQ02")
    call(shot.get_sequence_by_name, series, "Opening", episode=world.ep2)
    call(shot.get_sequence_by_name, film, "Nothing")
    call(shot.get_sequence_from_shot, world.sh10)
    call(shot.get_sequence_from_shot, world.sh30["id"])
    call(shot.get_sequence_url, world.seq1)
    call(shot.get_sequence_url, world.ep1_seq["id"])
    call(shot.get_all_sequences_url, film)
    call(shot.update_sequence, {"id": opening["id"], "name": "SQ00"})
    raises(shot.update_sequence, {"id": NOBODY, "name": "Nobody's"})
    call(shot.update_sequence_data, opening, {"mood": "calm"})
    call(shot.update_sequence_data, opening["id"])
    raises(shot.update_sequence_data, NOBODY)


def shots():
    film = world.film
    call(shot.new_shot, film, world.seq1, "SH010")
    full = call(
        shot.new_shot,
        film["id"],
        world.seq2["id"],
        "SH040",
        nb_frames=24,
        frame_in=1,
        frame_out=24,
        description="The end",
        data={"camera": "handheld"},
    )
    worlds.make(sh40=full)
    call(shot.new_shot, film, world.seq2, "SH050", nb_frames=0)
    raises(shot.new_shot, NOBODY, world.seq1, "SH060")
    raises(shot.new_shot, film, NOBODY, "SH060")
    call(shot.all_shots_for_project, film)
    call(shot.all_shots_for_project, world.series["id"])
    raises(shot.all_shots_for_project, NOBODY)
    call(shot.all_shots_for_episode, world.ep1)
    raises(shot.all_shots_for_episode, NOBODY)
    call(shot.all_shots_for_sequence, world.seq1)
    raises(shot.all_shots_for_sequence, NOBODY)
    call(shot.get_shot, world.sh10["id"])
    call(shot.get_shot, world.ep2_shot["id"])
    raises(shot.get_shot, NOBODY)
    raises(shot.get_shot, world.hero["id"])
    call(shot.get_shot_by_name, world.seq1, "SH010")
    call(shot.get_shot_by_name, world.seq1, "SH030")
    call(shot.get_shot_url, world.sh10)
    call(shot.get_shot_url, world.ep1_shot["id"])
    call(shot.update_shot, {"id": full["id"], "name": "SH400", "nb_frames": 30, "parent_id": world.seq1["id"]})
    raises(shot.update_shot, {"id": full["id"], "name": "SH010"})
    raises(shot.update_shot, {"id": NOBODY, "name": "Nobody's"})
    call(shot.update_shot_data, full, {"camera": "tripod"})
    call(shot.update_shot_data, full["id"], {"frame_out": 30})
    raises(shot.update_shot_data, NOBODY)


def previews_and_instances():
    task = gazu.task.new_task(world.sh10, world.layout)
    comment = gazu.task.add_comment(task, world.wip)
    worlds.make(layout_task=task, comment=comment, preview=gazu.task.create_preview(task, comment))
    call(shot.all_previews_for_shot, world.sh10)
    call(shot.all_previews_for_shot, world.sh20["id"])
    raises(shot.all_previews_for_shot, NOBODY)
    scene = gazu.scene.new_scene(world.film, world.seq1, "SC01")
    instance = gazu.scene.new_scene_asset_instance(scene, world.hero)
    worlds.make(scene=scene, instance=instance)
    call(shot.add_asset_instance_to_shot, world.sh10, instance)
    call(shot.add_asset_instance_to_shot, world.sh20["id"], instance["id"])
    raises(shot.add_asset_instance_to_shot, world.sh10, NOBODY)
    raises(shot.add_asset_instance_to_shot, NOBODY, instance)
    call(shot.get_asset_instances_for_shot, world.sh10)
    raises(shot.get_asset_instances_for_shot, NOBODY)
    call(shot.all_asset_instances_for_shot, world.sh20)
    call(shot.remove_asset_instance_from_shot, world.sh20, instance)
    raises(shot.remove_asset_instance_from_shot, NOBODY, instance)
    call(shot.all_asset_instances_for_shot, world.sh20["id"])


def removal():
    call(shot.remove_shot, world.sh10)
    call(shot.get_shot, world.sh10["id"])
    call(shot.restore_shot, world.sh10)
    call(shot.get_shot, world.sh10["id"])
    raises(shot.restore_shot, NOBODY)
    call(shot.remove_shot, world.sh30)
    raises(shot.get_shot, world.sh30["id"])
    call(shot.remove_shot, world.ep1_shot, force=True)
    raises(shot.get_shot, world.ep1_shot["id"])
    raises(shot.remove_shot, NOBODY)
    raises(shot.remove_shot, NOBODY, force=True)
    call(shot.remove_sequence, world.opening)
    raises(shot.remove_sequence, world.seq1)
    call(shot.remove_sequence, world.ep2_seq, force=True)
    raises(shot.remove_sequence, NOBODY)
    call(shot.remove_episode, world.pilot)
    raises(shot.remove_episode, world.ep1)
    call(shot.remove_episode, world.ep2, force=True)
    raises(shot.get_episode, world.ep2["id"])
    raises(shot.remove_episode, NOBODY)


def as_others():
    for who in (world.artist, world.client, world.vendor, world.supervisor, world.manager):
        worlds.log_in(who)
        tries(shot.all_shots_for_project, world.film)
        tries(shot.all_sequences_for_project, world.film)
        tries(shot.all_episodes_for_project, world.series)
    worlds.log_in(world.artist)
    raises(shot.new_shot, world.film, world.seq1, "SH090")
    raises(shot.new_sequence, world.film, "SQ09")
    raises(shot.new_episode, world.series, "E09")
    raises(shot.remove_shot, world.sh20)
    raises(shot.restore_shot, world.sh20)


if __name__ == "__main__":
    run(episodes, sequences, shots, previews_and_instances, removal, as_others)
