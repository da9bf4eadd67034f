"""Imports: a stranger's table becomes documents; bad cells are named, good rows load, all of it can be undone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plantops.db import Base, Id, choice, unaudited


class State(StrEnum):
    STAGED = "staged"
    LOADED = "loaded"
    UNDONE = "undone"


class RowState(StrEnum):
    READY = "ready"
    REFUSED = "refused"
    LOADED = "loaded"


class Import(Base):
    """One file that was brought in: who, when, which map, and what came of it."""

    __tablename__ = "core_import"
    __table_args__ = (sa.Index("ix_core_import_content", "kind", "sha256"),)

    id: Mapped[Id]
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(sa.CHAR(64))
    map_text: Mapped[str]
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_site.id"))
    state: Mapped[State] = mapped_column(choice(State, "import_state"), default=State.STAGED)
    rows: Mapped[int] = mapped_column(default=0)
    loaded: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    created_at: Mapped[datetime]
    loaded_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))


class ImportRow(Base):
    """A staged row: its mapped cells as they stood in the file, and what is wrong with them."""

    __tablename__ = "core_import_row"
    __table_args__ = (sa.UniqueConstraint("import_id", "number"), unaudited())

    id: Mapped[Id]
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("core_import.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[RowState] = mapped_column(choice(RowState, "import_row_state"))
    cells: Mapped[dict[str, Any]] = mapped_column(JSONB)
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    group_key: Mapped[str] = mapped_column(default="")
    """Rows of one document stay together when they load: its number, say."""
    made_id: Mapped[int | None]
