"""Modules that are written for one test, with marks where something is to be found."""

from __future__ import annotations

import importlib.util
import itertools
import linecache
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

PRELUDE: Final = """\
import bylaws
import dataclasses
import functools
from bylaws import *
from bylaws import reject as no
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from enum import Enum


class S(Enum):
    A = 1
    B = 2


on = {"from_states": {S.A}, "to_states": {S.B}}


class Base(BaseRule[S, S]):
    from_states = to_states = every(S)


class AsyncBase(AsyncBaseRule[S, S]):
    from_states = to_states = every(S)


"""
MARK: Final = "# <-"
_numbers = itertools.count()


class Writer:
    """Writes modules, and imports them."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self._monkeypatch = monkeypatch

    def module(self, text: str, prelude: str = PRELUDE, encoding: str = "utf-8") -> Any:
        """A module of this text, whatever is in it."""
        name = f"written_{next(_numbers)}"
        path = self.directory / f"{name}.py"
        path.write_text(prelude + text, encoding=encoding)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module: ModuleType = importlib.util.module_from_spec(spec)
        self._monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    @staticmethod
    def marked(module: Any) -> list[int]:
        """The lines with a mark."""
        lines = linecache.getlines(module.__file__)
        return [at for at, line in enumerate(lines, 1) if MARK in line]
