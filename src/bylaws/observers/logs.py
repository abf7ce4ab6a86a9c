"""Logs: one record a run, for the standard library's `logging` and what is built on it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, final

from bylaws.observers.records import CameTo, RunRecord, RunStart
from bylaws.state import show

LEVELS: Final[Mapping[CameTo, int]] = MappingProxyType(
    {
        "accepted": logging.INFO,
        "rejected": logging.INFO,
        "delayed": logging.INFO,
        "aborted": logging.WARNING,
        "raised": logging.ERROR,
        "cancelled": logging.INFO,
    }
)
"""The level of a run by what it came to."""

UP: Final = 5
"""So many calls lie between the logger and whoever called `run`, whose line a record names."""


@final
class LogRuns:
    """An observer that logs one record a run: `orders: S.NEW -> S.PAID accepted in 0.214 ms`.

    After a refusal the text goes on with `, refused by moves`. Reasons are never in it.

    Its `extra` has, under keys that no `LogRecord` has of its own (all are there, `None` for what
    is not; all but the duration are strings):

    | key                     |                                                                   |
    |-------------------------|-------------------------------------------------------------------|
    | `bylaws_policy`         | the name of the policy                                            |
    | `bylaws_policy_version` | twelve hex digits of what it does                                 |
    | `bylaws_from`           | the state that it was in: `S.NEW`, or `None` as text              |
    | `bylaws_to`             | the intended state                                                |
    | `bylaws_outcome`        | accepted, rejected, delayed, aborted, raised, or cancelled        |
    | `bylaws_state`          | the state of the outcome                                          |
    | `bylaws_refused_by`     | the name of the rule that refused, or commit                      |
    | `bylaws_error`          | the class of the exception that went out                          |
    | `bylaws_phase`          | the hook, or callback, that raised it, or commit                  |
    | `bylaws_entry`          | the name of the entry that it belongs to                          |
    | `bylaws_duration`       | seconds                                                           |
    | `bylaws_reason`         | the reason of a refusal, the text of an exception; with `reasons` |

    Nothing of the context or of a payload is in it. A run costs nearly nothing where the logger is
    not enabled for any of the levels.
    """

    def __init__(
        self,
        logger: logging.Logger | str = "bylaws.runs",
        *,
        levels: Mapping[CameTo, int] = LEVELS,
        reasons: bool = False,
    ) -> None:
        """Give `levels` for what is to differ from `LEVELS`; `reasons` may hold personal data."""
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._levels = {**LEVELS, **levels}
        self._highest = max(self._levels.values())
        self._reasons = reasons

    def __call__(self, _: RunStart) -> Callable[[RunRecord], None] | None:
        """Have the end logged, if any may be."""
        return self._log if self._logger.isEnabledFor(self._highest) else None

    def _log(self, record: RunRecord) -> None:
        came_to = record.came_to
        level = self._levels[came_to]
        if self._logger.isEnabledFor(level):
            refused_by = record.refused_by
            self._logger.log(
                level,
                "%s: %s %s in %.3f ms%s",
                record.policy,
                record.move,
                came_to,
                record.duration * 1_000,
                "" if refused_by is None else f", refused by {refused_by}",
                extra=self._extra(record),
                stacklevel=UP,
            )

    def _extra(self, record: RunRecord) -> dict[str, object]:
        error = record.error
        extra: dict[str, object] = {
            "bylaws_policy": record.policy,
            "bylaws_policy_version": record.version,
            "bylaws_from": show(record.from_state),
            "bylaws_to": show(record.to_state),
            "bylaws_outcome": record.came_to,
            "bylaws_state": None if record.state is None else show(record.state),
            "bylaws_refused_by": record.refused_by,
            "bylaws_error": None if error is None else type(error).__qualname__,
            "bylaws_phase": record.phase,
            "bylaws_entry": record.entry_name,
            "bylaws_duration": record.duration,
        }
        if self._reasons:
            extra["bylaws_reason"] = record.reason if error is None else str(error)
        return extra
