"""What the palette finds in housekeeping: requests and work orders."""

from __future__ import annotations

from housekeeping import requests, workorders
from housekeeping.desk_models import Request, WorkOrder
from housekeeping.permissions import Can
from plantops.context import Context, within
from plantops.findable import Findable, Select


@within("requests, filtered by what the person may see")
def request_rows(ctx: Context) -> Select:
    return requests.visible(ctx).with_only_columns(Request.id)


@within("work orders, filtered by what the person may see")
def workorder_rows(ctx: Context) -> Select:
    return workorders.visible(ctx).with_only_columns(WorkOrder.id)


SEARCH = (
    Findable(
        "Request",
        (Can.READ_REQUESTS, Can.REPORT),
        request_rows,
        Request.id,
        "housekeeping_request",
        (Request.number, Request.text),
        detail=Request.text,
        newest_first=True,
    ),
    Findable(
        "Work order",
        (Can.WORK, Can.READ_REQUESTS),
        workorder_rows,
        WorkOrder.id,
        "housekeeping_workorder",
        (WorkOrder.number, WorkOrder.title),
        detail=WorkOrder.title,
        newest_first=True,
    ),
)
