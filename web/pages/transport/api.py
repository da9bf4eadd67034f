"""Transport for programs: the same actions and the same refusals as on the pages."""

from __future__ import annotations

from transport import addresses, boards, drivers, moves, orders, plans, replans, vehicles
from transport.lists import ADDRESSES, ORDERS, VEHICLES
from transport.models import Address, Driver, Order, Plan, Trip, Vehicle, VehicleDocument
from web.resources import Routes, gives, many, view

# --- Orders, from the wish to the signature

ORDER = view(
    Order,
    "id version number site_id day kind address_id what weight_kg volume_m3 pallets articles from_minute to_minute"
    " service_minutes priority state requested_by_id requested_at origin arrived_at done_at signed_by outcome_note",
    called="TransportOrder",
)

moving = Routes("transport-orders")
moving.lists("/transport-orders", ORDERS)
moving("GET /transport-orders/numbers", boards.numbers)
moving("GET /transport-orders/{id}", orders.order, ORDER)
moving("POST /transport-orders", orders.request, ORDER)
moving.acts("/transport-orders/{id}", ORDER, orders.cancel)
moving("GET /trips/mine", boards.my_trip)
moving("POST /stops/{stop_id}/arrive", orders.arrive, ORDER)
moving("POST /stops/{stop_id}/finish", orders.finish, ORDER)

# --- Plans and trips

PLAN = view(
    Plan,
    "id version site_id day state made_by_id made_at seconds_asked status cost bound gap seconds currency note"
    " job_run_id",
)
TRIP = view(Trip, "id plan_id vehicle_id driver_id leaves_minute returns_minute km empty_km cost weight_kg volume_m3")
MOVED = view(moves.Moved, "extra_cost", plan=PLAN)

planning = Routes("plans")
planning("GET /plans", plans.list_plans)
planning("GET /plans/{plan_id}", boards.sheet, PLAN, part="plan")
planning("GET /plans/{plan_id}/trips", boards.sheet, many(boards.TripSheet), part="trips")
planning("POST /plans", plans.ask, PLAN)
planning("POST /plans/{id}/publish", plans.publish, PLAN)
planning("POST /plans/{id}/print-manifest", plans.print_manifest, gives("job_id"))
planning("GET /plans/{plan_id}/orders/{order_id}/offers", moves.offers, many(moves.OfferRow), part="rows")
planning("POST /plans/{plan_id}/orders/{order_id}/move", moves.move, MOVED)
planning("POST /plans/{plan_id}/replan", replans.ask, PLAN)
planning("GET /plans/{plan_id}/difference", replans.difference)
planning("POST /plans/{plan_id}/apply", replans.apply, PLAN)
planning("PUT /trips/{trip_id}/driver", drivers.put_on, TRIP)

# --- Vehicles, drivers and addresses

VEHICLE = view(
    Vehicle,
    "id version site_id code name kind capacity_kg capacity_m3 capacity_pallets cost_fixed cost_per_km cost_per_hour"
    " currency from_minute to_minute licence co2_g_per_km archived",
)
DOCUMENT = view(VehicleDocument, "id vehicle_id title expires_on")
DRIVER = view(Driver, "id version site_id employee_id home_vehicle_id archived")
ADDRESS = view(
    Address, "id version site_id code name latitude longitude gate_note phone is_depot from_minute to_minute"
)

fleet = Routes("vehicles")
fleet.lists("/vehicles", VEHICLES)
fleet("GET /vehicles/{id}", vehicles.vehicle, VEHICLE)
fleet("POST /vehicles", vehicles.add, VEHICLE)
fleet.acts("/vehicles/{id}", VEHICLE, vehicles.take_out, vehicles.bring_back)
fleet("GET /vehicles/{vehicle_id}/documents", vehicles.list_documents, many(DOCUMENT))
fleet("POST /vehicles/{vehicle_id}/documents", vehicles.file_document, DOCUMENT)
fleet("PUT /vehicles/{vehicle_id}/bans/{address_id}", addresses.ban)
fleet("GET /drivers", drivers.list_drivers)
fleet("POST /drivers", drivers.enrol, DRIVER)
fleet.lists("/addresses", ADDRESSES)
fleet("GET /addresses/{id}", addresses.one, ADDRESS)
fleet("POST /addresses", addresses.add, ADDRESS)

ROUTERS = (moving.router, planning.router, fleet.router)
