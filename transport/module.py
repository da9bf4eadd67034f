"""The manifest of transport."""

from __future__ import annotations

from sqlalchemy import text

from plantops.events import Absent
from plantops.module import DemoPart, Figure, Invariant, Job, Module, Role
from plantops.sight import RecordSeen
from transport import boards, cards, cli, drivers, jobs, orders, plans, told, vehicles
from transport.events import VehicleTakenOut
from transport.finding import SEARCH
from transport.imports import KINDS
from transport.lists import LISTINGS
from transport.permissions import Can
from transport.reports.stops import COST_PER_STOP, STOPS_ON_TIME

READING = (Can.READ_ORDERS, Can.READ_PLANS, Can.READ_VEHICLES)

ROLES = (
    Role("administrator", "Administrator", tuple(Can)),
    Role("dispatcher", "Dispatcher", tuple(Can)),
    Role("driver", "Driver", (Can.READ_PLANS, Can.READ_ORDERS, Can.READ_VEHICLES, Can.DRIVE)),
    Role("requester", "Requester", (Can.REQUEST,)),
    Role("storekeeper", "Storekeeper", (Can.REQUEST, *READING)),
    Role("receiver", "Receiver", (Can.REQUEST, *READING)),
    Role("facility_manager", "Facility manager", (Can.REQUEST, *READING, Can.MANAGE_VEHICLES)),
    Role("line_manager", "Line manager", (Can.REQUEST, *READING)),
    Role("plant_manager", "Plant manager", (*READING, Can.READ_COSTS)),
    Role("auditor", "Auditor", (*READING, Can.READ_COSTS)),
)

INVARIANTS = (
    Invariant(
        "one published plan per site and day",
        text(
            "SELECT min(id), 'two published plans on ' || day FROM transport_plan WHERE state = 'published'"
            " GROUP BY site_id, day HAVING count(*) > 1"
        ),
    ),
    Invariant(
        "an order stands once in a plan",
        text(
            "SELECT s.order_id, 'order stands twice in plan ' || t.plan_id FROM transport_stop s"
            " JOIN transport_trip t ON t.id = s.trip_id GROUP BY s.order_id, t.plan_id HAVING count(*) > 1"
        ),
    ),
    Invariant(
        "no trip carries more than its vehicle held when it was planned",
        text(
            "SELECT t.id, v.code || ' carries more than it holds' FROM transport_trip t"
            " JOIN transport_vehicle v ON v.id = t.vehicle_id"
            " WHERE t.weight_kg > t.capacity_kg OR t.volume_m3 > t.capacity_m3"
        ),
    ),
    Invariant(
        "a driver drives one vehicle per plan",
        text(
            "SELECT plan_id, 'a driver stands on two trips of plan ' || plan_id FROM transport_trip"
            " WHERE driver_id IS NOT NULL GROUP BY plan_id, driver_id HAVING count(*) > 1"
        ),
    ),
    Invariant(
        "every planned order stands in the published plan of its day",
        text(
            "SELECT o.id, o.number || ' is planned but in no published plan' FROM transport_order o"
            " WHERE o.state = 'planned' AND NOT EXISTS (SELECT FROM transport_stop s"
            " JOIN transport_trip t ON t.id = s.trip_id JOIN transport_plan p ON p.id = t.plan_id"
            " WHERE s.order_id = o.id AND p.state = 'published')"
        ),
    ),
    Invariant(
        "no stop begins after its window ends",
        text(
            "SELECT s.id, o.number || ' is planned after its window' FROM transport_stop s"
            " JOIN transport_order o ON o.id = s.order_id JOIN transport_trip t ON t.id = s.trip_id"
            " JOIN transport_plan p ON p.id = t.plan_id WHERE p.state = 'published'"
            " AND s.starts_minute > o.to_minute + 0.02"
        ),
    ),
)

FIGURES = (
    Figure(
        "transport-orders",
        "Transport orders by state",
        text(
            "SELECT s.code || ' ' || o.state, count(*), 'orders' FROM transport_order o JOIN core_site s"
            " ON s.id = o.site_id WHERE o.day >= :from AND o.day < :to GROUP BY 1 ORDER BY 1"
        ),
    ),
)

MODULE = Module(
    name="transport",
    title="Transport",
    depends=("personnel",),
    after=("purchasing",),
    permissions=Can,
    cli=cli.register,
    roles=ROLES,
    imports=KINDS,
    listings=LISTINGS,
    listens={VehicleTakenOut: (plans.vehicle_taken_out,)},
    answers={Absent: (drivers.warn_of_absence,), RecordSeen: (boards.record_seen,), **cards.ANSWERS},
    jobs={
        "get_ready": Job(jobs.get_ready, "Make the route planner ready", retries=1),
        "plan_anew": Job(jobs.plan_anew, "Plan the rest of a day anew", retries=1, seconds=900),
        "plan_day": Job(jobs.plan_day, "Plan a day", retries=1, seconds=900),
        "print_manifest": Job(jobs.print_manifest, "Print a manifest"),
    },
    search=SEARCH,
    weekly=(STOPS_ON_TIME, COST_PER_STOP),
    figures=FIGURES,
    verify=INVARIANTS,
    due=(vehicles.due,),
    demo=(
        DemoPart(
            "transport",
            "transport.demo:build",
            needs=("personnel.plant",),
            fills=("transport_order", "transport_stop", "transport_trip"),
        ),
        DemoPart("transport.files", "transport.demo:bring_real_days", in_totals=False),
    ),
    documents=told.DOCUMENTS,
    links={
        "transport_order": "/transport/orders/{id}",
        "transport_plan": "/transport/plans/{id}",
        "transport_vehicle": "/transport/vehicles/{id}",
    },
)

KNOWN = (orders,)  # imported for its questions
