"""gazu.project: what a production is planned with, from metadata to budgets."""

import gazu
import world as worlds
from calls import call, ordered, raises, run, tries
from gazu import project
from world import NOBODY, world


def descriptors():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    film = world.film
    size = call(project.add_metadata_descriptor, film, "Size", "Asset")
    mood = call(
        project.add_metadata_descriptor,
        film["id"],
        "Mood",
        "Shot",
        data_type="list",
        choices=["dark", "bright"],
        for_client=True,
        departments=[world.modelers, world.animators["id"]],
    )
    weight = call(project.add_metadata_descriptor, film, "Weight", "Asset", "number")
    call(project.add_metadata_descriptor, film, "Pages", "Task", "number", task_type_id=world.modeling)
    raises(project.add_metadata_descriptor, film, "Pages", "Asset", "number", task_type_id=world.modeling)
    worlds.make(size=size, mood=mood, weight=weight)
    raises(project.add_metadata_descriptor, film, "Size", "Asset")
    raises(project.add_metadata_descriptor, film, "Odd", "Planet")
    raises(project.add_metadata_descriptor, film, "Odd", "Asset", data_type="poem")
    raises(project.add_metadata_descriptor, film, "", "Asset")
    raises(project.add_metadata_descriptor, NOBODY, "Size", "Asset")
    ordered(project.all_metadata_descriptors, film)
    ordered(project.all_metadata_descriptors, film["id"], entity_type="Asset")
    call(project.all_metadata_descriptors, film, entity_type="Planet")
    call(project.all_metadata_descriptors, NOBODY)
    call(project.get_metadata_descriptor, film, mood)
    call(project.get_metadata_descriptor, film, mood["id"])
    raises(project.get_metadata_descriptor, film, NOBODY)
    call(project.get_metadata_descriptor_by_field_name, film, "mood")
    call(project.get_metadata_descriptor_by_field_name, film, "nothing")


def descriptors_change():
    film, size, mood = world.film, world.size, world.mood
    call(project.reorder_metadata_descriptors, film, "Asset", [world.weight, size["id"]])
    ordered(project.all_metadata_descriptors, film, entity_type="Asset")
    raises(project.reorder_metadata_descriptors, film, "Asset", [NOBODY])
    raises(project.reorder_metadata_descriptors, film, "Planet", [size])
    raises(project.reorder_metadata_descriptors, NOBODY, "Asset", [size])
    call(
        project.update_metadata_descriptor,
        film,
        {"id": mood["id"], "name": "Feeling", "choices": ["calm"], "departments": [world.modelers]},
    )
    call(project.update_metadata_descriptor, film, {"id": size["id"], "name": "Size", "for_client": True})
    raises(project.update_metadata_descriptor, film, {"id": NOBODY, "name": "Nobody's"})
    raises(project.update_metadata_descriptor, NOBODY, {"id": size["id"], "name": "Size"})
    call(project.remove_metadata_descriptor, film, mood)
    raises(project.get_metadata_descriptor, film, mood)
    call(project.remove_metadata_descriptor, film, size["id"], force=True)
    raises(project.remove_metadata_descriptor, film, NOBODY)
    raises(project.remove_metadata_descriptor, NOBODY, world.weight)


def milestones_and_quotas():
    film, artist = world.film, world.artist
    for name, date in (("Alpha", "2021-03-01"), ("Beta", "2021-06-01")):
        data = {"project_id": film["id"], "task_type_id": world.modeling["id"], "name": name, "date": date}
        gazu.client.create("milestones", data)
    call(project.get_milestones, film)
    call(project.get_milestones, NOBODY)
    gazu.task.set_time_spent(world.hero_modeling, artist, "2021-02-03", 240)
    gazu.task.set_time_spent(world.hero_modeling, artist, "2021-02-04", 120)
    call(project.get_project_quotas, film, world.animation)
    call(project.get_project_quotas, film, NOBODY)
    raises(project.get_project_quotas, NOBODY, world.animation)
    call(project.get_project_person_quotas, film, world.animator)
    call(project.get_project_person_quotas, film["id"], artist["id"])
    raises(project.get_project_person_quotas, film, NOBODY)
    raises(project.get_project_person_quotas, NOBODY, artist)


def budgets():
    film = world.film
    call(project.get_budgets, film)
    quote = call(project.create_budget, film, "Quote")
    offer = call(
        project.create_budget,
        film["id"],
        "Offer",
        description="For the bank",
        currency="EUR",
        start_date="2021-01-01",
        end_date="2021-12-31",
        amount=120000,
    )
    worlds.make(quote=quote, offer=offer)
    raises(project.create_budget, film, None)
    call(project.get_budgets, film["id"])
    call(project.get_budgets, NOBODY)
    call(project.get_budget, film, quote)
    raises(project.get_budget, film, NOBODY)
    raises(project.get_budget, NOBODY, quote)
    call(project.update_budget, film, quote, {"name": "Final quote"})
    call(project.update_budget, film, quote["id"], {"currency": "USD"})
    raises(project.update_budget, film, NOBODY, {"name": "Nobody's"})


ENTRY = {"start_date": "2021-01-01", "months_duration": 3, "daily_salary": 200, "position": "artist", "seniority": "mid"}


def budget_entries():
    film, quote = world.film, world.quote
    # gazu's arguments are not those that the API asks for
    raises(project.create_budget_entry, film, quote, "Modeler")
    raises(
        project.create_budget_entry,
        film,
        quote,
        "Modeler",
        date="2021-01-01",
        amount=10,
        quantity=2,
        unit_price=5,
        description="Makes it",
        category="people",
    )
    raises(project.create_budget_entry, NOBODY, quote, "Modeler")
    raises(project.create_budget_entry, film, NOBODY, "Modeler")
    entry = call(
        gazu.client.post,
        f"data/projects/{film['id']}/budgets/{quote['id']}/entries",
        {**ENTRY, "department_id": world.modelers["id"]},
    )
    worlds.make(entry=entry)
    call(project.get_budget_entries, film, quote)
    call(project.get_budget_entries, film, world.offer["id"])
    call(project.get_budget_entries, film, NOBODY)
    call(project.get_budget_entry, film, quote, entry)
    raises(project.get_budget_entry, film, quote, NOBODY)
    raises(project.get_budget_entry, film, NOBODY, entry)
    change = {**ENTRY, "department_id": world.modelers["id"], "daily_salary": 250}
    call(project.update_budget_entry, film, quote, entry, change)
    change = {**change, "person_id": world.artist["id"], "exceptions": {"2021-02-01": 300}}
    call(project.update_budget_entry, film, quote["id"], entry["id"], change)
    raises(project.update_budget_entry, film, quote, NOBODY, {"daily_salary": 250})
    raises(project.update_budget_entry, film, quote, entry, {"months_duration": "long"})
    call(project.remove_budget_entry, film, quote, entry)
    raises(project.get_budget_entry, film, quote, entry)
    raises(project.remove_budget_entry, film, quote, NOBODY)
    call(project.remove_budget, film, world.offer)
    raises(project.get_budget, film, world.offer)
    raises(project.remove_budget, film, NOBODY)


def as_others():
    film = world.film
    for who in (world.artist, world.client, world.vendor, world.supervisor, world.manager):
        worlds.log_in(who)
        tries(project.all_metadata_descriptors, film)
        tries(project.get_milestones, film)
        tries(project.get_budgets, film)
        tries(project.get_project_quotas, film, world.modeling)
        tries(project.get_project_person_quotas, film, world.artist)
        tries(project.add_metadata_descriptor, film, f"Of {who['first_name']}", "Shot")
        tries(project.create_budget, film, f"Of {who['first_name']}")


if __name__ == "__main__":
    run(descriptors, descriptors_change, milestones_and_quotas, budgets, budget_entries, as_others)
