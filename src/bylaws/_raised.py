"""Raised: which of a run's exceptions goes out, what it is told, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from bylaws.state import show

if TYPE_CHECKING:
    from bylaws._plan import Step

# An exception, the step that it came from (none: the commit), and the name of the hook or callback.
Raised: TypeAlias = "tuple[BaseException, Step | None, str]"

_set: Final = BaseException.__setattr__  # also where the class of an exception freezes it


MOST_NOTES: Final = 64
"""An exception that is made once and raised in every run would collect notes without end."""


def leave(
    raised: tuple[Raised, ...],
    move: Callable[[Enum | None, Enum | None], str],
    states: tuple[Enum | None, Enum | None],
    committed: Enum | None,
    on_exception: Callable[[BaseException, object, str], None],
) -> NoReturn:
    """Raise the one that goes out, as it is, with the `__context__` that it came with.

    That is the first `KeyboardInterrupt` or `SystemExit`; else the first other that is no
    `Exception`, so that a task group or a cancel scope knows its cancellation again; else the
    first. `on_exception` is told of it last.

    Python would put into its `__context__` what the caller of the run is handling, in the place of
    its own; that hangs at the end of its own anyway, since the hook raised it inside of that. (One
    that a commit answered with was not raised yet: it has none, and keeps none.)
    """
    out = raised[0]
    try:
        out = min(raised, key=_urgency)
        _tell(out, raised, move(*states), committed)
    except RecursionError:  # no room to say more: it goes out all the same
        pass
    error = out[0]
    context = error.__context__
    try:  # noqa: SIM105 (what is light imports no contextlib)
        _pass_on(out, on_exception)
    except RecursionError:
        pass
    try:
        raise error
    except BaseException:
        _set(error, "__context__", context)
        raise
    finally:
        del out, error, raised, context  # their tracebacks hold this frame


def _pass_on(out: Raised, on_exception: Callable[[BaseException, object, str], None]) -> None:
    error, step, hook = out
    try:
        on_exception(error, None if step is None else step.entry, hook)
    except Exception as failure:
        text = f"{_shown(failure)} in on_exception()"
        _log(failure, f"{text}, beside the {type(error).__name__} that goes out")


def _tell(out: Raised, raised: tuple[Raised, ...], move: str, committed: Enum | None) -> None:
    """Note on the one that goes out where it came from, and what each of the others was.

    Those that are an `Exception` are logged, too.
    """
    leaves, step, hook = out
    note(leaves, f"in {where(step, hook)}, {move}{_stands(committed)}")
    told = [leaves]
    for error, step, hook in raised:
        if any(error is each for each in told):
            continue
        told.append(error)
        beside = f"{_shown(error)} in {where(step, hook)}"
        if isinstance(error, Exception):
            _log(error, f"{move}: {beside}, beside the {type(leaves).__name__} that goes out")
            note(leaves, f"also raised, and logged: {beside}")
        else:
            note(leaves, f"also raised: {beside}")


def where(step: Step | None, hook: str) -> str:
    """A hook or callback by its entry's name and its own."""
    return hook if step is None else f"{step.name}.{hook}"


def note(error: BaseException, text: str) -> None:
    """Add a note, once; also to an exception that is frozen, or whose notes are no list."""
    try:
        notes: object = getattr(error, "__notes__", None)
        kept: list[object] = [*notes] if isinstance(notes, list | tuple) else []
        if text not in kept and len(kept) < MOST_NOTES:
            _set(error, "__notes__", [*kept, text])
    except Exception:  # noqa: S110 (a note is not worth the exception)
        pass


def _urgency(raised: Raised) -> int:
    error = raised[0]
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return 0
    return 2 if isinstance(error, Exception) else 1


def _stands(committed: Enum | None) -> str:
    return "" if committed is None else f"; the commit of {show(committed)} stands"


def _shown(error: BaseException) -> str:
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:
        return kind
    return f"{kind}: {text.rstrip('.')}" if text else kind


def _log(error: Exception, text: str) -> None:
    try:
        import logging  # noqa: PLC0415 (most runs log nothing)

        logging.getLogger("bylaws").error(text, exc_info=error)
    except Exception:  # noqa: S110 (of a filter, a __str__, the import: not worth what goes out)
        pass
