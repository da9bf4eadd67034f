"""The pages of the floor: what the product's pages say, written by hand with format strings."""
# ruff: noqa: E501  markup reads better unbroken

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from secrets import token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from tests.bench.floor_record import WAITS, record
from web import assets

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HERE = "/purchasing/orders"
TONES = {"closed": "ok", "approved": "ok"}
ICONS = assets.address_of("icons.svg")
SIGN = f'<svg class="icon" aria-hidden="true"><use href="{ICONS}#%s"></use></svg>'


@dataclass(frozen=True)
class Person:
    """Who looks: with the rights and the menu that follow from the roles."""

    id: int
    login: str
    name: str
    titles: str
    rights: frozenset[str]
    sites: tuple[int, ...] | None
    zone: ZoneInfo
    csrf: str


def day(value: date) -> str:
    return f"{value.day}\u00a0{MONTHS[value.month - 1]}\u00a0{value.year}"


def number(value: Decimal) -> str:
    text = f"{value:,.6f}"
    return text.rstrip("0").rstrip(".")


def price(value: Decimal) -> str:
    text = f"{value:,.6f}".rstrip("0")
    return text + "0" * (2 - len(text.split(".")[1]))


def words(state: str) -> str:
    text = state.replace("_", " ")
    return text[:1].upper() + text[1:]


def pill(state: str) -> str:
    return f'<span class="pill tone-{TONES.get(state, "plain")}">{words(state)}</span>'


def sign(name: str) -> str:
    return SIGN % name


# --- The shell


def head() -> str:
    scripts = ("vendor/htmx-4.0.1.min.js", "vendor/hx-sse-4.0.1.min.js", "app.js", "fields.js", "keys.js")
    styles = ("vendor/bootstrap-5.3.9.min.css", "app.css")
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="description" content="plantops: purchasing, transport, housekeeping and personnel of a plant">',
            "<title>%s · plantops</title>",
            '<meta name="htmx-config" content=\'{"includeIndicatorCSS": false, "defaultSwap": "none"}\'>',
            f'<link rel="icon" href="{assets.address_of("icon.svg")}" type="image/svg+xml">',
            *(f'<link rel="stylesheet" href="{assets.address_of(name)}">' for name in styles),
            f'<script src="{assets.address_of("theme.js")}"></script>',
            *(f'<script src="{assets.address_of(name)}" defer></script>' for name in scripts),
            "</head>\n",
        )
    )


HEAD = head()
TOP = (
    '<body hx-headers:inherited=\'{"X-CSRF-Token": "%(csrf)s"}\' data-user="%(login)s">\n'
    '<a class="skip" href="#main">To the content</a>\n<header class="topbar no-print">\n'
    f'<button class="tool for-phone" type="button" popovertarget="menu" aria-label="Menu">{sign("menu-2")}</button>\n'
    f'<a class="brand" href="/">{sign("building-factory-2")} <span>plantops</span></a>\n<span class="push"></span>\n'
    f'<a class="tool" href="/find" data-opens="palette" aria-label="Find">{sign("search")}<span class="for-desk muted">'
    f'Ctrl K</span></a><a class="tool" href="/bell" aria-label="Bell">{sign("bell")}</a>\n'
    f'<button class="tool for-desk" type="button" data-opens="shortcuts" aria-label="Keyboard shortcuts">{sign("keyboard")}'
    f'</button>\n<button class="tool" type="button" data-switch="theme" aria-label="Light or dark">{sign("moon")}</button>\n'
    '<button class="tool" type="button" popovertarget="me" aria-label="%(name)s: account">'
    f'{sign("user")}<span class="for-desk">%(name)s</span></button>\n<div class="menu" id="me" popover>\n'
    '<p class="px-2 pt-1 mb-1"><strong>%(name)s</strong><br><span class="muted">%(titles)s</span></p>\n<hr>\n'
    f'<a href="/desk">{sign("adjustments")} My desk</a>\n<a href="/account">{sign("key")} Password and sessions</a>\n<form action="/logout" method="post" data-forgets>'
    f'<input type="hidden" name="_csrf" value="%(csrf)s"><button>{sign("logout")} Sign out</button></form>\n</div>\n'
    '</header>\n<div class="shell">\n<nav class="side no-print" id="menu" popover aria-label="Main">\n'
    '<button class="tool for-phone" type="button" popovertarget="menu" popovertargetaction="hide">'
    f"{sign('x')} Close</button>\n"
)
KEYS = (
    ("Ctrl K", "Find a page, a record, or something to do"), ("Ctrl Enter", "Send the form"), ("Esc", "Close"),
    ("/", "To the search field"), ("j k", "Next and previous row"), ("Enter", "Open the row"), ("x", "Pick the row"),
    ("e", "Change the row or the page"), ("F2", "Change a cell of the row"), ("m", "Move the card of a board"),
    ("?", "This help"), ("g b", "Bell"),
)  # fmt: skip
GOES = "<!-- where a g leads -->"
FOOT = (
    '</main>\n</div>\n<dialog id="palette" class="palette-box" aria-label="Find"><div class="panel">\n'
    '<form class="palette" action="/find" method="get" role="search"><input class="form-control" type="search" name="q">'
    '</form>\n<div id="found" data-for=""></div>\n<p class="muted mb-0 for-desk"><kbd>↑</kbd> <kbd>↓</kbd> choose ·'
    ' <kbd>Enter</kbd> open · <kbd>Esc</kbd> close</p>\n</div></dialog>\n<dialog id="shortcuts" aria-labelledby="shortcuts-title"><div class="panel">\n'
    '<h2 id="shortcuts-title">Keyboard shortcuts</h2>\n<table class="dense mb-3"><tbody>\n'
    + "".join(f'<tr><th scope="row"><kbd>{keys}</kbd></th><td>{what}</td></tr>\n' for keys, what in KEYS)
    + GOES
    + '</tbody></table>\n<div class="form-check mb-3"><input class="form-check-input" type="checkbox" id="single-keys" '
    'data-switch="keys" checked><label class="form-check-label" for="single-keys">Single keys work as shortcuts</label>'
    '</div>\n<form method="dialog"><button class="btn btn-primary">Close</button></form>\n</div></dialog>\n'
    '<div id="toasts" role="status" aria-live="polite">\n</div>\n<dialog id="ask" aria-labelledby="ask-text">'
    '<form method="dialog" class="stack">\n<h2 id="ask-text"></h2>\n<div class="buttons"><button class="btn btn-primary"'
    ' value="yes">Yes, do it</button><button class="btn btn-plain" value="no">No, go back</button></div>\n</form>'
    "</dialog>\n" + WAITS + "</body>\n</html>\n"
)
Menu = Sequence[tuple[str, Sequence[tuple[str, str, str, frozenset[str], str]]]]
"""Sections of (title, address, icon, rights, key), as the page packages of the product offer them."""


def shell(person: Person, menu: Menu, title: str, crumbs: str, main: str) -> str:
    known = {"csrf": person.csrf, "login": person.login, "name": escape(person.name), "titles": escape(person.titles)}
    parts, goes = [HEAD % escape(title), TOP % known], ""
    for section, entries in menu:
        shown = [one for one in entries if not one[3] or one[3] & person.rights]
        if shown:
            parts.append(f"<h2>{section}</h2><ul>\n" if section else "<ul>\n")
            for name, url, icon, _, key in shown:
                current = ' aria-current="page"' if url == HERE else ""
                goes += f'<tr><th scope="row"><kbd>g {key}</kbd></th><td>{name}</td></tr>\n' if key else ""
                parts.append(f'<li><a href="{url}"{current}>{sign(icon)} {name}</a></li>\n')
            parts.append("</ul>\n")
    parts.append(
        '</nav>\n<main id="main" class="main" tabindex="-1">\n<nav aria-label="Where you are" class="no-print">'
    )
    parts.append(
        f'<ol class="crumbs">\n<li><a href="/">Home</a></li>\n{crumbs}</ol></nav>\n{main}{FOOT.replace(GOES, goes)}'
    )
    return "".join(parts)


# --- The list

TABS = (
    ("Open", "?state=issued%2Cacknowledged"), ("Late", "?late=yes"), ("Drafts", "?state=draft"),
    ("Waiting for approval", "?state=pending_approval"), ("To be sent", "?state=approved"), ("All", ""),
)  # fmt: skip
STATES = ("draft", "pending_approval", "approved", "issued", "acknowledged", "closed", "cancelled")
COLUMNS = (
    ("number", "Number", ""), ("supplier", "Supplier", ""), ("ordered_on", "Ordered", ""),
    ("total", "Total", ' class="num"'), ("late", "Late", ""), ("on_hold", "On hold", ""), ("state", "State", ""),
)  # fmt: skip
CHOICES = "".join(
    f'<label class="choice"><input class="form-check-input" type="checkbox" name="columns" value="{key}" checked> {name}'
    "</label>\n"
    for key, name, _ in COLUMNS
)
COPIES = "".join(
    f'<li><a href="/lists/purchasing.orders/{file}">{label}</a></li>'
    for file, label in (("export.csv", "CSV"), ("export.xlsx", "Excel"), ("print", "Print"))
)
FOLD = (
    '<details class="facet" data-fold><summary class="btn btn-plain btn-sm"><span class="tool-name">%s</span></summary>'
)
TOOLS = (
    f'<div class="list-tools">\n{FOLD % "Views"}\n<div class="options">\n<ul class="plain">\n<li><a href="{HERE}?view=0"'
    ' aria-current="true"><span>Everything</span></a></li>\n</ul>\n<div class="fold-foot">\n<button class="btn btn-plain'
    ' btn-sm" type="button" data-opens="list-save-view-dialog" aria-haspopup="dialog">Save this view</button>\n</div>\n'
    f'</div></details>\n{FOLD % "Columns"}\n<div class="options">\n<form id="list-columns" method="post">\n{CHOICES}'
    '<div class="row-of"><button class="btn btn-primary btn-sm">Show these</button><button class="btn btn-plain btn-sm">'
    f'Show all</button></div>\n</form></div></details>\n{FOLD % "Group"}\n<ul class="options">\n'
    + "".join(
        f'<li><a href="{HERE}?group={name}">By {name}</a></li>\n'
        for name in ("supplier", "ordered", "late", "on hold", "state")
    )
    + f'</ul></details>\n{FOLD % "Export"}\n<ul class="options">{COPIES}</ul>\n</details>\n<a href="/admin/imports/new">Import</a>\n</div>\n'
)
BULK = (
    '<div class="bulk no-print" data-bulk hidden><strong><span data-count>0</span> picked</strong>\n<form id="list-bulk">'
    '<label class="choice"><input class="form-check-input" type="checkbox" name="all" value="yes"> All that match, not only'
    ' those picked</label>\n<button class="btn btn-plain" type="submit">Send to supplier</button><button class="btn'
    ' btn-plain" type="submit">Hold</button><button class="btn btn-plain" type="submit">Free</button></form>\n'
    '<button class="btn btn-plain" type="button" data-pick-none>Pick none</button></div>\n'
    '<dialog id="list-save-view-dialog"><div class="panel">\n<h2>Save this view</h2>\n<form id="list-save-view">'
    '<label>Name *</label><input name="title"><p>Filters, order, columns and groups are kept. A view of yours with this'
    " name is replaced.</p>\n<label>Who sees it</label><select><option>Only me</option><option>Everybody</option><option>Buyer</option></select>\n"
    "<label>Open it first for me</label><label>Open it first for everybody who sees it</label>\n"
    '<button class="btn btn-primary">Save</button><button class="btn btn-plain" type="button">Cancel</button></form>\n'
    "</div></dialog>\n"
)
PICK_ALL = '<th class="pick"><input class="form-check-input" type="checkbox" aria-label="Pick all rows shown" data-pick-all></th>\n'
ROW = (
    f'<tr data-row="{HERE}/%s">\n<td class="pick"><input class="form-check-input" type="checkbox" name="ids" value="%s"'
    f' form="list-bulk" aria-label="Pick row %s"></td>\n<th scope="row" class="c-lead"><a href="{HERE}/%s">%s</a></th>\n'
    '<td class="c-small">%s</td>\n<td class="c-small" data-title="Ordered">%s</td>\n<td class="c-small num">%s</td>\n'
    '<td class="c-rest" data-title="Late">%s</td>\n<td class="c-rest" data-title="On hold">%s</td>\n'
    '<td class="c-aside">%s</td>\n</tr>\n'
)


def facet(title: str, options: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<li><a href="{HERE}?{query}" hx-get="{HERE}?{query}" hx-push-url="true"><span>{name}</span></a></li>\n'
        for query, name in options
    )
    return folded(title, f'<ul class="options">\n{items}</ul>\n')


def folded(title: str, inside: str) -> str:
    head = f'<summary class="btn btn-plain btn-sm">{title} {sign("chevron-down")}</summary>'
    return f'<details class="facet" data-fold>{head}\n{inside}</details>\n'


def filters(sites: Sequence[tuple[int, str]], suppliers: Sequence[tuple[int, str]]) -> str:
    between = (
        f'<div class="options"><form action="{HERE}" method="get" hx-get="{HERE}" hx-push-url="true">\n'
        '<label>From <input class="form-control" type="date" name="ordered_from" value=""></label>\n'
        '<label>To <input class="form-control" type="date" name="ordered_to" value=""></label>\n'
        '<button class="btn btn-primary btn-sm">Filter</button>\n</form></div>\n'
    )
    return (
        f'<div class="filters no-print">\n<form class="search" role="search" action="{HERE}" method="get" hx-get="{HERE}" '
        'hx-trigger="input changed delay:250ms, submit" hx-sync="this:replace" hx-replace-url="true">\n'
        f'{sign("search")}<input class="form-control" type="search" name="q" id="list-search" value="" '
        'placeholder="Search" aria-label="Search in Orders" autocomplete="off" maxlength="200" data-search>\n</form>\n'
        + facet("State", [(f"state={state}", words(state)) for state in STATES])
        + facet("Supplier", [(f"supplier={id}", escape(name)) for id, name in suppliers])
        + facet("Late", [("late=yes", "Yes"), ("late=no", "No")])
        + facet("On hold", [("held=yes", "Yes"), ("held=no", "No")])
        + folded("Ordered on", between)
        + facet("Site", [(f"site={id}", escape(name)) for id, name in sites])
        + "</div>\n"
    )


def order_list(
    person: Person, menu: Menu, rows: Sequence[Any], count: int, sites: Sequence[tuple[int, str]],
    suppliers: Sequence[tuple[int, str]],
) -> str:  # fmt: skip
    tabs = "".join(
        f'<li><a href="{HERE}{query}"{"" if query else " aria-current=" + chr(34) + "page" + chr(34)}>{name}</a></li>'
        for name, query in TABS
    )
    heads = "".join(
        f'<th scope="col"{num}><a href="{HERE}?sort={key}" hx-get="{HERE}?sort={key}" hx-push-url="true">{name}</a></th>\n'
        for key, name, num in COLUMNS
    )
    body = "".join(
        ROW
        % (
            id, id, id, id, escape(number), escape(supplier), day(ordered_on) if ordered_on else "",
            f"{total:,.2f}\u00a0{currency}", "Yes" if late else "No", "Yes" if held else "No", pill(state),
        )
        for id, number, supplier, ordered_on, total, currency, late, held, state in rows[:50]
    )  # fmt: skip
    more = f"{HERE}?after=-id~{rows[49][0]}" if len(rows) > 50 else ""
    capped = "more than 1,000" if count > 1000 else str(count)
    main = (
        '<div class="head"><h1>Orders</h1><div class="push row-of"></div></div>\n'
        f'<section id="list" class="list" aria-label="Orders" data-list>\n<ul class="tabs no-print">{tabs}</ul>\n'
        f'{filters(sites, suppliers)}{TOOLS}<div class="sheet"><table class="dense cardrows">\n'
        f'<caption class="visually-hidden">Orders</caption>\n<thead><tr>\n{PICK_ALL}{heads}</tr></thead>\n'
        f'<tbody id="list-rows">\n{body}</tbody></table>\n<div class="more no-print" id="list-more">'
        f'<span class="muted" aria-live="polite">{len(rows[:50])} of {capped}</span>'
        + (f'<a class="btn btn-plain btn-sm" href="{more}" hx-get="{more}" hx-sync="this:drop">Show more '
           f'<span class="busy" aria-hidden="true">{sign("refresh")}</span></a>' if more else "")
        + f"</div>\n</div>\n{BULK}</section>\n"
    )  # fmt: skip
    return shell(person, menu, "Orders", '<li aria-current="page">Orders</li>', main)


# --- One order


@dataclass
class Writer:
    """The forms of one order's page."""

    person: Person
    url: str
    version: int

    def hidden(self) -> str:
        return (
            f'<input type="hidden" name="_csrf" value="{self.person.csrf}"><input type="hidden" name="_key" '
            f'value="{token_urlsafe(16)}">\n<input type="hidden" name="_version" value="{self.version}">'
        )

    def question(self, id: str, path: str, label: str, icon: str, fields: str, *, tone: str, opener: str = "") -> str:
        save = "bad" if tone == "bad" else "primary"
        return (
            f'<button class="btn btn-{tone}" type="button" data-opens="{id}-dialog" aria-haspopup="dialog">'
            f"{opener}{label}</button>\n"
            f'<dialog id="{id}-dialog" aria-labelledby="{id}-dialog-title"><div class="panel">\n'
            f'<h2 id="{id}-dialog-title">{label}</h2>\n<form id="{id}" class="form" action="{self.url}{path}" '
            f'method="post" novalidate hx-post="{self.url}{path}" hx-sync="this:drop" data-guard>\n{self.hidden()}'
            f'<div class="form-errors wide" role="alert" tabindex="-1"></div>\n{fields}'
            f'<div class="buttons wide"><button class="btn btn-{save}" type="submit">{sign(icon)} {label} '
            f'<span class="busy" aria-hidden="true">{sign("refresh")}</span></button>'
            '<button class="btn btn-plain" type="button" data-closes>Cancel</button></div>\n</form>\n</div></dialog>\n'
        )

    def text(self, form: str, name: str, label: str, *, hint: str = "", need: bool = True) -> str:
        id = f"{form}-{name}"
        star = ' <span class="need" aria-hidden="true">*</span>' if need else ""
        told = f'<p class="hint" id="{id}-hint">{hint}</p>' if hint else ""
        return (
            f'<div class="field">\n<label for="{id}">{label}{star}</label><input class="form-control" type="text" '
            f'id="{id}" name="{name}" aria-describedby="{id}-hint {id}-error"{" required" if need else ""} value="" '
            f'autocomplete="off">\n{told}<p class="field-error" id="{id}-error" data-error-for="{name}"></p>\n</div>\n'
        )

    def tick(self, form: str, name: str, label: str, hint: str = "") -> str:
        id = f"{form}-{name}"
        told = f'<p class="hint" id="{id}-hint">{hint}</p>' if hint else ""
        return (
            f'<div class="field">\n<div class="form-check"><input class="form-check-input" type="checkbox" value="true" '
            f'id="{id}" name="{name}" aria-describedby="{id}-error"><label class="form-check-label" for="{id}">{label}'
            f'</label></div>\n{told}<p class="field-error" id="{id}-error" data-error-for="{name}"></p>\n</div>\n'
        )

    def dated(self, form: str, at: int, line: Any) -> str:
        id, name = f"{form}-lines.{at}.day", f"lines.{at}.day"
        return (
            f'<input type="hidden" name="lines.{at}.line_id" value="{line.id}"><div class="field">\n'
            f'<label for="{id}">{escape(line.description)}</label><input class="form-control" type="date" id="{id}" '
            f'name="{name}" aria-describedby="{id}-error" value="{(line.promised_on or line.need_by).isoformat()}" '
            f'autocomplete="off">\n<p class="field-error" id="{id}-error" data-error-for="{name}"></p>\n</div>\n'
        )

    def buttons(self, order: Any, lines: Sequence[Any]) -> str:
        """What the buyer can do with an order that is out."""
        if order.state not in ("issued", "acknowledged"):
            return ""
        issued = order.state == "issued"
        form, label = ("acknowledge", "Supplier confirmed") if issued else ("promise", "New dates")
        dates = "".join(self.dated(form, at, line) for at, line in enumerate(lines) if line.state == "open")
        asked = self.tick(form, "by_us", "We asked for the change", "Then it is not the supplier who is late.")
        fields = self.text(form, "reference", "Their reference", need=False) + dates if issued else dates + asked
        tone = "primary" if issued else "plain"
        chase = f"purchasing-orders-{order.id}-chase"
        why = "Nothing is sent, received or paid until it is freed."
        read = "The supplier reads it when the order is out."
        return (
            self.question(form, f"/{form}", label, "calendar", fields, tone=tone, opener=sign("calendar") + " ")
            + f'<a class="btn btn-plain" href="{self.url}/revise">{sign("edit")} Change the order</a>\n'
            f'<form id="{chase}" action="{self.url}/chase" method="post" hx-post="{self.url}/chase" hx-sync="this:drop">\n'
            f'{self.hidden()}<button class="btn btn-plain" type="submit">{sign("mail")} Ask where it is <span class="busy" '
            f'aria-hidden="true">{sign("refresh")}</span></button>\n<div class="form-errors" role="alert" tabindex="-1">'
            "</div>\n</form>\n"
            + self.question("hold", "/hold", "Hold", "player-stop", self.text("hold", "reason", "Why?", hint=why),
                            tone="plain", opener=sign("player-stop") + " ")
            + self.question("cancel", "/cancel", "Cancel the order", "ban", self.text("cancel", "reason", "Why?", hint=read),
                            tone="bad", opener=sign("ban") + " ")
        )  # fmt: skip

    def line(self, order: Any, line: Any, today: date) -> str:
        is_out = order.state in ("issued", "acknowledged")
        expected = line.promised_on or line.need_by
        late = is_out and line.state == "open" and not line.received_on and expected < today
        if line.state != "open":
            last = pill(line.state)
        elif is_out:
            form = f"short-{line.id}"
            fields = self.text(form, "reason", "Why?") + self.tick(
                form, "reorder", "Put the rest back on the list “To order”"
            )
            last = self.question(form, f"/lines/{line.id}/short", "No more comes", "check", fields, tone="plain")
        else:
            last = ""
        return (
            f'<tr><td class="num">{line.position}</td><th scope="row" class="c-lead">{escape(line.description)}'
            f"{' <span class=muted>' + escape(line.supplier_code) + '</span>' if line.supplier_code else ''}</th>\n"
            f'<td class="num">{number(line.quantity)}\u00a0{line.unit}</td><td class="num">{price(line.price)}'
            f"{'' if line.per == 1 else f' per {line.per}'}</td>"
            f'<td class="c-aside num">{line.amount:,.2f}\u00a0{order.currency}</td>\n<td>{day(expected)}'
            f"{' <span class=pill>Late</span>' if late else ''}</td>\n"
            f'<td class="num">{number(line.accepted - line.returned)} <span class="muted">came</span></td>'
            f'<td class="num">{number(line.invoiced - line.credited)} <span class="muted">billed</span></td>\n'
            f"<td>{last}</td></tr>\n"
        )


def states(now: str) -> str:
    found, parts = False, []
    for state in STATES[:6]:
        if state == now:
            found = True
            parts.append(f'<li aria-current="step" class="tone-info">{words(state)}</li>')
        else:
            parts.append(
                f"<li>{words(state)}</li>" if found else f'<li class="done">{sign("check")}{words(state)}</li>'
            )
    return f'<ol class="states" aria-label="State">\n{"".join(parts)}</ol>\n'


def panel(title: str, inside: str) -> str:
    return f'<section class="panel" aria-label="{title}">\n<h2>{title}</h2>{inside}</section>\n'


def log(steps: Sequence[Any], zone: ZoneInfo) -> str:
    to = f'<svg class="icon" role="img" aria-label="to"><use href="{ICONS}#arrow-right"></use></svg>'
    items = []
    for at, actor, behalf, source, target, reason in steps:
        local: datetime = at.astimezone(zone)
        items.append(
            f'<li><span class="when"><time datetime="{at.isoformat()}">{day(local.date())} {local:%H:%M}</time> · '
            f"{escape(actor)}{' for ' + escape(behalf) if behalf else ''}</span><br>{words(source)} {to} "
            f"<strong>{words(target)}</strong>{'<br>' + escape(reason) if reason else ''}</li>\n"
        )
    return f'<ol class="log">\n{"".join(items)}</ol>\n'


def order_page(
    person: Person, menu: Menu, order: Any, lines: Any, others: Any, steps: Any, files: Any, today: date
) -> str:
    write = Writer(person, f"{HERE}/{order.id}", order.version)
    heads = "".join(
        f'<th scope="col"{num}>{name}</th>'
        for name, num in (("#", ' class="num"'), ("What", ""), ("Ordered", ' class="num"'), ("Price", ' class="num"'),
                          ("Amount", ' class="num"'), ("Expected", ""), ("Came", ' class="num"'), ("Billed", ' class="num"'))
    )  # fmt: skip
    facts = (
        ("Supplier", order.supplier), ("Buyer", order.buyer), ("Ordered", day(order.ordered_on)),
        ("Goes to", order.store or "who asked for it"), ("Paid within", f"{order.terms_days} days"),
        ("Terms", order.incoterm or "none"), ("Their reference", order.supplier_reference or "none yet"),
        ("Revision", order.revision),
    )  # fmt: skip
    said = "".join(f"<div><dt>{name}</dt><dd>{escape(str(value))}</dd></div>" for name, value in facts)
    came = "".join(
        f'<li><a href="/purchasing/{kind}/{id}">{escape(no)}</a> {pill(state)}</li>\n' for kind, id, no, state in others
    )
    total = f"{order.total:,.2f}\u00a0{order.currency}"
    main = (
        f'<div class="head"><h1>{order.number}: {escape(order.supplier)}</h1>{pill(order.state)}</div>\n<div class="stack">\n'
        f"{states(order.state)}"
        f'<div class="actions no-print main-actions">{write.buttons(order, lines)}</div>\n<div class="columns">'
        '<div class="stack">\n<div class="sheet lines"><table class="dense cardrows">\n'
        f'<caption class="visually-hidden">Lines</caption>\n<thead><tr>{heads}<td></td></tr></thead>\n<tbody>'
        f'{"".join(write.line(order, line, today) for line in lines)}</tbody>\n<tfoot><tr><th scope="row" colspan="4">Total'
        f'</th><td class="c-aside num"><strong>{total}</strong></td><td colspan="4"></td></tr></tfoot>\n</table></div>\n'
        '</div><div class="stack">\n'
        + panel("Facts", f'<dl class="facts">{said}</dl>\n')
        + panel("Receipts and invoices", f'<ul class="plain">\n{came}</ul>\n' if came else
                '<p class="muted mb-0">Nothing came and nothing was billed yet.</p>\n')
        + "</div></div></div>\n"
        + record(panel, log(steps, person.zone), files, [order.buyer])
    )  # fmt: skip
    crumbs = (
        f'<li><a href="{HERE}?state=issued,acknowledged">Orders</a></li><li aria-current="page">{order.number}</li>'
    )
    return shell(person, menu, order.number, crumbs, main)
