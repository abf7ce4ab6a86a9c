"""Logs: one record a run, for `logging` as it is configured, structlog and JSON formatters."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bylaws import Policy, Transition, rule
from bylaws.observers import LEVELS, LogRuns, observed
from tests.cast import OUTCOMES, S, answering, good
from tests.model import Pause, drive

EXTRA = [
    "bylaws_policy",
    "bylaws_policy_version",
    "bylaws_from",
    "bylaws_to",
    "bylaws_outcome",
    "bylaws_state",
    "bylaws_refused_by",
    "bylaws_error",
    "bylaws_phase",
    "bylaws_entry",
    "bylaws_duration",
]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Undo what a test configures."""
    root, runs = logging.getLogger(), logging.getLogger("bylaws.runs")
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    for logger in (runs, logging.getLogger("bylaws")):
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate, logger.disabled = True, False


@rule(from_states={S.A}, to_states={S.B})
def raises(t: Transition[S, S, BaseException]) -> None:
    """Raise the context."""
    raise t.context


def test_one_record_a_run_with_the_level_of_its_outcome(caplog: pytest.LogCaptureFixture) -> None:
    """The levels are those of `LEVELS`, and the text says it in one line."""
    caplog.set_level(logging.DEBUG)
    policy = observed(answering, LogRuns())
    for number in range(len(OUTCOMES)):
        policy.run(number, S.A, S.B)
    told = [
        (each.name, each.levelname, re.sub("[0-9.]+ ms", "1 ms", each.getMessage()))
        for each in caplog.records
    ]
    assert told == [
        ("bylaws.runs", "INFO", "moves: S.A -> S.B accepted in 1 ms"),
        ("bylaws.runs", "INFO", "moves: S.A -> S.B rejected in 1 ms, refused by spoken"),
        ("bylaws.runs", "INFO", "moves: S.A -> S.B rejected in 1 ms, refused by spoken"),
        ("bylaws.runs", "INFO", "moves: S.A -> S.B rejected in 1 ms, refused by spoken"),
        ("bylaws.runs", "INFO", "moves: S.A -> S.B delayed in 1 ms, refused by spoken"),
        ("bylaws.runs", "WARNING", "moves: S.A -> S.B aborted in 1 ms, refused by spoken"),
    ]


def test_exceptions_are_logged_without_their_texts(caplog: pytest.LogCaptureFixture) -> None:
    """An error, or for what is cancelled an information, with its class and where it came from."""
    caplog.set_level(logging.DEBUG)
    policy = observed(Policy[S, BaseException](raises, name="orders"), LogRuns())
    for error in (KeyError("secret"), GeneratorExit("secret")):
        with pytest.raises(type(error)):
            policy.run(error, S.A, S.B)
    assert [each.levelname for each in caplog.records] == ["ERROR", "INFO"]
    assert [each.__dict__["bylaws_outcome"] for each in caplog.records] == ["raised", "cancelled"]
    told = [caplog.records[0].__dict__[key] for key in EXTRA[7:10]]
    assert told == ["KeyError", "before_transition", "raises"]
    assert not any("secret" in str(vars(each)) for each in caplog.records)


def test_extra_has_all_keys_in_each_record(caplog: pytest.LogCaptureFixture) -> None:
    """Those that the documentation names, all of them, with `None` for what is not."""
    caplog.set_level(logging.DEBUG)
    observed(answering, LogRuns()).run(1, S.A, S.B)
    extra = {key: it for key, it in vars(caplog.records[0]).items() if key.startswith("bylaws")}
    assert [*extra] == EXTRA
    assert 0 < extra.pop("bylaws_duration") < 10
    assert re.fullmatch("[0-9a-f]{12}", extra.pop("bylaws_policy_version"))
    assert extra == {
        "bylaws_policy": "moves",
        "bylaws_from": "S.A",
        "bylaws_to": "S.B",
        "bylaws_outcome": "rejected",
        "bylaws_state": "S.A",
        "bylaws_refused_by": "spoken",
        "bylaws_error": None,
        "bylaws_phase": None,
        "bylaws_entry": None,
    }
    assert re.findall(r"\| `(bylaws_\w+)`", LogRuns.__doc__ or "") == [*EXTRA, "bylaws_reason"]


def test_reasons_are_opt_in(caplog: pytest.LogCaptureFixture) -> None:
    """They may hold personal data, as the texts of exceptions may."""
    caplog.set_level(logging.DEBUG)
    observed(answering, LogRuns(reasons=True)).run(4, S.A, S.B)
    with pytest.raises(ValueError, match="secret"):
        observed(Policy[S, Any](raises), LogRuns(reasons=True)).run(ValueError("secret"), S.A, S.B)
    assert [each.__dict__["bylaws_reason"] for each in caplog.records] == ["later", "secret"]


def test_a_record_names_the_line_that_called_run(caplog: pytest.LogCaptureFixture) -> None:
    """Not one of the library: in `run`, and in `arun`, with an outcome, and with an exception."""
    caplog.set_level(logging.DEBUG)
    policy = observed(Policy[S, Any](raises), LogRuns())
    fine = observed(Policy[S, Any](good), LogRuns())

    def who_runs() -> None:
        fine.run(None, S.A, S.B)
        with pytest.raises(KeyError):
            policy.run(KeyError(), S.A, S.B)

    async def who_aruns() -> None:
        await fine.arun(None, S.A, S.B)
        with pytest.raises(KeyError):
            await policy.arun(KeyError(), S.A, S.B)

    who_runs()
    drive(who_aruns())
    assert [each.funcName for each in caplog.records] == ["who_runs"] * 2 + ["who_aruns"] * 2


def test_levels_are_configured_one_by_one(caplog: pytest.LogCaptureFixture) -> None:
    """What is not given stays as in `LEVELS`; what is not enabled is not logged."""
    caplog.set_level(logging.INFO)
    policy = observed(answering, LogRuns(levels={"accepted": logging.DEBUG, "delayed": 35}))
    for number in (0, 4, 5):
        policy.run(number, S.A, S.B)
    assert [each.levelno for each in caplog.records] == [35, logging.WARNING]
    assert LEVELS["accepted"] == logging.INFO


def test_it_wants_no_end_where_nothing_can_be_logged() -> None:
    """With the logger set above all of the levels, a run is not looked at."""
    logging.getLogger("bylaws.runs").setLevel(logging.CRITICAL)
    starts: list[Any] = []
    log = LogRuns()
    observed(answering, lambda start: starts.append(log(start))).run(0, S.A, S.B)
    assert starts == [None]


def test_a_run_that_waits_is_logged_at_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """One record, when it has ended."""
    caplog.set_level(logging.DEBUG)

    @rule(from_states={S.A}, to_states={S.B})
    async def waits(_: Transition[S, S, int]) -> None:
        await Pause()

    running = observed(answering.inserting(waits, before=answering.entries[0]), LogRuns()).arun(
        0, S.A, S.B
    )
    running.send(None)
    assert not caplog.records
    with pytest.raises(StopIteration):
        running.send(None)
    assert len(caplog.records) == 1


def test_it_is_pickled_with_its_logger_by_name() -> None:
    """So that an observed policy travels."""
    travelled = pickle.loads(pickle.dumps(LogRuns("orders", reasons=True)))
    assert vars(travelled) == vars(LogRuns(logging.getLogger("orders"), reasons=True))


def test_it_works_with_dict_config() -> None:
    """A formatter can name what is in `extra`."""
    stream = io.StringIO()
    log = LogRuns()
    logging.config.dictConfig(
        {
            "version": 1,
            "formatters": {
                "runs": {"format": "%(levelname)s %(bylaws_policy)s %(bylaws_refused_by)s"},
                "braces": {"format": "{levelname} {bylaws_state}", "style": "{"},
            },
            "handlers": {
                "runs": {"class": "logging.StreamHandler", "formatter": "runs", "stream": stream},
                "also": {"class": "logging.StreamHandler", "formatter": "braces", "stream": stream},
            },
            "loggers": {"bylaws.runs": {"level": "INFO", "handlers": ["runs", "also"]}},
        }
    )
    policy = observed(answering, log)
    policy.run(0, S.A, S.B)
    policy.run(5, S.A, S.B)
    assert stream.getvalue().splitlines() == [
        "INFO moves None",
        "INFO S.B",
        "WARNING moves spoken",
        "WARNING None",
    ]


def lines_of(formatter: logging.Formatter) -> list[dict[str, Any]]:
    """What a formatter makes of an accepted run and one that raises, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger("bylaws.runs")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    observed(answering, LogRuns()).run(0, S.A, S.B)
    with pytest.raises(KeyError):
        observed(Policy[S, Any](raises, name="orders"), LogRuns()).run(KeyError(), S.A, S.B)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_it_works_with_structlog() -> None:
    """`ProcessorFormatter` renders it as its own, with what `ExtraAdder` finds."""
    structlog: Any = pytest.importorskip("structlog", reason="needs the extra: test")
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    accepted, raised = lines_of(formatter)
    assert accepted["event"].startswith("moves: S.A -> S.B accepted in ")
    assert [*accepted] == ["event", "level", *EXTRA]
    assert (accepted["level"], accepted["bylaws_state"]) == ("info", "S.B")
    assert (raised["level"], raised["bylaws_error"]) == ("error", "KeyError")


def test_it_works_with_json_formatters() -> None:
    """`python-json-logger` has each key of `extra` as one of the object."""
    json_logger: Any = pytest.importorskip("pythonjsonlogger.json", reason="needs the extra: test")
    accepted, raised = lines_of(json_logger.JsonFormatter("%(levelname)s %(message)s"))
    assert [*accepted] == ["levelname", "message", *EXTRA]
    assert accepted["message"].startswith("moves: S.A -> S.B accepted in ")
    assert raised["bylaws_phase"] == "before_transition"
    assert isinstance(raised["bylaws_duration"], float)
