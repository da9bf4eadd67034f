"""A small plant with one of each document in it, and where each stands: for tests that walk every page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image

from housekeeping import requests, rosters, workorders
from housekeeping.lists import REQUESTS
from housekeeping.requests import NewRequest
from housekeeping.workorders import NewWork
from personnel import absences, certificates, cover, incidents, leave
from personnel.absences import NewAbsence
from personnel.certificates import NewCertificate
from personnel.incidents import NewIncident
from personnel.leave_days import Asked
from personnel.models import IncidentKind
from plantops import bulk_actions, import_files, imports, outbox, places, webhooks, weekly_book
from plantops import files as stored
from plantops.context import Context
from plantops.events import StockReceived
from plantops.places import Kind
from plantops.webhooks import WebhookFacts
from tests.browser import Client, Served
from tests.housekeeping import making as cleaning
from tests.housekeeping import touring
from tests.housekeeping.making import Crew
from tests.transport import making as driving
from tests.web import test_purchasing_pages as purchasing
from transport import drivers, orders, plans, vehicles
from transport.orders import NewOrder
from web import session

ROLES = (
    "requester,buyer,approver,receiver,accounts_payable,hr,line_manager,dispatcher,driver,facility_manager,crew_lead,"
    "cleaner,storekeeper,plant_manager,auditor,administrator"
)
LOGIN = "eva"
WEEK, FIGURE = "2026-W47", "personnel.injuries"
Paths = dict[str, tuple[str, ...]]


def picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "orange").save(buffer, "JPEG")
    return buffer.getvalue()


@contextmanager
def entering(served: Served) -> Iterator[purchasing.Enter]:
    """`enter("buyer")` as the fixture `client`, but for as long as a whole file of tests."""
    with ExitStack() as opened:

        def enter(as_: str = "", login: str | None = None) -> Client:
            http = opened.enter_context(httpx.Client(base_url=served.url, timeout=20))
            token = served.token(as_, login) if as_ else ""
            http.cookies.set(session.cookie_name(served.house.settings), token)
            return Client(served, http, token)

        yield enter


def build(served: Served, folder: Path, shop: purchasing.Shop) -> Paths:
    """Eva, who holds every role, works here, leads two people and drives a van; the routes with an id, and real ids."""
    served.person(ROLES, LOGIN)
    served.person("employee", "zoe")
    eva = served.logins[LOGIN]
    with served.house.acting() as ctx:
        crew = cleaning.crew(ctx)
        boss = crew.office.hire("Eva Every", user_id=eva, department_id=crew.department_id, entitled=True).id
        team = [crew.office.hire(name, manager_id=boss, entitled=True).id for name in ("Ada Anvil", "Eve Edge")]
        own = as_eva(served, ctx)
        found = (
            people_of(ctx, own, crew, team)
            | facility_of(ctx, own, crew)
            | transport_of(ctx, boss)
            | core_of(ctx, own, folder, served.logins["zoe"])
        )
    with entering(served) as enter:
        bought = purchasing_of(enter, shop)
        return found | bought | stock_of(enter(ROLES, LOGIN))


def as_eva(served: Served, ctx: Context) -> Context:
    """The same transaction in Eva's name, for what must be hers."""
    return served.house.context(ctx.session, served.logins[LOGIN])


def people_of(ctx: Context, own: Context, crew: Crew, team: list[int]) -> Paths:
    office, (ada, eve) = crew.office, team
    cover.add_need(ctx, office.site_id, office.department_id, 2)
    licence = certificates.add_type(ctx, "FORK", "Forklift licence", validity_months=12)
    held = certificates.record(ctx, NewCertificate(ada, licence.id, date(2025, 12, 8)))
    absences.report(ctx, NewAbsence(eve, ctx.today, reason="influenza"))
    days = Asked(date(2026, 12, 7), date(2026, 12, 11))
    asked = leave.ask(ctx, ada, office.vacation_id, days, "The boat must come out of the water.")
    mine = leave.ask(own, crew.office.people["Eva Every"], office.vacation_id, days)
    hurt = NewIncident(office.site_id, IncidentKind.INJURY, ctx.today, "A pallet fell on a foot.", ada)
    incident = incidents.report(ctx, hurt)
    return {
        "/personnel/employees/{id}": tuple(f"/personnel/employees/{id}" for id in (ada, eve)),
        "/personnel/leave/{id}": (f"/personnel/leave/{asked.id}", f"/personnel/leave/{mine.id}"),
        "/personnel/certificates/{id}": (f"/personnel/certificates/{held.id}",),
        "/personnel/incidents/{id}": (f"/personnel/incidents/{incident.id}",),
    }


def facility_of(ctx: Context, own: Context, crew: Crew) -> Paths:
    hall = places.add_place(ctx, crew.site_id, "H7", "Hall 7", Kind.BUILDING)
    new = NewRequest("Water and drains", "The tap drips.", hall.id)
    by_code = requests.report_at(ctx, hall.token, new, ("tap.jpg", picture()))
    request = requests.report(own, crew.site_id, new)
    taken = requests.report(own, crew.site_id, NewRequest("Electricity and light", "A lamp is dark.", hall.id))
    work = workorders.open_for(ctx, taken.id, NewWork("Change the lamp", tasks=("Switch off", "Change it")))
    week = cleaning.proposal(ctx, crew, cleaning.whole_week(crew))
    rosters.publish(ctx, week.id, week.version)
    newer = cleaning.proposal(ctx, crew, dict.fromkeys(cleaning.whole_week(crew), crew.people[1:2]))
    ids = by_code.id, request.id, taken.id
    return {
        "/r/{place_token}": (f"/r/{hall.token}",),
        "/r/status/{token}": (f"/r/status/{by_code.token}",),
        "/housekeeping/requests/{id}": tuple(f"/housekeeping/requests/{id}" for id in ids),
        "/housekeeping/workorders/{id}": (f"/housekeeping/workorders/{work.id}",),
        "/housekeeping/rounds/{id}": (f"/housekeeping/rounds/{touring.planned(ctx).id}",),
        "/housekeeping/rosters/{id}": (f"/housekeeping/rosters/{week.id}", f"/housekeeping/rosters/{newer.id}"),
    }


def transport_of(ctx: Context, driver: int) -> Paths:
    van, spare = driving.van(ctx), driving.van(ctx, "VAN-2")
    vehicles.file_document(ctx, van.id, van.version, "Inspection", date(2026, 12, 1))
    vehicles.take_out(ctx, spare.id, spare.version, "Gearbox", date(2026, 11, 20))
    driving.address(ctx, "DEPOT", "49.60", "6.10", is_depot=True)
    stops = [driving.address(ctx, f"C{n}", f"49.6{n}", f"6.1{n}") for n in range(1, 4)]
    today = [orders.request(ctx, NewOrder(van.site_id, ctx.today, where.id, "Boxes", Decimal(100))) for where in stops]
    plan = driving.draft(ctx, van, today, ctx.today)
    drivers.put_on(ctx, plan.trips[0].id, plan.version, drivers.enrol(ctx, van.site_id, driver, van.id).id)
    plans.publish(ctx, plan.id, plan.version)
    later = driving.order(ctx, stops[0])
    draft, other = driving.draft(ctx, van, [later]), driving.draft(ctx, van, [later])
    return {
        "/transport/plans/{id}": (f"/transport/plans/{plan.id}", f"/transport/plans/{draft.id}"),
        "/transport/plans/{id}/anew": (f"/transport/plans/{other.id}/anew", f"/transport/plans/{plan.id}/anew"),
        "/transport/plans/{id}/move/{order_id}": (f"/transport/plans/{other.id}/move/{later.id}",),
        "/transport/orders/{id}": (f"/transport/orders/{today[0].id}", f"/transport/orders/{later.id}"),
        "/transport/vehicles/{id}": (f"/transport/vehicles/{van.id}", f"/transport/vehicles/{spare.id}"),
    }


def core_of(ctx: Context, own: Context, folder: Path, somebody: int) -> Paths:
    """A mail, a job, an import with refused rows, a week that is made, an account."""
    mail = outbox.write(ctx, to="a@b.example", subject="Order 17", text="Dear all", origin=f"core_user:{own.user.id}")
    weekly_book.make_week(ctx, WEEK)
    hook = webhooks.subscribe(
        ctx, WebhookFacts("Partner", "https://partner.example/plantops", ("core.stock_received",))
    )
    ctx.emit(StockReceived(1, 1, Decimal(2), "core_store:1"))
    told = ctx.session.scalars(webhooks.visible_deliveries(ctx)).first()
    assert told is not None
    with absent(folder).open("rb") as file:
        brought = import_files.receive(
            ctx, "absences", "absences.csv", stored.lay_down(ctx.settings, file), absence_map()
        )
    run = imports.read(ctx, brought.id)
    return {
        "/admin/users/{id}": (f"/admin/users/{somebody}",),
        "/admin/mails/{id}": (f"/admin/mails/{mail.id}",),
        "/admin/imports/{id}": (f"/admin/imports/{run.id}",),
        "/admin/imports/{id}/rows/{number}": (f"/admin/imports/{run.id}/rows/2",),
        "/admin/webhooks/{id}": (f"/admin/webhooks/{hook.id}",),
        "/admin/webhook-deliveries/{id}": (f"/admin/webhook-deliveries/{told.id}",),
        "/lists/{name}/print": ("/lists/core.stock/print",),
        "/lists/{name}/bulk/{key}": ("/lists/housekeeping.requests/bulk/accept?all=yes&back=/housekeeping/requests",),
        "/lists/bulk/{run}": (f"/lists/bulk/{many(own)}",),
        "/lists/{name}/views": ("/lists/core.stock/views?back=/stock",),
        "/jobs/{id}": (f"/jobs/{own.enqueue('core.seal_audit')}",),
        "/weekly/{week}": (f"/weekly/{WEEK}", "/weekly/2026-W40"),
        "/weekly/{week}/{key}": (f"/weekly/{WEEK}/{FIGURE}", f"/weekly/{WEEK}/personnel.cover"),
    }


def many(own: Context) -> int:
    """Requests that wait to be accepted together."""
    accept = bulk_actions.action_of(REQUESTS, "accept")
    return bulk_actions.begin(own, REQUESTS, accept, ((1, 1),), back="/housekeeping/requests")


def absent(folder: Path) -> Path:
    """A file of absences in which nobody is known: each row is refused with its reason."""
    path = folder / "absences.csv"
    with as_file(files("personnel.demo").joinpath("data", "absenteeism_at_work.csv")) as real:
        path.write_text("\n".join(real.read_text(encoding="utf-8").splitlines()[:12]), encoding="utf-8")
    return path


def absence_map() -> str:
    text = files("personnel.demo").joinpath("maps", "absenteeism.toml").read_text(encoding="utf-8")
    return text.replace('site = "SAM"', 'site = "VER"')


def purchasing_of(enter: purchasing.Enter, shop: purchasing.Shop) -> Paths:
    """An order on its way, one received and billed, and requisitions of each kind."""
    draft = purchasing.drafted(enter(ROLES, LOGIN), shop, 75)
    asked = purchasing.asked(enter("requester,storekeeper", "rita"), shop, 80)
    waiting = purchasing.ordered(enter, shop, 100)
    out = purchasing.ordered(enter, shop, 90)
    receipt = purchasing.received(enter, out, "LS-1")
    payable = enter("accounts_payable")
    number = purchasing.number_of(payable, out)
    bill = purchasing.went(
        payable.submit(f"/purchasing/invoices/new?order={number}", "bill", supplier_number="R-1", stated_gross="900.00")
    )
    dearer = {"lines.0.quantity": 900}
    changed = purchasing.ordered(enter, shop, 70)
    revision = purchasing.went(
        enter("buyer").submit(f"/purchasing/orders/{changed}/revise", "revise", reason="One more shift", **dearer)
    )
    receiver = enter("receiver,storekeeper", "remo")
    parked = purchasing.went(receiver.submit("/purchasing/unknown/new", "park", sender="Kessling?", text="43 boxes"))
    return {
        "/purchasing/requisitions/{id}": (asked,),
        "/purchasing/requisitions/{id}/head": (f"{draft}/head",),
        "/purchasing/revisions/{id}": (revision,),
        "/purchasing/unknown/{id}": (parked,),
        "/purchasing/unknown/{id}/order/{order_id}": (f"{parked}/order/{waiting}",),
        "/purchasing/orders/{id}": (f"/purchasing/orders/{waiting}", f"/purchasing/orders/{out}"),
        "/purchasing/receive/{order_id}": (f"/purchasing/receive/{waiting}",),
        "/purchasing/receipts/{id}": (receipt,),
        "/purchasing/invoices/{id}": (bill,),
        "/purchasing/suppliers/{id}": (f"/purchasing/suppliers/{shop.supplier_id}",),
    }


def stock_of(eva: Client) -> Paths:
    """What the receipt left in the store: the first row of each list."""
    lists = {"/stock/{id}": "/stock", "/stock/moves/{id}": "/stock/moves", "/stores/{id}": "/stores",
             "/items/{id}": "/items", "/parties/{id}": "/parties"}  # fmt: skip
    return {path: (str(eva.page(where).xpath("//tr/@data-row")[0]),) for path, where in lists.items()}
