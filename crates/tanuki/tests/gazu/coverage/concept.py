"""gazu.concept."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import concept
from world import NOBODY, world


def creation():
    worlds.studio()
    worlds.film()
    forest = call(concept.new_concept, world.film, "Forest")
    call(concept.new_concept, world.film, "Forest")
    mood = call(
        concept.new_concept,
        world.film["id"],
        "Mood",
        description="How it feels",
        data={"palette": "cold"},
    )
    # gazu sends ids where the API wants rows
    raises(concept.new_concept, world.film, "Linked", entity_concept_links=[world.hero, world.street["id"]])
    raises(concept.new_concept, NOBODY, "Nobody's")
    raises(concept.new_concept, world.film, "Linked", entity_concept_links=["no id"])
    worlds.make(forest=forest, mood=mood)


def reading():
    call(concept.all_concepts)
    call(concept.all_concepts_for_project, world.film)
    raises(concept.all_concepts_for_project, NOBODY)
    call(concept.get_concept, world.mood["id"])
    raises(concept.get_concept, NOBODY)
    raises(concept.get_concept, world.hero["id"])
    call(concept.get_concept_by_name, world.film, "Mood")
    call(concept.get_concept_by_name, world.film, "Nothing")
    task = gazu.task.new_task(world.mood, world.concept)
    comment = gazu.task.add_comment(task, world.wip)
    preview = gazu.task.create_preview(task, comment)
    worlds.make(mood_task=task, mood_comment=comment, mood_preview=preview)
    call(concept.all_previews_for_concept, world.mood)
    call(concept.all_previews_for_concept, world.forest["id"])
    raises(concept.all_previews_for_concept, NOBODY)


def changes():
    call(concept.update_concept, {"id": world.forest["id"], "name": "Wood", "description": "Dark"})
    call(concept.update_concept, {"id": world.forest["id"], "entity_concept_links": [world.sword["id"]]})
    raises(concept.update_concept, {"id": NOBODY, "name": "Nobody's"})
    call(concept.get_concept, world.forest["id"])
    call(concept.remove_concept, world.mood)
    call(concept.get_concept, world.mood["id"])
    call(concept.remove_concept, world.mood["id"], force=True)
    raises(concept.get_concept, world.mood["id"])
    raises(concept.remove_concept, NOBODY)


def as_others():
    for who in (world.artist, world.client, world.vendor, world.supervisor):
        worlds.log_in(who)
        tries(concept.all_concepts)
        tries(concept.all_concepts_for_project, world.film)
    worlds.log_in(world.client)
    raises(concept.new_concept, world.film, "Client's")
    worlds.log_in(world.artist)
    raises(concept.remove_concept, world.forest)


if __name__ == "__main__":
    run(creation, reading, changes, as_others)
