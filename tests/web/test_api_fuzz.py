"""Programs send what nobody thought of: no call breaks, and no answer differs from what the description says."""

from __future__ import annotations

import random
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from plantops import tokens
from tests.browser import Served
from tests.web import world
from tests.web.test_purchasing_pages import Shop, shop
from tests.web.world import LOGIN, ROLES

__all__ = ["shop"]
pytestmark = pytest.mark.db

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MOST_IDS = 9
"""Everything in the small plant has a number up to this one."""
SEED = 20261123
PATIENCE = 60
"""Seconds after which a call counts as one that hangs."""


@pytest.fixture(scope="module")
def described(served: Served, shop: Shop) -> dict[str, Any]:
    """The description of the API of a small plant."""
    described: dict[str, Any] = requests.get(f"{served.url}/api/v1/openapi.json", timeout=PATIENCE).json()
    return described


@pytest.fixture(scope="module")
def session(served: Served, described: dict[str, Any]) -> requests.Session:
    """A program with the rights of Eva, who may do everything."""
    served.person(ROLES, LOGIN)
    with served.house.acting() as ctx:
        token = tokens.add(ctx, served.logins[LOGIN], "*")
    program = requests.Session()
    program.headers["Authorization"] = f"Bearer {token}"
    return program


def known(value: Any, chance: random.Random, name: str = "") -> Any:
    """Numbers of things are mostly those of things that are there; the rest stays as wild as it came."""
    if isinstance(value, dict):
        return {key: known(one, chance, key) for key, one in value.items()}
    if isinstance(value, list):
        return [known(one, chance, name) for one in value]
    if name.endswith("id") and isinstance(value, int) and not isinstance(value, bool) and chance.random() < 0.8:
        return chance.randint(1, MOST_IDS)
    return value


def aim(case: Any, chance: random.Random) -> None:
    """Most calls are aimed at what is there, with its version, so that they come further than the door."""
    case.path_parameters = {name: known(value, chance, name) for name, value in (case.path_parameters or {}).items()}
    if isinstance(case.body, (dict, list)):
        case.body = known(case.body, chance)
    if case.headers is not None and case.method.upper() != "GET" and chance.random() < 0.9:
        case.headers["if-match"] = f'"{chance.randint(1, 3)}"'


def broken(described: dict[str, Any], session: requests.Session, url: str, examples: int, every: int = 1) -> list[str]:
    """What broke, one line a call."""
    found: list[str] = []
    chance = random.Random(SEED)
    operations = [result.ok() for result in schemathesis.openapi.from_dict(described).get_all_operations()]
    assert len(operations) > 250
    for operation in operations[::every]:

        @seed(SEED)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            aim(case, chance)
            try:
                answer = case.call(base_url=url, session=session, timeout=PATIENCE)
            except requests.Timeout:
                found.append(f"{case.method} {case.formatted_path}: no answer within {PATIENCE} s {case.body!r:.200}")
                return
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as group:  # all of them are told at once
                said = " ".join(" ".join(map(str, group.exceptions)).split())[:600]
                found.append(f"{case.method} {case.formatted_path} {answer.status_code} {case.body!r:.200}: {said}")

        call()
    return found


def test_no_call_breaks(described: dict[str, Any], session: requests.Session, served: Served) -> None:
    """The short form: one call of every twelfth kind."""
    found = broken(described, session, served.url, 1, every=12)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.fuzz
def test_no_call_breaks_in_many_tries(
    described: dict[str, Any],
    session: requests.Session,
    served: Served,
    shop: Shop,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Calls of every kind, on a plant with one of each document in it."""
    world.build(served, tmp_path_factory.mktemp("world"), shop)
    found = broken(described, session, served.url, 40)
    assert not found, "\n".join(found)
