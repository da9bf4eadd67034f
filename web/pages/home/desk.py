"""My desk: favourites, what was opened last, and what I want of keys and mails."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import desk
from plantops.wording import say
from web.page import Context, Form, back, pages_router, parts, render, see
from web.visit import Toast

router = pages_router()


@router.get("/desk")
def show(ctx: Context) -> Response:
    return render(ctx, "home/desk.html")


@router.post("/desk/favourites")
def mark(ctx: Context, form: Form) -> Response:
    url, title = form.text("url"), form.text("title")
    if form.text("on") == "no":
        desk.unmark(ctx, url)
        return back(ctx, "/desk", say("No favourite any more."))
    desk.mark(ctx, url, title)
    return back(ctx, "/desk", say("{title} is among your favourites.", title=title))


@router.post("/desk/forget")
def forget(ctx: Context) -> Response:
    desk.forget_opened(ctx)
    return see(ctx, "/desk", say("Forgotten."))


@router.post("/desk/keys")
def keys(ctx: Context, form: Form) -> Response:
    on = form.text("on") == "yes"
    desk.choose(ctx, single_keys=on)
    said = say("Single keys are shortcuts.") if on else say("Single keys are no shortcuts any more.")
    if form.text("stay"):  # from the help, on whatever page it was opened
        return parts(ctx, ("#toasts", "toast", "beforeend"), toast=Toast(said))
    return see(ctx, "/desk", said)


@router.post("/desk/mail")
def mail(ctx: Context, form: Form) -> Response:
    on = form.text("on") == "yes"
    desk.choose(ctx, digest=on)
    return see(ctx, "/desk", say("One mail a day tells what waits.") if on else say("No daily mail any more."))
