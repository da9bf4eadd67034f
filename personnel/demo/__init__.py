"""The demo's people: 250 of Marenfeld Pumps with two years of shifts, leave and sickness. All invented."""

from __future__ import annotations

from pathlib import Path

from personnel.demo import history, organisation, people, safety, waiting
from plantops import imports
from plantops.demo import Demo

HERE = Path(__file__).parent


def build(demo: Demo) -> None:
    """Leaves in `demo.kept["personnel"]` what later generators need: departments, shifts, people, certificates."""
    with demo.house.acting() as ctx:
        plant = organisation.build(demo, ctx)
        cast = people.build(demo, ctx, plant)
        kinds = safety.build(demo, ctx, cast)
    history.build(demo, plant, cast)
    with demo.house.acting() as ctx:
        safety.tell_incidents(demo, ctx, plant, cast)
        waiting.build(demo, ctx, plant, cast)
    demo.kept["personnel"] = {
        "departments": plant.departments,
        "shifts": plant.shifts,
        "people": cast.by_department,
        "logins": cast.by_login,
        "certificates": kinds,
    }


def load_the_real_file(demo: Demo) -> None:
    """740 real absences go to the sample site, through the product's own import."""
    with demo.house.acting() as ctx:
        text = (HERE / "maps" / "absenteeism.toml").read_text(encoding="utf-8")
        imports.bring(ctx, "absences", HERE / "data" / "absenteeism_at_work.csv", text)
