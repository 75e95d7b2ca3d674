"""The studio that the calls are made in: persons of each role, a film and a series, made through gazu."""

import gazu
from calls import as_admin, know

PASSWORD = "mypassword"
NOBODY = "00000000-0000-4000-8000-000000000000"


class World:
    """What is made, by name; `world.hero` is the asset's row."""

    def __getattr__(self, name):
        raise AttributeError(f"the world has no {name}: it was not made")


world = World()


def make(**rows):
    for name, row in rows.items():
        setattr(world, name, row)
    know(**rows)


def studio():
    """What a fresh database has, and persons of each role."""
    as_admin()
    by_name = lambda row: (row["name"], row.get("for_entity"))  # noqa: E731
    for rows in (
        gazu.client.fetch_all("persons"),
        gazu.client.fetch_all("departments"),
        gazu.client.fetch_all("project-status"),
        gazu.client.fetch_all("entity-types"),
        gazu.client.fetch_all("task-status"),
        gazu.client.fetch_all("task-types"),
    ):
        know(*sorted(rows, key=lambda row: by_name(row) if "name" in row else row["full_name"]))
    kinds = {row["name"]: row for row in gazu.client.fetch_all("entity-types")}
    make(character=kinds["Character"], prop=kinds["Prop"], environment=kinds["Environment"])
    types = {(row["name"], row["for_entity"]): row for row in gazu.client.fetch_all("task-types")}
    make(modeling=types["Modeling", "Asset"], rigging=types["Rigging", "Asset"], shading=types["Shading", "Asset"])
    make(layout=types["Layout", "Shot"], animation=types["Animation", "Shot"], concept=types["Concept", "Concept"])
    make(editing=types["Edit", "Edit"])
    statuses = {row["short_name"]: row for row in gazu.client.fetch_all("task-status")}
    make(todo=statuses["todo"], wip=statuses["wip"], wfa=statuses["wfa"], retake=statuses["retake"])
    make(done=statuses["done"], approved=statuses["approved"])
    departments = {row["name"]: row for row in gazu.client.fetch_all("departments")}
    make(admin=gazu.client.get_current_user(), modelers=departments["Modeling"], animators=departments["Animation"])
    make(
        manager=person("Mona", "manager"),
        supervisor=person("Sven", "supervisor", world.modelers),
        artist=person("Ada", "user", world.modelers),
        animator=person("Ines", "user", world.animators),
        client=person("Carl", "client"),
        vendor=person("Vera", "vendor"),
    )
    # docs/differences.md says what is kept from them that the reference shows
    world.guests = [world.client, world.vendor]


def person(first_name, role, *departments):
    return gazu.person.new_person(
        first_name,
        "Tester",
        f"{first_name.lower()}@animfilms.com",
        role=role,
        departments=list(departments),
        password=PASSWORD,
    )


def log_in(row):
    gazu.log_in(row["email"], PASSWORD)


def film():
    """A short with two sequences of shots, assets of three types and some tasks."""
    team = [world.manager, world.supervisor, world.artist, world.animator, world.client, world.vendor]
    make(film=gazu.project.new_project("Film", team=team))
    film = world.film
    make(
        hero=gazu.asset.new_asset(film, world.character, "Hero", "Who it is about", {"size": "big"}),
        sword=gazu.asset.new_asset(film, world.prop, "Sword"),
        street=gazu.asset.new_asset(film, world.environment, "Street"),
        seq1=gazu.shot.new_sequence(film, "SQ01"),
        seq2=gazu.shot.new_sequence(film, "SQ02"),
    )
    make(
        sh10=gazu.shot.new_shot(film, world.seq1, "SH010", nb_frames=48, frame_in=101, frame_out=148),
        sh20=gazu.shot.new_shot(film, world.seq1, "SH020", description="Hero runs", data={"fps": "25"}),
        sh30=gazu.shot.new_shot(film, world.seq2, "SH030"),
    )


def tasks():
    """Tasks on the film's assets and shots, some of them assigned."""
    make(
        hero_modeling=gazu.task.new_task(world.hero, world.modeling, assignees=[world.artist]),
        hero_rigging=gazu.task.new_task(world.hero, world.rigging, task_status=world.wip),
        sword_modeling=gazu.task.new_task(world.sword, world.modeling, assigner=world.manager),
        sh10_layout=gazu.task.new_task(world.sh10, world.layout),
        sh10_animation=gazu.task.new_task(world.sh10, world.animation, assignees=[world.animator]),
        sh20_animation=gazu.task.new_task(world.sh20, world.animation),
    )


def scenes():
    """A scene, and task types of scenes and sequences; after film()."""
    blocking = gazu.task.new_task_type("Blocking", for_entity="Scene")
    colours = gazu.task.new_task_type("Colours", for_entity="Sequence")
    make(blocking=blocking, colours=colours, scene=gazu.scene.new_scene(world.film, world.seq1, "SC01"))


def series():
    """A tvshow with two episodes, assets with and without one, sequences and shots."""
    make(series=gazu.project.new_project("Series", production_type="tvshow", team=[world.manager, world.artist]))
    series = world.series
    make(ep1=gazu.shot.new_episode(series, "E01"), ep2=gazu.shot.new_episode(series, "E02"))
    make(
        robot=gazu.asset.new_asset(series, world.character, "Robot", episode=world.ep1),
        bolt=gazu.asset.new_asset(series, world.prop, "Bolt"),
        ep1_seq=gazu.shot.new_sequence(series, "SQ10", episode=world.ep1),
        ep2_seq=gazu.shot.new_sequence(series, "SQ20", episode=world.ep2),
    )
    make(
        ep1_shot=gazu.shot.new_shot(series, world.ep1_seq, "P010"),
        ep2_shot=gazu.shot.new_shot(series, world.ep2_seq, "P020"),
    )
