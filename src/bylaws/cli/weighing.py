"""`diff --weigh`: where recorded moves come from."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bylaws.cli.errors import InputError
from bylaws.cli.output import STDOUT, visible
from bylaws.cli.pairs import Pair
from bylaws.views.counts import Count, read_counts
from bylaws.views.errors import MatrixError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine


def weighed(pairs: Sequence[Pair], weigh: str, history: str) -> Pair:
    """The pair, with what its lines weigh. Of several nobody knows whose moves were recorded."""
    if len(pairs) != 1:
        listed = f"name one with --policy: {', '.join([each.name for each in pairs])}"
        raise InputError(f"--weigh is for one policy; {listed if pairs else 'there is none'}")
    (pair,) = pairs
    change = pair.difference
    if "://" in weigh:
        counts = _of_policies(_of_database(weigh, history), (change.new.name, change.old.name))
    else:
        counts = _of_csv(weigh)
    return replace(pair, weighed=change.weighed(counts))


def _of_csv(weigh: str) -> Sequence[Count]:
    """The counts of a file, or of stdin."""
    try:
        return read_counts(sys.stdin.buffer.read() if weigh == STDOUT else Path(weigh).read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"--weigh: there is no file {weigh}") from error
    except MatrixError as error:
        raise InputError(f"--weigh: {'stdin' if weigh == STDOUT else weigh}: {error}") from error


def _of_policies(
    counts: Mapping[str | None, Sequence[Count]], names: Collection[str]
) -> Sequence[Count]:
    """Those of the policies that are compared; all, if the history knows none of these names.

    What is done with the moves of others is told on stderr: a policy may have been renamed.
    """
    others = {name: found for name, found in counts.items() if name not in names}
    known = len(others) < len(counts)
    if others and (known or any(others)):
        listed = ", ".join(
            f"{name or 'without a name'} ({sum([count.moves for count in found]):,})"
            for name, found in sorted(others.items(), key=lambda each: each[0] or "")
        )
        called = " or ".join(dict.fromkeys(names))
        told = (
            f"left out are recorded moves of other policies than {called}: {listed}"
            if known
            else f"no recorded move is of a policy {called}; all are counted: {listed}"
        )
        print(f"bylaws: --weigh: {visible(told)}", file=sys.stderr)
    return [
        count for name, found in counts.items() if not known or name in names for count in found
    ]


def _of_database(text: str, history: str) -> Mapping[str | None, Sequence[Count]]:
    try:
        from sqlalchemy import make_url  # noqa: PLC0415
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        need = "--weigh with a database needs SQLAlchemy: pip install 'bylaws[sqlalchemy]'"
        raise InputError(need) from error
    from bylaws.views.recorded import read_policies  # noqa: PLC0415 (needs SQLAlchemy)

    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError) as error:  # whose texts may have the password
        raise InputError(f"--weigh: this is no URL of a database; {_SUCH}") from error
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            return read_policies(connection, history)
    except MatrixError as error:
        raise InputError(f"--weigh: {error}; --history NAME says which table it is") from error
    except SQLAlchemyError as error:
        cause: object = getattr(error, "orig", None) or error  # as the driver says it
        raise InputError(f"--weigh: {url.render_as_string()}: {cause}") from error
    finally:
        engine.dispose()


_SUCH: Final = "one is like postgresql+psycopg://USER@HOST/DATABASE, or sqlite:///FILE"


def _engine(url: URL) -> Engine:
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        engine = create_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        raise InputError(f"--weigh: {url.drivername}: {error}; {_SUCH}") from error
    if engine.dialect.is_async:
        raise InputError(f"--weigh: {url.drivername} is for asyncio: name a plain driver; {_SUCH}")
    file = url.database or ""
    if (
        engine.dialect.name == "sqlite"
        and not file.startswith("file:")
        and not Path(file).is_file()
    ):
        raise InputError(f"--weigh: there is no file {file!r}")  # it would be made
    return engine
