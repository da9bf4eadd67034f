"""The best orders of single items, many at once: dynamic programming over weeks and packs ordered so far.

After H. M. Wagner and T. M. Whitin (1958), with whole packs, least quantities, shelf life, safety stock and
shortages; the cost of an order may differ by week, so that limits shared by items can be priced into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from purchasing.optimise.award_model import Minimum
from purchasing.optimise.replenish_model import Item, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEVER = np.inf
CLOSE = 1e-9
CELLS = 24_000  # rows times states that are worked on at a time: they stay in the processor's cache
SPARE = 0.25


def most_packs(item: Item, refuses: bool) -> int:
    """The most packs of an item that are ordered within the horizon."""
    there = item.stock + sum(quantity for _, quantity in item.coming)
    missing = max(0.0, sum(item.demand) + item.safety - there)
    packs = ceil(missing / item.pack - CLOSE)
    if packs == 0:
        return 0
    return packs + max(least_packs(item) - 1, ceil(SPARE * packs) if refuses else 0)


def least_packs(item: Item) -> int:
    return max(1, ceil(item.least / item.pack - CLOSE))


def without_orders(item: Item) -> Floats:
    """Stock at the end of each week when nothing is ordered: below zero is missing."""
    coming = np.zeros(len(item.demand))
    for week, quantity in item.coming:
        if week < len(coming):
            coming[week] += quantity
    return np.asarray(item.stock + np.cumsum(coming) - np.cumsum(np.array(item.demand, float)), float)


def stage_costs(item: Item, stock: Floats) -> Floats:
    """What a stock at the end of a week costs: kept, under the safety stock, or missing."""
    kept = item.holding * np.maximum(stock, 0.0)
    low = item.safety_cost * np.clip(item.safety - stock, 0.0, item.safety)
    return np.asarray(kept + low + item.shortage_cost * np.maximum(-stock, 0.0), float)


@dataclass(frozen=True)
class Group:
    """Items with about as many states. `stage` [items, weeks, states], `highest` [items, weeks]: the most packs in
    all right after an order that week (-1: there can be no order)."""

    items: Ints
    least: Ints
    states: int
    stage: Floats
    highest: Ints


class Lots:
    """The items of a problem, ready to be planned one by one under any prices of ordering."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.weeks = problem, problem.weeks
        suppliers = {one.id: one for one in problem.suppliers}
        refuses = [suppliers[item.supplier].minimum_rule is Minimum.REFUSE for item in problem.items]
        self.most = np.array([most_packs(*pair) for pair in zip(problem.items, refuses, strict=True)], dtype=np.int64)
        self.lead = np.array([suppliers[item.supplier].lead_weeks for item in problem.items])
        self.groups = [self._group(members) for members in self._alike()]
        self.home = {
            int(item): (at, row) for at, group in enumerate(self.groups) for row, item in enumerate(group.items)
        }

    def _alike(self) -> Iterator[list[int]]:
        members: list[int] = []
        for item in np.argsort(self.most, kind="stable"):
            if members and self.most[item] > 1.5 * self.most[members[0]] + 8:
                yield members
                members = []
            members.append(int(item))
        if members:
            yield members

    def _group(self, members: Sequence[int]) -> Group:
        states = int(max(self.most[item] for item in members)) + 1
        stage = np.full((len(members), self.weeks, states), NEVER)
        highest = np.full((len(members), self.weeks), -1, dtype=np.int64)
        for row, number in enumerate(members):
            item, most = self.problem.items[number], int(self.most[number])
            bare = without_orders(item)
            stock = bare[:, None] + item.pack * np.arange(most + 1)[None, :]
            stage[row, :, : most + 1] = stage_costs(item, stock)
            highest[row, self.lead[number] :] = most
            if item.shelf_weeks is not None:
                later = np.concatenate([np.cumsum(np.array(item.demand, float)), np.full(item.shelf_weeks, np.inf)])
                for week in range(int(self.lead[number]), self.weeks):
                    used = later[week + item.shelf_weeks - 1] - later[week]
                    room = (used - bare[week]) / item.pack + CLOSE
                    highest[row, week] = int(min(most, room)) if room >= 0 else -1
        least = np.array([least_packs(self.problem.items[number]) for number in members])
        return Group(np.array(members), least, states, stage, highest)

    def best(self, items: Ints, setup: Floats, each: Floats) -> tuple[Floats, NDArray[np.int32]]:
        """For each row [R] an item with its own prices: `setup` [R, weeks] per order (inf: none that week), `each`
        [R, weeks] per pack. Returns the least costs [R], with stock costs, and the packs that arrive [R, weeks]."""
        costs, packs = np.zeros(len(items)), np.zeros((len(items), self.weeks), np.int32)
        homes = np.array([self.home[int(item)] for item in items])
        for at, group in enumerate(self.groups):
            rows = np.flatnonzero(homes[:, 0] == at)
            step = max(1, CELLS // group.states)
            for first in range(0, len(rows), step):
                some = rows[first : first + step]
                costs[some], packs[some] = _plan(group, homes[some, 1], setup[some], each[some])
        return costs, packs


def _plan(group: Group, members: Ints, setup: Floats, each: Floats) -> tuple[Floats, NDArray[np.int32]]:
    rows, weeks, states = len(members), setup.shape[1], group.states
    number = np.arange(states)
    least, highest = group.least[members], group.highest[members]
    before = number[None, :] - least[:, None]
    possible, before = before >= 0, np.maximum(before, 0)
    value = np.full((rows, states), NEVER)
    value[:, 0] = 0.0
    came_from = np.zeros((weeks, rows, states), np.int32)
    for week in range(weeks):
        came = came_from[week]
        came[:] = number
        if np.isfinite(setup[:, week]).any() and (highest[:, week] >= 0).any():
            price = each[:, week, None] * number[None, :]
            bare = value - price
            floor = np.minimum.accumulate(bare, axis=1)
            origin = np.maximum.accumulate(np.where(bare <= floor, number, 0), axis=1)
            ordered = np.take_along_axis(floor, before, 1) + price + setup[:, week, None]
            allowed = possible & (number[None, :] <= highest[:, week, None])
            better = allowed & (ordered < value)
            value = np.where(better, ordered, value)
            np.copyto(came, np.take_along_axis(origin, before, 1), where=better, casting="unsafe")
        value = value + group.stage[members, week]
    state = np.argmin(value, axis=1)
    every = np.arange(rows)
    costs = value[every, state]
    packs = np.zeros((rows, weeks), np.int32)
    for week in range(weeks - 1, -1, -1):
        origin = came_from[week, every, state]
        packs[:, week] = state - origin
        state = origin
    return costs, packs
