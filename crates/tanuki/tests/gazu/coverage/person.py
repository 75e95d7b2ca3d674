"""gazu.person: the people of a studio, their departments, time and days off."""

import datetime

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import person
from world import NOBODY, world


def people():
    worlds.studio()
    call(person.all_organisations)
    call(person.get_organisation)
    call(person.all_persons)
    dora = call(person.new_person, "Dora", "Tester", "dora@animfilms.com", phone="123", desktop_login="dora", departments=[world.modelers])
    worlds.make(dora=dora)
    call(person.new_person, "Dora", "Again", "dora@animfilms.com")
    raises(person.new_person, "Odd", "Role", "odd@animfilms.com", role="king")
    raises(person.new_person, "No", "Mail", "nothing")
    call(person.get_person, dora["id"])
    call(person.get_person, dora["id"], relations=True)
    call(person.get_person, NOBODY)
    call(person.get_person_by_desktop_login, "dora")
    call(person.get_person_by_desktop_login, "nobody")
    call(person.get_person_by_email, "dora@animfilms.com")
    call(person.get_person_by_email, "nobody@animfilms.com")
    call(person.get_person_by_full_name, "Dora Tester")
    call(person.get_person_by_full_name, "Nobody Tester")
    call(person.get_person_by_full_name, "", "Dora", "Tester")
    call(person.get_person_url, dora)
    call(person.update_person, {"id": dora["id"], "last_name": "Painter", "departments": [world.animators]})
    raises(person.update_person, {"id": NOBODY, "last_name": "Nobody"})
    call(person.add_person_to_department, dora, world.modelers)
    raises(person.add_person_to_department, dora["id"], NOBODY)
    raises(person.add_person_to_department, NOBODY, world.modelers)
    call(person.remove_person_from_department, dora, world.animators["id"])
    raises(person.remove_person_from_department, dora, NOBODY)
    raises(person.remove_person_from_department, NOBODY, world.modelers)
    call(person.get_person, dora["id"], relations=True)
    call(person.remove_person, dora)
    raises(person.remove_person, NOBODY)


def bots():
    farm = person.new_bot("Farm", "farm@animfilms.com", departments=[world.modelers])
    worlds.make(farm=farm)
    raises(person.new_bot, "Old", "old@animfilms.com", expiration_date="2001-01-01")
    call(person.update_bot, {"id": farm["id"], "first_name": "Render farm"})
    raises(person.update_bot, {"id": NOBODY, "first_name": "Nobody"})
    call(person.remove_bot, farm)
    raises(person.remove_bot, {"id": NOBODY})


def departments():
    call(person.all_departments)
    call(person.get_department_by_name, "Modeling")
    call(person.get_department_by_name, "Nothing")
    call(person.get_department, world.modelers["id"])
    raises(person.get_department, NOBODY)
    clay = call(person.new_department, "Clay", "#112233")
    worlds.make(clay=clay)
    call(person.new_department, "Clay")
    call(person.update_department, {"id": clay["id"], "color": "#332211"})
    raises(person.update_department, {"id": NOBODY, "color": "#332211"})
    call(person.remove_department, clay)
    raises(person.remove_department, NOBODY)


def time():
    worlds.film()
    worlds.tasks()
    artist = world.artist
    gazu.task.set_time_spent(world.hero_modeling, artist, "2021-02-03", 240)
    gazu.task.set_time_spent(world.hero_modeling, artist, "2021-02-04", 120)
    call(person.get_time_spents_range, artist["id"], "2021-02-01", "2021-02-03")
    call(person.get_all_month_time_spents, artist["id"], datetime.date(2021, 2, 1))
    call(person.get_time_spents_by_date, artist, "2021-02-04")
    raises(person.get_time_spents_by_date, artist, "soon")
    call(person.get_week_time_spents, artist, 2021, 5)
    call(person.get_year_time_spents, artist["id"], 2021)
    raises(person.get_year_time_spents, NOBODY, 2021)


def day_offs():
    artist = world.artist
    off = call(person.new_day_off, artist, "2021-04-01", "2021-04-02", "Moving")
    worlds.make(off=off)
    raises(person.new_day_off, artist, "2021-04-02", "2021-04-05")
    raises(person.new_day_off, artist, "2021-05-02", "2021-05-01")
    call(person.new_day_off, artist["id"], "2021-06-01", "2021-06-01")
    call(person.get_day_off, off["id"])
    raises(person.get_day_off, NOBODY)
    call(person.get_day_offs, artist)
    raises(person.get_day_offs, NOBODY)
    call(person.get_week_day_offs, artist, 2021, 13)
    call(person.get_month_day_offs, artist["id"], 2021, 4)
    call(person.get_year_day_offs, artist, 2021)
    call(person.update_day_off, {"id": off["id"], "end_date": "2021-04-03"})
    raises(person.update_day_off, {"id": NOBODY, "end_date": "2021-04-03"})
    call(person.remove_day_off, off)
    raises(person.remove_day_off, NOBODY)


def presence():
    path = f"data/persons/{world.artist['id']}/desktop-login-logs"
    gazu.client.post(path, {"date": "2021-02-03T08:00:00"})
    call(person.get_presence_log, 2021, 2)
    call(person.get_presence_log, 2021, 12)
    raises(person.get_presence_log, 2021, 13)


def accounts():
    nora = call(person.new_person, "Nora", "Tester", "nora@animfilms.com")
    worlds.make(nora=nora)
    call(person.invite_person, nora)
    raises(person.invite_person, NOBODY)
    call(person.change_password_for_person, nora, "a new password")
    raises(person.change_password_for_person, nora["id"], "short")
    raises(person.change_password_for_person, NOBODY, "a new password")
    raises(person.disable_two_factor_authentication, nora)
    raises(person.disable_two_factor_authentication, NOBODY)
    call(person.remove_person, nora)


def as_others():
    artist = world.artist
    for who in (world.manager, world.supervisor, world.artist):
        worlds.log_in(who)
        call(person.all_persons)
        call(person.get_person_by_email, "ada@animfilms.com")
        tries(person.get_year_time_spents, artist, 2021)
        tries(person.get_day_offs, artist)
        raises(person.get_presence_log, 2021, 2)
        raises(person.add_person_to_department, artist, world.animators)
        raises(person.remove_person_from_department, artist, world.modelers)
        raises(person.new_person, "New", "Person", "new@animfilms.com")
        raises(person.invite_person, artist)
        raises(person.change_password_for_person, artist, "a new password")
        raises(person.disable_two_factor_authentication, artist)


if __name__ == "__main__":
    run(people, bots, departments, time, day_offs, presence, accounts, as_others)
