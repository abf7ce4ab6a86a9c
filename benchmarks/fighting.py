"""Many processes fight over few rows of one database, and nothing may be lost or done twice.

    python -m benchmarks.fighting --processes 8 --workers 8 --rows 50 --moves 60000 --database URL

`--harm` kills workers with SIGKILL, ends connections (PostgreSQL) and restarts the server (one of
its own, `--database own`), all of it over and over. Clocks jump in any case. A URL with an async
driver lets async stores fight, whose moves are cancelled now and then. The tables `fighters` and
`fights` of that database are dropped.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import make_url

from tests.store.cluster import running
from tests.store.fight import Harm, fight, judge, prepare


def main() -> None:
    """Read the options, let them fight, print what came of it; fails if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--moves", type=int, default=60_000)
    parser.add_argument("--harm", action="store_true")
    parser.add_argument("--driver", default="psycopg", help="of one's own server: asyncpg, say")
    parser.add_argument(
        "--database", default="sqlite", help='a URL; "sqlite", "sqlite+aiosqlite" or "own"'
    )
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        harm = Harm()
        given: str = options.database
        if given in ("sqlite", "sqlite+aiosqlite"):
            url = make_url(f"{given}:///{folder / 'fight.db'}")
        elif given == "own":
            server = stack.enter_context(running())
            url = server.url.set(drivername=f"postgresql+{options.driver}")
            harm.control = lambda: server.control("restart", "-m", "immediate")
        else:
            url = make_url(given)
        if options.harm:
            harm.sigkill = 2
            if url.get_backend_name() == "postgresql":
                harm.terminate, harm.restart = 1, 15 if given == "own" else 0
        plain = "postgresql+psycopg" if url.get_backend_name() == "postgresql" else "sqlite"
        prepare(url.set(drivername=plain), options.rows)
        told = folder / "told"
        told.mkdir()
        seconds = fight(
            url,
            told,
            processes=options.processes,
            workers=options.workers,
            rows=options.rows,
            total=options.moves,
            harm=harm,
        )
        result = judge(url, told)
    print(f"{url.drivername}: {seconds:,.0f} s, {result.counts['accepted'] / seconds:,.0f} moves/s")
    for what, count in sorted((result.counts + harm.done).items()):
        print(f"  {what:<24}{count:>9,}")
    for what in ("lost", "double"):
        print(f"  {what:<24}{result.counts[what]:>9,}")
    for line in result.wrong[:20]:
        print(f"  WRONG: {line}")
    raise SystemExit(bool(result.wrong))


if __name__ == "__main__":
    main()
