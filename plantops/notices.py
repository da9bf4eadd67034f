"""Notices: what changed in another process, heard over one connection, so that open pages follow running work."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import sqlalchemy as sa

CHANNEL = "plantops_work"


async def notices(url: str) -> AsyncIterator[str]:
    """The ids of job runs that changed, one by one, as long as the connection lives. Ends with psycopg's errors.

    LISTEN needs a connection of its own to the server itself: behind a pooler nothing is heard, and who waits
    must look again now and then.
    """
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await psycopg.AsyncConnection.connect(plain, autocommit=True, connect_timeout=5)
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        async for notice in connection.notifies():
            yield notice.payload
