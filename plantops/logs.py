"""Logs: one JSON line per event on stderr, with the fault's place in the code but never the values it held."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
TALKATIVE = ("fontTools", "matplotlib", "weasyprint", "PIL", "httpcore", "sqlalchemy", "alembic", "procrastinate")

BOTH: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


class Foreign(logging.StreamHandler[Any]):
    """What libraries log, written as our own lines are."""


def configure(level: str = "info") -> None:
    """Local variables stay out of tracebacks: a password may be among them."""
    structlog.configure(
        processors=[*BOTH, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    unconfigure()
    foreign = Foreign(sys.stderr)
    foreign.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*BOTH, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.addHandler(foreign)
    root.setLevel(LEVELS[level])
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(LEVELS[level], logging.WARNING))


def unconfigure() -> None:
    """Let go of stderr: whoever gave it to us may close it."""
    root = logging.getLogger()
    for mine in [handler for handler in root.handlers if isinstance(handler, Foreign)]:
        root.removeHandler(mine)
