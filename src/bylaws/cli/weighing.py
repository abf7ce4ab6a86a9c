"""`diff --weigh`: where recorded moves come from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bylaws.cli.errors import InputError
from bylaws.cli.output import STDOUT
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
    return replace(pair, weighed=pair.difference.weighed(_counts(weigh, history)))


def _counts(weigh: str, history: str) -> Sequence[Count]:
    """The counts of a CSV, a file or stdin, or of the history in a database."""
    if "://" in weigh:
        return _of_database(weigh, history)
    try:
        return read_counts(sys.stdin.buffer.read() if weigh == STDOUT else Path(weigh).read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"--weigh: there is no file {weigh}") from error
    except MatrixError as error:
        raise InputError(f"--weigh: {'stdin' if weigh == STDOUT else weigh}: {error}") from error


def _of_database(text: str, history: str) -> Sequence[Count]:
    try:
        from sqlalchemy import make_url  # noqa: PLC0415
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        need = "--weigh with a database needs SQLAlchemy: pip install 'bylaws[sqlalchemy]'"
        raise InputError(need) from error
    from bylaws.views.recorded import read_history  # noqa: PLC0415 (needs SQLAlchemy)

    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError) as error:  # whose texts may have the password
        raise InputError(f"--weigh: this is no URL of a database; {_SUCH}") from error
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            return [*read_history(connection, history)]
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
