"""Work for the worker: orders become paper and go to their suppliers."""

from __future__ import annotations

from plantops import documents, files, outbox
from plantops.context import Context, within
from plantops.db import get
from plantops.jobs import Computation, Done, Reporter
from plantops.lifecycle import spoken
from plantops.wording import mark, say
from purchasing import letters, orders
from purchasing.letters import Correspondence
from purchasing.models import Order
from purchasing.models.orders import OrderState
from purchasing.orders import OUT

NO_ADDRESS = mark("printed; the supplier has no mail address, so nothing was sent")


def why_not_send(order: Order, revision: int) -> str | None:
    """Asked before it is printed and again before it is mailed: it may have been cancelled meanwhile."""
    if order.revision != revision:
        return say("a newer revision is on its way")
    if order.state not in (*OUT, OrderState.CLOSED):
        return say("not sent: the order is {state}", state=spoken(order.state))
    return None


@within("a job that issuing an order or a revision puts on the queue")
def send_order(ctx: Context, order_id: int, revision: int) -> Computation[bytes] | Done:
    """Prints with no transaction open; a newer revision meanwhile sends itself."""
    order = ctx.session.get_one(Order, order_id)
    if reason := why_not_send(order, revision):
        return Done(reason)
    paper = letters.paper(ctx, order_id)

    def print_it(_telling: Reporter) -> bytes:
        return documents.pdf(paper)

    def then(later: Context, content: bytes) -> Done:
        return _keep_and_send(later, order_id, revision, content)

    return Computation(print_it, then)


def _keep_and_send(ctx: Context, order_id: int, revision: int, content: bytes) -> Done:
    order = get(ctx.session, orders.visible(ctx.as_system()).where(Order.id == order_id), what="order", lock=True)
    if reason := why_not_send(order, revision):
        return Done(reason)
    name = f"{order.number}-{revision}.pdf" if revision else f"{order.number}.pdf"
    file = files.keep(ctx, name, content)
    files.attach(ctx, orders.origin(order), file.id)
    order.file_id = file.id
    ctx.session.flush()
    to = letters.correspondence(ctx, order_id)
    if to.address is None:
        return Done(say(NO_ADDRESS))
    return _write(ctx, to, letters.order_mail(to), (file.id,))


@within("a job that chasing puts on the queue")
def send_reminder(ctx: Context, order_id: int) -> Done:
    to = letters.correspondence(ctx, order_id)
    return _write(ctx, to, letters.reminder_mail(to))


@within("a job that cancelling an issued order puts on the queue")
def send_cancellation(ctx: Context, order_id: int) -> Done:
    to = letters.correspondence(ctx, order_id)
    return _write(ctx, to, letters.cancellation_mail(to))


def _write(ctx: Context, to: Correspondence, words: tuple[str, str], file_ids: tuple[int, ...] = ()) -> Done:
    if to.address is None:
        return Done(say("the supplier has no mail address: tell them by telephone"))
    outbox.write(
        ctx,
        to=to.address,
        to_name=to.supplier,
        reply_to=to.buyer_email,
        subject=words[0],
        text=words[1],
        origin=orders.origin(to.order),
        file_ids=file_ids,
    )
    return Done(say("a mail to {address} waits to be sent", address=to.address))
