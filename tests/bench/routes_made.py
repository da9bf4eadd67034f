"""Days of transport made from a seed: towns, unlike vehicles, goods on the way, and vans that load twice."""

from __future__ import annotations

import random

import numpy as np

from transport.optimise.model import Measure, Order, Problem, Stop, Vehicle, Window

OPEN, CLOSE = 6 * 60, 18 * 60  # minutes
METRES_PER_MINUTE = 700


def made(seed: int) -> Problem:
    """60 to 150 stops: every fourth order is carried from one place to another, some are brought back, half of the
    vans may come back for a second load, and a fifth of the goods is ready only later in the morning."""
    dice = random.Random(f"day {seed}")
    count = dice.randint(50, 120)
    towns = [(dice.gauss(0, 25_000), dice.gauss(0, 25_000)) for _ in range(6)]
    points = [(0.0, 0.0)] + [_point(dice, towns) for _ in range(2 * count)]
    at = np.array(points)
    metres = np.rint(1.3 * np.hypot(*(at[:, None] - at).transpose(2, 0, 1))).astype(np.int64)
    minutes = np.ceil(metres / METRES_PER_MINUTE).astype(np.int64)
    return Problem(
        name=f"made {seed}",
        places=tuple(str(n) for n in range(len(points))),
        vehicles=tuple(_vehicle(dice, n) for n in range(6 + count // 10)),
        orders=tuple(_order(dice, n, count) for n in range(count)),
        distance_m=(metres,),
        duration=(minutes,),
        measures=(Measure("weight", "kg"), Measure("pallets", "")),
        ticks_per_minute=1,
    )


def _point(dice: random.Random, towns: list[tuple[float, float]]) -> tuple[float, float]:
    x, y = dice.choice(towns)
    return dice.gauss(x, 6_000), dice.gauss(y, 6_000)


def _vehicle(dice: random.Random, number: int) -> Vehicle:
    big = dice.random() < 0.4
    return Vehicle(
        f"{'lorry' if big else 'van'} {number + 1}",
        0,
        0,
        (8_000, 16) if big else (1_300, 5),
        Window(OPEN, CLOSE),
        cost_fixed=60.0 if big else 35.0,
        cost_per_km=0.95 if big else 0.55,
        skills=frozenset({"tail lift"} if big else ()),
        trips=1 if big else dice.choice((1, 2)),
    )


def _order(dice: random.Random, number: int, count: int) -> Order:
    heavy = dice.random() < 0.15
    loads = (dice.randint(300, 1_200), dice.randint(1, 4)) if heavy else (dice.randint(20, 300), 1)
    opens = dice.choice((OPEN, OPEN + 120, OPEN + 240, OPEN + 420))
    window = Window(opens, min(CLOSE, opens + dice.choice((120, 240, 720))))
    stop = Stop(1 + number, dice.randint(5, 25), (window,))
    skills = frozenset({"tail lift"} if heavy and dice.random() < 0.5 else ())
    kind = dice.random()
    if kind < 0.25:
        pickup = Stop(1 + count + number, dice.randint(5, 20), (Window(OPEN, window.closes),))
        return Order(f"{number + 1}", loads, delivery=stop, pickup=pickup, skills=skills)
    if kind < 0.35:
        return Order(f"{number + 1}", loads, pickup=stop, skills=skills)
    ready = dice.choice((0, 0, 0, 0, OPEN + 90))
    return Order(f"{number + 1}", loads, delivery=stop, ready=ready if ready < opens else 0, skills=skills)
