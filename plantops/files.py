"""Files: photos, delivery notes and documents, kept once by their content and reached only through a record."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops.db import Base, Id


class File(Base):
    """A stored file. Its bytes lie in the data folder under their SHA-256, never under the web root."""

    __tablename__ = "core_file"

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(sa.CHAR(64), index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    created_at: Mapped[datetime]


class Attachment(Base):
    """A file hung on a record, which `origin` names as `table:id`."""

    __tablename__ = "core_attachment"
    __table_args__ = (sa.Index("ix_core_attachment_origin", "origin"),)

    id: Mapped[Id]
    file_id: Mapped[int] = mapped_column(sa.ForeignKey("core_file.id"), index=True)
    origin: Mapped[str]
    title: Mapped[str]
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
