"""Transport orders from a file: the address comes with the order and is made once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import sqlalchemy as sa

from plantops.context import Context, within
from plantops.errors import Conflict
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Row
from plantops.places import sort_key
from plantops.wording import plural, say
from transport import orders
from transport.models import Address, Banned, Order, OrderState, Road, Stop
from transport.permissions import Can

ZERO, DAY = Decimal(0), Decimal(2880)


def counted(articles: Decimal) -> str:
    """`6 articles`, also where the file says 6.0."""
    return plural("{shown} article", "{shown} articles", articles, shown=f"{articles.normalize():f}")


def rule(row: Row) -> Iterator[tuple[str, str]]:
    """What cannot be seen by looking at one cell."""
    opens, closes = row.whole("from_minute"), row.whole("to_minute")
    if opens is not None and closes is not None and closes < opens:
        yield "to_minute", say("the window ends before it begins")


@within("an import that the person may run")
def load(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """A chunk of orders, and the addresses that are new with them."""
    assert run.site_id is not None
    found = _addresses(ctx, run, rows)
    wanted = [_order(run.site_id, found[str(row.text("address_code"))], row) for row in rows]
    made = orders.request_many(ctx, wanted, import_id=run.id)
    return Loaded(made={row.number: order.id for row, order in zip(rows, made, strict=True)})


def _order(site_id: int, address_id: int, row: Row) -> orders.NewOrder:
    day = row.day("day")
    assert day is not None
    return orders.NewOrder(
        site_id=site_id,
        day=day,
        address_id=address_id,
        what=row.text("what") or counted(row.decimal("articles") or Decimal(0)),
        weight_kg=row.decimal("weight_kg") or ZERO,
        volume_m3=row.decimal("volume_m3") or ZERO,
        from_minute=row.whole("from_minute") or 0,
        to_minute=row.whole("to_minute") or 1440,
        service_minutes=row.decimal("service_minutes") or ZERO,
        articles=row.decimal("articles"),
        origin=row.text("origin") or "",
    )


def _addresses(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> dict[str, int]:
    """Address code -> id; the ones that are not there yet are made from their first row."""
    codes = {str(row.text("address_code")) for row in rows}
    query = sa.select(Address.code, Address.id).where(Address.site_id == run.site_id, Address.code.in_(codes))
    known = {row.code: row.id for row in ctx.session.execute(query)}
    for row in rows:
        code = str(row.text("address_code"))
        if code in known:
            continue
        name = row.text("address_name") or say("Customer {code}", code=code)
        new = Address(
            site_id=run.site_id,
            code=code,
            name=name,
            sort_key=sort_key(name),
            latitude=row.decimal("latitude"),
            longitude=row.decimal("longitude"),
            import_id=run.id,
        )
        ctx.session.add(new)
        ctx.session.flush()
        known[code] = new.id
    return known


@within("an import that the person may undo")
def undo(ctx: Context, run: ImportRun) -> None:
    """Takes back the orders, and the addresses that nothing else uses. Planned or driven orders stay where they are."""
    mine = sa.select(Order).where(Order.import_id == run.id).with_for_update()
    found = ctx.session.scalars(mine.execution_options(populate_existing=True)).all()
    ids = [order.id for order in found]
    planned = ctx.session.scalar(sa.select(sa.func.count()).select_from(Stop).where(Stop.order_id.in_(ids)))
    if planned or any(order.state is not OrderState.REQUESTED for order in found):
        raise Conflict(
            say("Some of these orders are in plans or on the road already. Cancel them one by one instead of undoing.")
        )
    ctx.session.execute(sa.delete(Order).where(Order.import_id == run.id))
    used = sa.select(Order.address_id)
    unused = sa.select(Address.id).where(Address.import_id == run.id, Address.id.not_in(used))
    doomed = ctx.session.scalars(unused).all()
    ctx.session.execute(sa.delete(Road).where(sa.or_(Road.from_id.in_(doomed), Road.to_id.in_(doomed))))
    ctx.session.execute(sa.delete(Banned).where(Banned.address_id.in_(doomed)))
    ctx.session.execute(sa.delete(Address).where(Address.id.in_(doomed)))


def number(name: str, title: str, *, most: Decimal, decimals: int | None = None, required: bool = True) -> Column:
    return Column(name, title, Holds.NUMBER, required, decimals=decimals, at_least=ZERO, at_most=most)


ORDERS = ImportKind(
    name="transport-orders",
    title="Transport orders",
    permission=Can.IMPORT,
    columns=(
        Column("day", "Day", Holds.DAY),
        Column("address_code", "Address code", longest=60),
        Column("address_name", "Address", required=False, longest=200),
        Column("latitude", "Latitude", Holds.NUMBER, at_least=Decimal(-90), at_most=Decimal(90)),
        Column("longitude", "Longitude", Holds.NUMBER, at_least=Decimal(-180), at_most=Decimal(180)),
        Column("from_minute", "Window from (minute of the day)", Holds.WHOLE, at_least=ZERO, at_most=DAY),
        Column("to_minute", "Window to (minute of the day)", Holds.WHOLE, at_least=ZERO, at_most=DAY),
        # Measured values are kept to a milligramme, a millilitre and 0.1 m; finer digits are noise of the source.
        number("weight_kg", "Weight kg", most=orders.HEAVIEST_KG),
        number("volume_m3", "Volume m3", most=orders.LARGEST_M3),
        number("service_minutes", "Minutes at the stop", most=Decimal(1440), decimals=3),
        number("articles", "Articles", most=Decimal(1_000_000), decimals=3, required=False),
        Column("what", "What", required=False, longest=200),
        Column("origin", "Origin", required=False, longest=100),
    ),
    load=load,
    undo=undo,
    rule=rule,
)
