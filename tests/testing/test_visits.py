"""Visits: on which line events of a run an error is raised, told from events made by hand."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from itertools import count
from math import inf
from types import CodeType, FrameType, SimpleNamespace
from typing import cast

import pytest

from bylaws import Policy
from bylaws.testing.errors import HangError, StrikeError
from bylaws.testing.striking.statements import source_of
from bylaws.testing.striking.visits import MOST_VISITS, Visits, called
from tests.testing.zoo import S, World

FILES = count()


def compiled(text: str) -> CodeType:
    """The code of the one function of a file that is nowhere but in the cache of lines."""
    file = f"<visits {next(FILES)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    (code,) = [each for each in compile(text, file, "exec").co_consts if isinstance(each, CodeType)]
    return code


def frame(code: CodeType, back: FrameType | None) -> FrameType:
    """What stands for a frame."""
    return cast("FrameType", SimpleNamespace(f_code=code, f_back=back))


RUN = frame(Policy[S, World].run.__code__, None)


def heard(code: CodeType, lines: Sequence[int], *, hook: bool = True) -> list[tuple[int, int]]:
    """The visits that are seen of a function when these lines are told."""
    visits = Visits({code} if hook else set())
    visits.begin(None, inf, record=True)
    at = frame(code, RUN)
    visits.started(at)
    for line in lines:
        visits.line(at, line)
    return [(place.line, place.nth) for place in visits.seen]


MULTI_LINE = """\
def hook(t):
    t.add_cleanup(
        t.append,
        t.pop(),
    )
    return t.proceed()
"""
WITH = """\
def hook(t):
    with t.lock:
        return t.pop()
"""
TRY = """\
def hook(t):
    try:
        t.take()
    except KeyError:
        t.miss()
    finally:
        t.give()
        t.tell()
"""
LOOP = """\
def hook(t):
    for each in t:
        t.take(each)
    taken = t
    return taken
"""
TAKES = """\
def hook(t):
    van = t.take()
    try:
        t.miss(van)
    except KeyError:
        t.give(van)
    match van:
        case 1:
            t.tell(van)
"""
HARMLESS = """\
def hook(t):
    try:
        if t.open():
            pass
        value = 3
        value = t
    except ValueError:
        return
    return 3
"""
LAMBDA = "hook = lambda t: (\n    t.pop(),\n    t.pop(),\n)\n"
INNER = "hook = [t.pop() for t in ()]\nhook = (\n    t.pop() for t in ())\n"
CASES = {
    "a statement over several lines": (MULTI_LINE, [2, 3, 4, 2, 6], [2, 6]),
    "the end of a with": (WITH, [2, 3, 2, 3], [2, 3]),
    "what undoes": (TRY, [2, 3, 7, 8], [3, 8]),
    "what is excepted": (TRY, [2, 3, 4, 5, 7, 8], [3, 5, 8]),
    "a loop": (LOOP, [2, 3, 2, 3, 2, 4, 5], [2, 3, 2, 3, 2]),
    "what cannot fail": (HARMLESS, [2, 3, 4, 5, 6, 9], [3]),
    "a lambda": (LAMBDA, [1, 2, 3, 1], [1]),
}


@pytest.mark.parametrize(("text", "lines", "struck"), CASES.values(), ids=CASES)
def test_where_a_statement_begins_it_may_fail(
    text: str, lines: Sequence[int], struck: Sequence[int]
) -> None:
    """It may not in the middle of one, where it undoes, or where nothing can go wrong."""
    assert [line for line, _ in heard(compiled(text), lines)] == struck


def test_a_comprehension_is_a_part_of_a_statement() -> None:
    """Its lines are none of their own."""
    codes = compile(INNER, "<inner>", "exec").co_consts
    for code in codes:
        if isinstance(code, CodeType):
            assert heard(code, [2, 3]) == []


def test_without_its_text_every_line_counts() -> None:
    """What was compiled from no file has no statements that are known."""
    text = "def hook(t):\n    t.add_cleanup(\n        t.pop(),\n    )\n"
    codes = compile(text, "<nowhere>", "exec").co_consts
    (code,) = [each for each in codes if isinstance(each, CodeType)]
    assert [line for line, _ in heard(code, [2, 3, 2])] == [2, 3, 2]
    assert str(Seen(code)) == "<nowhere>:2, in hook"


def Seen(code: CodeType) -> object:  # noqa: N802 (as the class that it makes)
    visits = Visits({code})
    visits.begin(None, inf, record=True)
    visits.line(frame(code, RUN), 2)
    return visits.seen[0]


def test_a_file_that_is_no_python_has_no_statements() -> None:
    """A notebook, a template: its lines all count."""
    linecache.cache["<template>"] = (1, None, ["{{ hook }\n"], "<template>")
    assert source_of("<template>") is None
    assert source_of("<nowhere at all>") is None


def test_visits_are_numbered_and_not_without_end() -> None:
    """Of a line that one call of a hook comes by more often, the first few are struck."""
    code = compiled(LOOP)
    seen = heard(code, [2, 3] * 20)
    assert seen == [(line, nth) for nth in range(1, MOST_VISITS + 1) for line in (2, 3)]


def test_another_call_of_a_hook_counts_anew() -> None:
    """Ten rules of one class are all struck."""
    code = compiled(LOOP)
    visits = Visits({code})
    visits.begin(None, inf, record=True)
    for _ in range(2):
        at = frame(code, RUN)
        visits.started(at)
        for _ in range(MOST_VISITS + 1):
            visits.line(at, 3)
    assert len(visits.seen) == 2 * MOST_VISITS
    assert [place.nth for place in visits.seen][-1] == 2 * MOST_VISITS + 1


def test_outside_of_a_hook_nothing_counts() -> None:
    """What an after side, a cleanup or a callback does is not struck."""
    assert heard(compiled(LOOP), [2, 3], hook=False) == []


def test_what_undoes_is_not_struck_where_it_calls_something() -> None:
    """A function that the first statement of a finally calls undoes, too."""
    hook, helper = compiled(TRY), compiled(LOOP)
    visits = Visits({hook})
    visits.begin(None, inf, record=True)
    at = frame(hook, RUN)
    visits.started(at)
    inner = frame(helper, at)
    for line, calls in ((3, True), (7, True), (8, False)):
        visits.line(at, line)
        if calls:
            visits.started(inner)
            visits.line(inner, 2)
    assert [(place.code.co_filename, place.line) for place in visits.seen] == [
        (hook.co_filename, 3),
        (helper.co_filename, 2),
        (hook.co_filename, 8),
    ]


def test_a_frame_may_stand_where_another_one_was() -> None:
    """What was known of that one is forgotten."""
    undoes, hook = compiled(TRY), compiled(LOOP)
    visits = Visits({hook, undoes})
    visits.begin(None, inf, record=True)
    at = SimpleNamespace(f_code=undoes, f_back=RUN)
    one = cast("FrameType", at)
    visits.line(one, 7)
    at.f_code = hook
    inner = frame(undoes, one)
    visits.line(inner, 3)
    visits.line(one, 3)
    assert [place.line for place in visits.seen] == [3, 3]


def strike(nth: int) -> tuple[Visits, Callable[[], None]]:
    """Visits whose target is a visit of the second line of a loop; and two rounds of it."""
    code = compiled(LOOP)
    visits = Visits({code})
    visits.begin(None, inf, record=True)
    at = frame(code, RUN)

    def rounds() -> None:
        visits.started(at)
        for line in (2, 3, 2, 3):
            visits.line(at, line)

    rounds()
    target = [place for place in visits.seen if (place.line, place.nth) == (3, nth)]
    visits.begin(target[0], inf)
    return visits, rounds


@pytest.mark.parametrize(("nth", "shown"), [(1, ""), (2, " (visit 2)")])
def test_an_error_is_raised_where_it_belongs(nth: int, shown: str) -> None:
    """At that visit, once, and it says where it is."""
    visits, rounds = strike(nth)
    with pytest.raises(StrikeError) as caught:
        rounds()
    assert visits.struck
    assert visits.thrown is caught.value
    assert str(caught.value).endswith(f":3, in hook, between for each in t and take{shown}")
    rounds()


def test_a_run_is_cut_off() -> None:
    """At the first line after its time is over."""
    visits, rounds = strike(1)
    visits.begin(None, -1)
    with pytest.raises(HangError):
        rounds()
    assert visits.hung
    assert not visits.struck


def test_a_run_that_is_neither_struck_nor_recorded() -> None:
    """Its lines are counted by nobody."""
    visits, rounds = strike(1)
    seen = len(visits.seen)
    visits.begin(None, inf)
    rounds()
    assert len(visits.seen) == seen


def test_a_function_is_called_what_it_is() -> None:
    """By its qualified name, without what it is local to."""

    def local() -> None: ...

    assert called(local.__code__) == "local"
    assert called(Visits.line.__code__) == "Visits.line"


def test_what_a_place_is_between() -> None:
    """Of the statements that were executed; not what stands in their handlers and cases."""
    visits = Visits({code := compiled(TAKES)})
    visits.begin(None, inf, record=True)
    at = frame(code, RUN)
    visits.started(at)
    for line in (2, 3, 4, 7, 9):
        visits.line(at, line)
    assert [str(place).partition("between ")[2] for place in visits.seen] == [
        "",
        "t.take() and miss",
        "t.miss() and match van",
        "match van and tell",
    ]


def test_what_is_cut_off_leaves_its_withs() -> None:
    """An exception at the line of a `with` that is left would keep its exit from being called."""
    visits = Visits({code := compiled(WITH)})
    visits.begin(None, -1)
    at = frame(code, RUN)
    visits.started(at)
    visits.line(at, 2)
    with pytest.raises(HangError):
        visits.line(at, 3)
    assert visits.hung
    visits.line(at, 2)
    assert visits.seconds_left() < 0
