"""What a browser can do, a program can do: every action that a page calls has a route, or a reason why not."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import web.pages
from plantops.core import everything
from web.api import ApiRoute
from web.app import page_packages

LISTED = "its rows are a list of the API"
BOARD = "it lays out a page; the API gives the things on it one by one"
BUTTON = "it says why a button is not there; the API says it when the action is tried"
BROWSER = "passwords, factors, sessions and tokens are for the person at a browser, who shows who they are first"
WITHOUT: dict[str, str] = {
    "plantops.accounts.set_password": BROWSER,
    "plantops.tokens.end": BROWSER,
    "transport.drivers.ready_days": BOARD,
    "plantops.tokens.list_of": BROWSER,
    "plantops.factors.ask_of_roles": BROWSER,
    "plantops.factors.of_account": BROWSER,
    "plantops.factors.reset": BROWSER,
    "plantops.factors.strong_roles": BROWSER,
    "plantops.factors.without_second": BROWSER,
    "housekeeping.boards.ask_codes": "a sheet of codes is printed from the page",
    "housekeeping.boards.photo": "the picture is a file of the API: /files",
    "housekeeping.requests.list_requests": LISTED,
    "housekeeping.workorders.list_work": LISTED,
    "personnel.certificates.list_certificates": LISTED,
    "personnel.employees.list_employees": LISTED,
    "personnel.leave.list_requests": LISTED,
    "personnel.leave.row": LISTED,
    "personnel.leave_decisions.why_not_call_off": BUTTON,
    "personnel.leave_decisions.why_not_now": BUTTON,
    "plantops.import_jobs.work_on": "the job of an import is read as a job",
    "plantops.import_files.one": LISTED,
    "plantops.import_files.receive": "an upload that the page maps; programs send file and map at once",
    "plantops.import_files.sites": "choices of a form; the API has /sites",
    "plantops.import_fixes.handed_back": "a table to mend by hand; programs read the rows and their faults",
    "plantops.import_jobs.ready": BUTTON,
    "plantops.import_templates.template": "a table to fill in by hand",
    "plantops.items.list_items": LISTED,
    "plantops.jobs.overdue": "a number for the page about the machinery; monitoring reads /metrics",
    "plantops.outbox.count": "a number for the page about the machinery; monitoring reads /metrics",
    "plantops.stock.list_moves": LISTED,
    "plantops.stores.list_stores": LISTED,
    "plantops.weekly_archive.indicator": "the definition of a figure stands in the week itself",
    "plantops.weekly_archive.papers": "the papers of a week are files of the API: /files",
    "purchasing.catalogue.list_offers": LISTED,
    "purchasing.catalogue.meant": "it reads what a person typed; a program names the item by its id",
    "purchasing.boards.invoice_sheet": BOARD,
    "purchasing.boards.order_sheet": BOARD,
    "purchasing.boards.order_to_bill": "the order is found in the list of orders by its number",
    "purchasing.boards.receipt_sheet": BOARD,
    "purchasing.boards.requisition_sheet": BOARD,
    "transport.addresses.list_addresses": LISTED,
    "transport.orders.list_orders": LISTED,
    "transport.vehicles.list_vehicles": LISTED,
}


def functions_of(where: Any) -> Iterator[Callable[..., Any]]:
    """The functions with a right that a module's or a function's text names."""
    tree = ast.parse(inspect.getsource(where))
    names = vars(where) if inspect.ismodule(where) else where.__globals__
    for node in ast.walk(tree):
        found = None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found = getattr(names.get(node.value.id), node.attr, None)
        elif isinstance(node, ast.Name):
            found = names.get(node.id)
        if inspect.isfunction(found) and isinstance(getattr(found, "__rights__", None), tuple):
            yield found


def name_of(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__name__}"


def called_by_pages() -> dict[str, set[str]]:
    """Every action that needs a right and that a page names, with the pages that do."""
    found: dict[str, set[str]] = {}
    for module in pkgutil.walk_packages(web.pages.__path__, "web.pages."):
        if not module.name.endswith(".api"):
            for function in functions_of(importlib.import_module(module.name)):
                found.setdefault(name_of(function), set()).add(module.name)
    return found


def reached_by_routes() -> set[str]:
    """Every action that a route calls, by its declaration or through a function of the API file."""
    found: set[str] = set()
    for package in page_packages(everything()):
        for router in package.api:
            for route in router.routes:
                assert isinstance(route, ApiRoute)
                action = getattr(route.endpoint, "action", None) or inspect.unwrap(route.endpoint)
                found.add(name_of(action))
                if action.__module__.startswith("web.pages."):
                    found |= {name_of(each) for each in functions_of(inspect.unwrap(action))}
    return found


def test_every_action_of_a_page_has_a_route_or_a_reason() -> None:
    called, reached = called_by_pages(), reached_by_routes()
    assert len(called) > 200 and "purchasing.orders.issue" in reached
    missing = {name: sorted(pages) for name, pages in called.items() if name not in reached | set(WITHOUT)}
    assert not missing, "\n".join(f"{name}: {pages}" for name, pages in sorted(missing.items()))


@pytest.mark.parametrize("name", WITHOUT)
def test_a_reason_is_for_what_is_there_and_has_no_route(name: str) -> None:
    assert name in called_by_pages() and name not in reached_by_routes()
