"""The user's own code: the hooks of a policy, and the files whose lines are struck."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Final

import bylaws

LIBRARY: Final = str(Path(str(bylaws.__file__)).parent)
BEFORE_THE_WRITE: Final = ("before_transition", "on_decision")
HOOKS: Final = ("before_transition", "on_decision", "after_transition", "cleanup")


def code_of(hook: object) -> CodeType | None:
    """The code that is executed when a hook is called; `None` if it is none of Python's."""
    while isinstance(hook, partial):
        hook = hook.func
    hook = getattr(hook, "__func__", hook)
    code: object = getattr(hook, "__code__", None)
    if code is None and not isinstance(hook, type):
        code = getattr(vars(type(hook)).get("__call__"), "__code__", None)
    return code if isinstance(code, CodeType) else None


def is_function(entry: object) -> bool:
    """Whether it is what `@rule` makes of a function."""
    return isinstance(entry, bylaws.FunctionRule)


def functions(entry: object, hooks: Iterable[str]) -> list[object]:
    """The hooks of an entry, and the function of a rule that is one."""
    found = [getattr(entry, each, None) for each in hooks]
    if is_function(entry):
        found.append(getattr(entry, "__wrapped__", None))
    return [each for each in found if each is not None]


class Own:
    """Which code is the user's own.

    That is what is in the package, the topmost one, of a hook; of a module that is in none, the
    modules beside it. `packages` names more of them.
    """

    def __init__(self, hooks: Iterable[object], packages: Iterable[str]) -> None:
        self._known: dict[str, bool] = {}
        self._packages: set[str] = set()
        self._folders: set[str] = set()
        for package in packages:
            self._add(package, None)
        for hook in hooks:
            while isinstance(hook, partial):
                hook = hook.func  # noqa: PLW2901 (what it is of)
            code = code_of(hook)
            file = None if code is None else code.co_filename
            self._add(str(getattr(hook, "__module__", None) or type(hook).__module__), file)

    def _add(self, module: str, file: str | None) -> None:
        top = module.partition(".")[0]
        if top == "bylaws" or top in sys.stdlib_module_names:
            return
        paths: Iterable[str] | None = getattr(sys.modules.get(top), "__path__", None)
        if paths is not None:
            self._packages.update(paths)
        else:
            file = file or getattr(sys.modules.get(top), "__file__", None)
        if file is not None and not file.startswith(LIBRARY):
            self._known[file] = True
            folder = Path(file).parent
            if paths is None and Path(file).is_file() and folder.name != "site-packages":
                self._folders.add(str(folder))

    def __contains__(self, code: CodeType) -> bool:
        file = code.co_filename
        known = self._known.get(file)
        if known is None:
            path = Path(file)
            inside = not path.is_relative_to(LIBRARY) and (
                str(path.parent) in self._folders
                or any(path.is_relative_to(package) for package in self._packages)
            )
            known = self._known[file] = inside
        return known

    def belongs(self, code: CodeType) -> bool:
        """Whether it is."""
        return code in self
