"""Logs: one line an event, JSON in production; request ids instead of names, and no secret of an address."""

from __future__ import annotations

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# Addresses that carry a secret: invitations, password resets, email confirmations.
_SECRET_PATHS = re.compile(r"(/invitations/|/reset/key/|/confirm-email/)[^/\s?]+")
_QUERY = re.compile(r"\?\S*")
MASK = r"\1…"


def mask(text: str) -> str:
    """Return a request line without its query and without the secret parts of its path."""
    return _QUERY.sub("?…", _SECRET_PATHS.sub(MASK, text))


def _mask_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name in ("request", "event"):
        if isinstance(event.get(name), str):
            event[name] = mask(event[name])
    return event


class MaskFilter(logging.Filter):
    """The same for loggers that know nothing of structlog, such as Django's own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask message and arguments; keep every record. structlog's own are dictionaries, masked before."""
        if isinstance(record.msg, str):
            record.msg = mask(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(mask(one) if isinstance(one, str) else one for one in record.args)
        return True


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _mask_request,
]


def configure(*, level: str, json: bool) -> dict[str, Any]:
    """Set structlog up and return the LOGGING setting."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Richer tracebacks show local variables: photos and secrets among them.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer: Any = structlog.processors.JSONRenderer() if json else plain
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"mask": {"()": MaskFilter}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    renderer,
                ]
                if json
                else [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask"]}},
        "root": {"handlers": ["console"], "level": level},
    }
