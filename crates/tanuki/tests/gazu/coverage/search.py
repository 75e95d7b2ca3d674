"""gazu.search: entities and people by words. Recorded with a stand-in for Meilisearch that finds beginnings of words."""

import world as worlds
from calls import call, raises, run
from gazu import search
from world import NOBODY, world


def as_admin():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    worlds.series()
    for query in ("Sword", "hero", "environment stre", "big", "SH010", "sq02", "P020", "Sven", "no such", "He", ""):
        call(search.search_entities, query)
    call(search.search_entities, "sword", project=world.film)
    call(search.search_entities, "sword", project=world.series)
    call(search.search_entities, "sword", entity_types=[world.prop])
    raises(search.search_entities, "sword", project="nope")
    raises(search.search_entities, None)


def as_artist():
    worlds.log_in(world.artist)
    everything()


def as_animator():
    worlds.log_in(world.animator)
    everything()
    call(search.search_entities, "bolt")


def as_vendor():
    worlds.log_in(world.vendor)
    everything()


def everything():
    for query in ("Sword", "SH010", "Sven"):
        call(search.search_entities, query)
    call(search.search_entities, "sword", project=NOBODY)


if __name__ == "__main__":
    run(as_admin, as_artist, as_animator, as_vendor)
