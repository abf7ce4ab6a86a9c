"""The project of a directory: the nearest pyproject.toml upwards that has `[tool.bylaws]`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from bylaws.views.errors import MatrixError


def nearest_table(here: Path) -> tuple[Path, Mapping[str, object]] | None:
    """That pyproject.toml and its table. `MatrixError` for one that cannot be read on the way."""
    for root in (here, *here.parents):
        file = root / "pyproject.toml"
        table = _table(file) if file.is_file() else None
        if table is not None:
            return file, table
    return None


def mapping(value: object) -> Mapping[str, object] | None:
    """What may be a table, if it is one."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def _table(file: Path) -> Mapping[str, object] | None:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # also what is no UTF-8
        raise MatrixError(f"{file} cannot be read: {error}") from error
    tool = mapping(data.get("tool"))
    if tool is None or "bylaws" not in tool:
        return None
    table = mapping(tool["bylaws"])
    if table is None:
        raise MatrixError(f"{file}: tool.bylaws is no table")
    return table
