"""Administration: accounts and roles, jobs, mails, imports; for administrators only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plantops import accounts, jobs, outbox, people
from plantops.errors import Invalid
from tests.browser import PASSWORD, Client, Served
from tests.plantops.signing import sign_in

pytestmark = pytest.mark.db

Opened = Callable[..., Client]


def test_an_account_from_first_role_to_the_last_day(client: Opened, served: Served) -> None:
    admin = client("administrator")
    answer = admin.submit("/admin/users/new", "new-account", login="nina", name="Nina New", password="ten and more")
    where = answer.headers["HX-Redirect"]
    answer = admin.submit(where, "give", role="auditor")
    assert answer.headers["HX-Redirect"] == where
    assert "Auditor" in admin.get(where).text

    token = sign_in(served.house, "nina", "ten and more", address="x")
    nina = client()
    nina.http.cookies.set("session", token)
    nina.token = token
    assert "Nina New" in nina.get("/").text
    assert nina.get("/admin/users").status_code == 200
    assert nina.post("/admin/users", login="x", name="x").status_code == 403

    back = admin.page(where).xpath("//form[contains(@action, '/back')]")[0]
    assert admin.submit(where, back.get("id")).headers["HX-Redirect"] == where
    assert nina.get("/admin/users").status_code == 403
    admin.submit(where, "close")
    assert nina.get("/").status_code == 303


def test_two_administrators_change_one_account(client: Opened) -> None:
    admin, other = client("administrator"), client("administrator", "boss")
    where = admin.submit("/admin/users/new", "new-account", login="shared", name="Shared").headers["HX-Redirect"]
    version = admin.page(where).xpath("//form[@id='account']//input[@name='_version']")[0].get("value")
    assert other.submit(where, "account", name="Theirs").status_code == 200
    answer = admin.submit(where, "account", name="Mine", _version=version)
    assert answer.status_code == 409
    assert 'data-merge="account"' in answer.text
    assert "Theirs" in admin.get(where).text


def test_the_last_administrator_stays(client: Opened, served: Served) -> None:
    with served.house.acting() as ctx:
        names = [row.id for row in people.list_users(ctx) if "administrator" in row.roles]
    admin = client("administrator")
    for id in names[1:]:
        form = next(f for f in admin.page(f"/admin/users/{id}").xpath("//form") if "/back" in str(f.get("action")))
        admin.submit(f"/admin/users/{id}", form.get("id"))
    page = f"/admin/users/{names[0]}"
    forms = [f for f in admin.page(page).xpath("//form") if "/back" in str(f.get("action"))]
    answers = [admin.submit(page, form.get("id")).status_code for form in forms]
    assert 409 in answers


@pytest.mark.parametrize(("field", "given"), [("email", "nobody"), ("language", "xx")])
def test_an_account_is_reached_by_mail_and_in_a_language(served: Served, field: str, given: str) -> None:
    served.person("administrator")
    with served.house.acting(served.logins["administrator"]) as ctx:
        with pytest.raises(Invalid) as refused:
            accounts.add_user(ctx, "mole", "Mole", **{field: given})
        assert list(refused.value.fields) == [field]


def test_an_account_cannot_close_itself(client: Opened, served: Served) -> None:
    admin = client("administrator", "selfish")
    id = served.logins["selfish"]
    assert "it is your own account" in admin.get(f"/admin/users/{id}").text
    assert admin.post(f"/admin/users/{id}/close", _version=1).status_code == 409


@pytest.mark.parametrize("path", ["/admin/users", "/admin/jobs", "/admin/mails", "/admin/imports", "/admin/users/1"])
def test_others_do_not_see_it(client: Opened, path: str) -> None:
    employee = client("employee")
    assert employee.get(path).status_code == 403
    assert f'href="{path}"' not in employee.get("/").text


def test_lists_are_searched_filtered_and_sorted(client: Opened, served: Served) -> None:
    for login in ("zoe", "yves"):
        served.person("employee", login)
    admin = client("administrator", "chief")
    page = admin.get("/admin/users?q=zoe").text
    assert "Zoe" in page and "Yves" not in page
    part = admin.get("/admin/users?sort=-name", partial=True)
    assert part.text.index("Zoe") < part.text.index("Yves")
    assert '<hx-partial hx-target="#list" hx-swap="outerMorph">' in part.text and "<html" not in part.text
    assert "This list has no filter colour" in admin.get("/admin/users?colour=red").text
    assert admin.get("/admin/users?active=no").status_code == 200


def test_a_job_that_waits_is_shown_and_stopped(client: Opened, served: Served) -> None:
    admin = client("administrator", "chief")
    with served.house.acting(served.logins["chief"]) as ctx:
        run = ctx.enqueue("core.seal_audit")
    assert "Seal the audit trail" in admin.get("/jobs").text
    page = admin.page(f"/jobs/{run}")
    assert page.xpath("//section[@id=$id]", id=f"work-{run}")
    answer = admin.submit(f"/jobs/{run}", f"cancel-{run}")
    assert answer.headers["HX-Redirect"] == f"/jobs/{run}"
    assert "Cancelled" in admin.get(f"/jobs/{run}").text
    with served.house.acting() as ctx:
        assert jobs.one(ctx, run).state is jobs.State.CANCELLED


def test_others_do_not_see_my_work(client: Opened, served: Served) -> None:
    served.person("employee", "worker")
    with served.house.acting(served.logins["worker"]) as ctx:
        run = ctx.enqueue("core.seal_audit")
    assert client("employee", "curious").get(f"/jobs/{run}").status_code == 404


def test_a_mail_is_shown_and_recalled(client: Opened, served: Served) -> None:
    admin = client("administrator", "chief")
    with served.house.acting(served.logins["chief"]) as ctx:
        id = outbox.write(
            ctx, to="a@b.example", subject="<b>Order</b> 17", text="Dear <script>", origin="core_user:1"
        ).id
    page = admin.get(f"/admin/mails/{id}").text
    assert "&lt;b&gt;Order&lt;/b&gt; 17" in page and "<script>" not in page.split("</head>")[1]
    assert admin.submit(f"/admin/mails/{id}", "recall").headers["HX-Redirect"] == f"/admin/mails/{id}"
    assert "Recalled" in admin.get("/admin/mails").text
    assert admin.post(f"/admin/mails/{id}/recall").status_code == 409


def test_a_new_password_ends_their_sessions(client: Opened, served: Served) -> None:
    admin, anna = client("administrator", "chief"), client("employee", "forgetful")
    where = f"/admin/users/{served.logins['forgetful']}"
    assert admin.submit(where, "set-password", password="short").status_code == 422
    admin.submit(where, "set-password", password="a longer sentence")
    assert anna.get("/").status_code == 303
    fields = {"login": "forgetful", "password": PASSWORD}
    assert client().send("/login", fields, source="form#sign-in").status_code == 422
