"""The project: what `[tool.bylaws]` in its pyproject.toml says.

    [tool.bylaws]
    policies = ["shop.orders:orders", "shop.refunds"]  # what the verbs are about without arguments
    lock = "bylaws.lock"                               # relative to pyproject.toml

    [tool.bylaws.lint]
    ignore = [{ check = "shadowed", policy = "orders", at = "take_van", reason = "until May" }]

Arguments and flags of the command go before it, what it does not say is as above, and there are no
policies then.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from bylaws.cli.errors import InputError
from bylaws.views.errors import MatrixError
from bylaws.views.near import near
from bylaws.views.nearest import mapping, nearest_table

KEYS: Final = ("policies", "lock", "lint")
IGNORE_KEYS: Final = ("check", "policy", "at", "reason")


@dataclass(frozen=True, slots=True)
class Project:
    """A project.

    Attributes:
        root: the directory of its pyproject.toml; the working directory if it has none.
        policies: the sources of its policies.
        lock: its lock file.
        ignores: what lint is to ignore, a mapping with `IGNORE_KEYS` each; the reason may be empty.
        file: its pyproject.toml, if it has one.
        listing: whether that has a list of what lint is to ignore, be it empty.

    """

    root: Path
    policies: tuple[str, ...]
    lock: Path
    ignores: tuple[Mapping[str, str], ...] = ()
    file: Path | None = None
    listing: bool = False

    @contextmanager
    def importable(self) -> Generator[None, None, None]:
        """Let Python import from `src`, then the working directory, then the same of the root.

        Afterwards no module there stands before one of the same name that a view imports.
        """
        here = Path.cwd()
        wanted = map(str, [here / "src", here, self.root / "src", self.root])
        added = [path for path in dict.fromkeys(wanted) if path not in sys.path]
        sys.path[:0] = added
        try:
            yield
        finally:
            sys.path[:] = [path for path in sys.path if path not in added]


def find_project() -> Project:
    """The project of the working directory: of the nearest pyproject.toml that has the table."""
    here = Path.cwd()
    try:
        found = nearest_table(here)
    except MatrixError as error:
        raise InputError(str(error)) from error
    if found is None:
        return Project(here, (), here / "bylaws.lock")
    file, table = found
    return _project(file.parent, table, file)


def _project(root: Path, table: Mapping[str, object], file: Path) -> Project:
    for key in table:
        if key not in KEYS:
            raise InputError(f"{file}: [tool.bylaws] has no key {key!r}{near(key, KEYS)}")
    listed = table.get("policies", [])
    policies = cast("list[object]", listed) if isinstance(listed, list) else [None]
    sources = [each for each in policies if isinstance(each, str)]
    if len(sources) != len(policies):
        raise InputError(f"{file}: policies of [tool.bylaws] has to be a list of strings")
    lock = table.get("lock", "bylaws.lock")
    if not isinstance(lock, str):
        raise InputError(f"{file}: lock of [tool.bylaws] has to be a string")
    linting = table.get("lint", {})
    ignores = _ignores(linting, file)
    listing = "ignore" in (mapping(linting) or ())
    return Project(root, tuple(sources), root / lock, ignores, file, listing)


def _ignores(value: object, file: Path) -> tuple[Mapping[str, str], ...]:
    table = mapping(value)
    if table is None:
        raise InputError(f"{file}: tool.bylaws.lint is no table")
    for key in table:
        if key != "ignore":
            raise InputError(
                f"{file}: [tool.bylaws.lint] has no key {key!r}{near(key, ['ignore'])}"
            )
    listed = table.get("ignore", [])
    found: list[Mapping[str, str]] = []
    for each in cast("list[object]", listed) if isinstance(listed, list) else [None]:
        entry = mapping(each)
        if entry is None:
            raise InputError(f"{file}: ignore of [tool.bylaws.lint] has to be a list of tables")
        for key in entry:
            if key not in IGNORE_KEYS:
                raise InputError(
                    f"{file}: an ignore of [tool.bylaws.lint] has no key {key!r}"
                    f"{near(key, IGNORE_KEYS)}"
                )
        texts = {key: text for key, text in entry.items() if isinstance(text, str) and text}
        missing = [key for key in IGNORE_KEYS if key not in texts and key != "reason"]
        if missing:
            raise InputError(
                f"{file}: an ignore of [tool.bylaws.lint] has no {missing[0]}; it takes a text for "
                f"each of {', '.join(IGNORE_KEYS)}"
            )
        found.append({"reason": "", **texts})
    return tuple(found)
