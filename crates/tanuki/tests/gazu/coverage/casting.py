"""gazu.casting."""

import world as worlds
from calls import call, raises, run, tries
from gazu import casting
from world import NOBODY, world


def entry(asset, number=1, label=None):
    row = {"asset_id": asset["id"], "nb_occurences": number}
    return {**row, "label": label} if label else row


def of_shots():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    film = world.film
    call(casting.update_shot_casting, film, world.sh10, [entry(world.hero), entry(world.sword, 2, "animate")])
    call(casting.update_shot_casting, film["id"], world.sh20["id"], [entry(world.hero, 3, "fixed")])
    call(casting.get_shot_casting, world.sh10)
    call(casting.get_shot_casting, world.sh30)
    call(casting.update_shot_casting, film, world.sh10, [entry(world.hero, 5)])
    call(casting.get_shot_casting, world.sh10)
    raises(casting.update_shot_casting, film, NOBODY, [entry(world.hero)])
    raises(casting.update_shot_casting, NOBODY, world.sh10, [entry(world.hero)])
    call(casting.get_sequence_casting, world.seq1)
    call(casting.get_sequence_shots_casting, film, world.seq1)
    call(casting.get_sequence_shots_casting, film, world.seq2)
    raises(casting.get_sequence_shots_casting, film, NOBODY)
    call(casting.get_project_shots_casting, film)
    call(casting.get_project_shots_casting, NOBODY)
    call(casting.get_asset_type_casting, film, world.character)
    call(casting.get_asset_type_casting, film, world.prop)
    raises(casting.get_asset_type_casting, film, NOBODY)
    call(casting.get_asset_type_casting, NOBODY, world.prop)


def of_assets():
    film = world.film
    call(casting.update_asset_casting, film, world.hero, [entry(world.sword, 1, "in the hand")])
    call(casting.update_asset_casting, film, world.street, [entry(world.sword), entry(world.hero)])
    call(casting.get_asset_casting, world.hero)
    call(casting.get_asset_casting, world.sword)
    call(casting.get_asset_cast_in, world.hero)
    call(casting.get_asset_cast_in, world.sword["id"])
    call(casting.get_asset_cast_in, world.street)
    raises(casting.get_asset_cast_in, NOBODY)
    raises(casting.update_asset_casting, film, NOBODY, [])
    call(casting.update_asset_casting, film, world.street, [])
    call(casting.get_asset_casting, world.street)


def of_episodes():
    worlds.series()
    series = world.series
    call(casting.update_episode_casting, series, world.ep1, [entry(world.robot), entry(world.bolt, 12)])
    call(casting.get_episode_casting, world.ep1)
    call(casting.get_episode_casting, world.ep2)
    call(casting.get_episodes_casting, series)
    call(casting.get_episodes_casting, world.film)
    call(casting.get_episodes_casting, NOBODY)
    call(casting.update_shot_casting, series, world.ep1_shot, [entry(world.robot)])
    call(casting.update_shot_casting, series, world.ep2_shot, [entry(world.robot), entry(world.bolt, 4)])
    call(casting.get_episode_casting, world.ep2)
    call(casting.get_episode_shots_casting, series, world.ep1)
    call(casting.get_episode_shots_casting, series, world.ep2["id"])
    call(casting.get_episode_shots_casting, series, NOBODY)
    call(casting.get_asset_cast_in, world.robot)


def of_many():
    film = world.film
    call(casting.cast_asset, film, [world.sh10, world.sh20, world.sh30], world.street)
    call(casting.cast_asset, film, [world.sh10, world.sh30["id"]], world.street, nb_occurences=4, label="far away")
    call(casting.cast_asset, film, world.sh30, world.sword, label="near")
    call(casting.get_project_shots_casting, film)
    call(casting.uncast_asset, film, [world.sh10], world.street)
    call(casting.uncast_asset, film, world.sh10, world.street)
    call(casting.get_shot_casting, world.sh10)
    raises(casting.cast_asset, film, [world.sh10], NOBODY)
    raises(casting.cast_asset, NOBODY, [world.sh10], world.street)
    raises(casting.cast_asset, film, [world.sh10], world.street, nb_occurences=-1)
    raises(casting.cast_asset, film, ["no id"], world.street)


def links():
    found = call(casting.all_entity_links_for_project, world.film)
    call(casting.all_entity_links_for_project, world.series, page=1)
    call(casting.all_entity_links_for_project, world.series, page=3, limit=2)
    raises(casting.all_entity_links_for_project, NOBODY)
    link = next(row for row in found if row["entity_in_id"] == world.sh20["id"] and row["nb_occurences"] == 3)
    call(casting.delete_entity_link, link)
    raises(casting.delete_entity_link, link["id"])
    raises(casting.delete_entity_link, NOBODY)
    call(casting.get_shot_casting, world.sh20)


def as_others():
    for who in (world.artist, world.client, world.vendor, world.supervisor):
        worlds.log_in(who)
        tries(casting.get_project_shots_casting, world.film)
    worlds.log_in(world.artist)
    raises(casting.update_shot_casting, world.film, world.sh10, [])
    raises(casting.cast_asset, world.film, [world.sh10], world.street)
    worlds.log_in(world.client)
    raises(casting.get_project_shots_casting, world.series)
    worlds.log_in(world.manager)
    call(casting.update_shot_casting, world.film, world.sh10, [entry(world.sword, 7)])


if __name__ == "__main__":
    run(of_shots, of_assets, of_episodes, of_many, links, as_others)
