"""Policies in the user's own modules: importing them, and finding what is a policy there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from enum import EnumType
from types import ModuleType
from typing import Any, TypeAlias, TypeVar, cast

from bylaws.cli.errors import InputError, shortened, users
from bylaws.policy import AsyncPolicy
from bylaws.views.matrix import Matrix
from bylaws.views.near import near

Read: TypeAlias = "tuple[Matrix, AsyncPolicy[Any, Any] | None]"
"""What a policy does, and the policy, if it is one of ours."""
Found: TypeAlias = "tuple[str, object, Read]"
"""Where a policy is, `shop.orders:refunds`, what is there, and what was read of it."""

T = TypeVar("T")


def policies_at(text: str) -> list[Found]:
    """The policy at `package.module:attribute`, or all that are in `package.module`."""
    name, colon, attribute = text.partition(":")
    module = _imported(name)
    if not colon:
        return _in_module(module)
    value: object = module
    for part in attribute.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise _missing(module, attribute) from None
    if isinstance(value, ModuleType):
        return _in_module(value)
    return [(text, value, _read(value, text, module))]


def _imported(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise InputError(f"{name!r} is neither a file nor a module")
    try:
        return _quietly(lambda: _past_a_cycle(name))
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise InputError(f"{name} does not import:\n{shortened(error)}") from error
        raise _no_module(error.name) from error
    except (Exception, SystemExit) as error:
        raise InputError(f"{name} does not import:\n{shortened(error)}") from error


def _past_a_cycle(name: str) -> ModuleType:
    """Import a module; one that is in a cycle and cannot come first comes second.

    What Prefect's policies import imports them again: they want it to be imported before.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        importing = [
            frame.f_globals["__name__"] for frame in frames if frame.f_code.co_name == "<module>"
        ]
        if error.name not in importing[:-1]:
            raise
        try:
            importlib.import_module(importing[-1])  # which asked for what was not there yet
            return importlib.import_module(name)
        except Exception:  # the cycle has no beginning; the first error says where it is
            raise error from error.__cause__


def _quietly(call: Callable[[], T]) -> T:
    """What a call gives. What user code prints goes to stderr: stdout is for what is asked for."""
    with redirect_stdout(sys.stderr):
        return call()


def _no_module(missing: str) -> InputError:
    parent, _, last = missing.rpartition(".")
    within = sys.modules.get(parent)
    path: Iterable[str] | None = getattr(within, "__path__", None) if parent else users(sys.path)
    if path is None:
        hint = f": {parent} is no package; what is in it is {parent}:{last}"
    else:
        hint = near(last, [info.name for info in pkgutil.iter_modules(path)])
    if not parent or not hint:
        hint += (
            ". The working directory and its src are importable, those of the project, and what is "
            "installed where bylaws is; a file in git is REV:./PATH"
        )
    return InputError(f"there is no module {missing}{hint}")


def _in_module(module: ModuleType) -> list[Found]:
    """Every policy in a module, or in a package and all that is below it, each once."""
    found = [
        (where, value, _read(value, where, module)) for where, value in _listed(module).items()
    ]
    if not found:
        raise InputError(f"there is no policy in {module.__name__}")
    return found


def _listed(module: ModuleType) -> dict[str, object]:
    """The policies of a module by where they are; classes of policies that none of them is of."""
    policies: dict[str, object] = {}
    classes: dict[str, type] = {}
    for each in _modules(module):
        for name, value in vars(each).items():
            where = f"{each.__name__}:{name}"
            if name.startswith("_"):
                continue
            if _is_policy(value):
                if not any(value is known for known in policies.values()):
                    policies[where] = value
            elif _is_class_of_policies(value, module) and value not in classes.values():
                classes[where] = value
    made = {type(value) for value in policies.values()}
    return policies | {where: kind for where, kind in classes.items() if kind not in made}


def _modules(module: ModuleType) -> Iterator[ModuleType]:
    yield module
    path = getattr(module, "__path__", None)
    for info in pkgutil.iter_modules(path, f"{module.__name__}.") if path else ():
        if not info.name.endswith(".__main__"):
            yield from _modules(_imported(info.name))


def _is_policy(value: object) -> bool:
    return issubclass(type(value), AsyncPolicy)  # isinstance asks a proxy for its __class__


def _is_class_of_policies(value: Any, module: ModuleType) -> bool:
    """Whether it is a class, defined in this module or below, that makes a policy by itself."""
    if not inspect.isclass(value) or not f"{value.__module__}.".startswith(f"{module.__name__}."):
        return False
    priority: object = inspect.getattr_static(value, "priority", None)
    if issubclass(value, AsyncPolicy):
        return priority is not vars(AsyncPolicy)["priority"] and _needs_nothing(cast("type", value))
    # As Prefect's; another class may mean anything by it.
    return isinstance(priority, staticmethod) and not inspect.isabstract(value)


def _needs_nothing(call: Callable[..., object]) -> bool:
    try:
        inspect.signature(call).bind()
    except (TypeError, ValueError):  # it has required arguments; nobody knows
        return False
    return True


def _read(value: Any, where: str, module: ModuleType) -> Read:
    """What a policy does; what is none is called, if it can be without arguments."""
    if _is_policy(value):
        return _tried(where, lambda: Matrix.of(value)), value  # it may be made only now
    if _is_of_another_kind(value):
        from bylaws.views.prefect import read_prefect_policy  # noqa: PLC0415

        return _tried(where, lambda: read_prefect_policy(value)), None
    # An enum, whose signature says that it needs nothing (3.12), is named for the policy over it.
    if not callable(value) or isinstance(value, EnumType) or not _needs_nothing(value):
        kind = type(value).__name__
        what = f"{where} is neither a policy nor makes one without arguments: it is a {kind}"
        raise InputError(f"{what}{_there(module)}")
    made: Any = _tried(f"{where}()", value)
    if _is_policy(made):
        return _tried(f"{where}()", lambda: Matrix.of(made)), made
    if inspect.iscoroutine(made):
        made.close()
    what = f"{where}() makes no policy, but a {type(made).__name__}"
    raise InputError(f"{what}{_there(module)}")


def _is_of_another_kind(value: Any) -> bool:
    """Whether it is a class with a `priority()` that is no policy of ours: one of Prefect's."""
    return (
        inspect.isclass(value)
        and not issubclass(value, AsyncPolicy)
        and inspect.getattr_static(value, "priority", None) is not None
    )


def _tried(what: str, call: Callable[[], T]) -> T:
    try:
        return _quietly(call)
    except (Exception, SystemExit) as error:
        raise InputError(f"{what} makes no policy:\n{shortened(error)}") from error


def _missing(module: ModuleType, attribute: str) -> InputError:
    names = [name for name in vars(module) if not name.startswith("_")]
    there = f"{module.__name__} has no {attribute!r}{near(attribute, names)}"
    return InputError(f"{there}{_there(module)}")


def _there(module: ModuleType) -> str:
    """What is a policy in a module, for an error."""
    names = [
        name
        for name, value in vars(module).items()
        if _is_policy(value) or _is_class_of_policies(value, module)
    ]
    return f"\npolicies there: {', '.join(names) or 'none'}"
