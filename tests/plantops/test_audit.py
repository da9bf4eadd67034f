"""The audit trail: nobody writes unnamed, nothing is changed afterwards, the chain tells."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from plantops import audit, people, places
from plantops.core import House
from tests.houses import Someone

pytestmark = pytest.mark.db


def test_who_changed_what_is_kept_without_secrets(ctx: Someone) -> None:
    user = people.add_user(ctx(as_="administrator"), "ana", "Ana", password="correct horse battery")
    changes = audit.history(ctx(), "core_user", user.id)
    assert changes[0].actor == "Administrator"
    assert '"login": "ana"' in (changes[0].payload or "")
    assert "argon2" not in (changes[0].payload or "")


def test_a_write_that_nobody_answers_for_is_refused(plant: House) -> None:
    with pytest.raises(DBAPIError, match="nobody said who"), plant.database.transaction() as session:
        session.execute(sa.text("UPDATE core_site SET name = 'x'"))


def test_the_trail_is_append_only(plant: House) -> None:
    for statement in ("UPDATE core_audit SET payload = '{}'", "DELETE FROM core_audit", "TRUNCATE core_audit"):
        with pytest.raises(DBAPIError, match="append-only"), plant.database.transaction() as session:
            session.execute(sa.text(statement))


def test_the_chain_holds_until_somebody_tampers(plant: House) -> None:
    with plant.acting() as ctx:
        places.add_site(ctx, "OST", "Depot Osterby", zone="Europe/Luxembourg", currency="EUR", country="LU")
    with plant.acting() as ctx:
        sealed = audit.seal(ctx)
    assert sealed > 0
    with plant.database.transaction() as session:
        verdict = audit.verify(session)
    assert (verdict.broken, verdict.unsealed_rows) == ((), 0)
    with plant.database.transaction() as session:
        session.execute(sa.text("ALTER TABLE core_audit DISABLE TRIGGER USER"))
        session.execute(sa.text("UPDATE core_audit SET payload = replace(payload, 'Osterby', 'Westerby')"))
    with plant.database.transaction() as session:
        assert any("changed after it was written" in line for line in audit.verify(session).broken)
    with plant.database.transaction() as session:
        session.execute(sa.text("DELETE FROM core_audit WHERE id = (SELECT max(id) FROM core_audit)"))
    with plant.database.transaction() as session:
        assert any("does not fit its" in line for line in audit.verify(session).broken)


def test_erasing_a_payload_keeps_the_chain(plant: House) -> None:
    with plant.acting() as ctx:
        places.add_site(ctx, "OST", "Depot Osterby", zone="Europe/Luxembourg", currency="EUR", country="LU")
    with plant.acting() as ctx:
        audit.seal(ctx)
    with plant.database.transaction() as session:
        session.execute(sa.text("SELECT set_config('plantops.erasing', 'yes', true)"))
        session.execute(sa.text("UPDATE core_audit SET payload = NULL, salt = NULL WHERE table_name = 'core_site'"))
    with plant.database.transaction() as session:
        assert audit.verify(session).broken == ()


def test_a_running_transaction_is_not_sealed_around(plant: House) -> None:
    note = sa.text("INSERT INTO core_option (key, value, changed_at) VALUES (:key, '1', now())")
    with plant.acting() as slow:
        slow.session.execute(note, {"key": "test.slow"})
        with plant.acting() as quick:
            quick.session.execute(note, {"key": "test.quick"})
        with plant.acting() as sealer:
            audit.seal(sealer)
        with plant.database.transaction() as session:
            assert audit.verify(session).unsealed_rows > 0
    with plant.acting() as sealer:
        assert audit.seal(sealer) >= 2
    with plant.database.transaction() as session:
        assert audit.verify(session).broken == ()


def test_a_neighbour_on_the_same_server_does_not_hold_the_chain_up(plant: House, server_url: str) -> None:
    elsewhere = sa.create_engine(server_url, poolclass=sa.NullPool)
    with elsewhere.begin() as neighbour:
        neighbour.execute(sa.text("SELECT pg_current_xact_id()"))
        with plant.acting() as ctx:
            places.add_site(ctx, "QUI", "Quick", zone="UTC", currency="EUR", country="LU")
        with plant.acting() as ctx:
            assert audit.seal(ctx) > 0
        with plant.database.transaction() as session:
            assert audit.verify(session).unsealed_rows == 0


def test_every_row_of_one_statement_is_kept_under_its_own_id(plant: House) -> None:
    with plant.acting() as ctx:
        ctx.session.execute(
            sa.text(
                "INSERT INTO core_option (key, value, changed_at)"
                " SELECT 'test.' || n, to_jsonb(n), now() FROM generate_series(1, 500) AS n"
            )
        )
        kept = "SELECT count(DISTINCT row_id), count(DISTINCT digest) FROM core_audit WHERE payload LIKE '%\"test.%'"
        assert tuple(ctx.session.execute(sa.text(kept)).one()) == (500, 500)
    with plant.acting() as ctx:
        assert audit.seal(ctx) >= 500
        assert audit.verify(ctx.session).broken == ()


def test_a_statement_that_adds_nothing_needs_nobody(plant: House) -> None:
    with plant.database.transaction() as session:
        session.execute(sa.text("INSERT INTO core_option (key, value, changed_at) SELECT 'x', '1', now() WHERE false"))
        assert session.scalar(sa.text("SELECT count(*) FROM core_audit WHERE table_name = 'core_option'")) == 0
