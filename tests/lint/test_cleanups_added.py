"""What cleanups a before hook adds: the source half of idle-cleanup, and transform-cleanup-only."""

from __future__ import annotations

from typing import Final

import pytest

from bylaws.lint.cleanups import cleanups_added, transform_cleanups
from bylaws.lint.hooks import Reader
from tests.lint.written import Writer

LAST: Final = {
    "at the end": """
    t.add_cleanup(print)  # <-
""",
    "before it lets the move go on": """
    t.add_cleanup(print)  # <-
    return proceed()
""",
    "before it returns": """
    t.add_cleanup(print)  # <-
    return
""",
    "before what cannot fail": """
    t.add_cleanup(print)  # <-
    pass
    "a word"
    taken = True
    return None
""",
    "at the end of branches": """
    if t.context:
        t.add_cleanup(print, 1)  # <-
    elif t.from_state:
        t.add_cleanup(print, 2)  # <-
        return bylaws.proceed()
    else:
        match t.context:
            case 1:
                t.add_cleanup(print, 3)  # <-
            case _:
                t.add_cleanup(print, 4)  # <-
                return Proceed()
""",
}

NOT_LAST: Final = {
    "before it may refuse": """
    t.add_cleanup(print)
    return abort(reason="no") if t.context else proceed()
""",
    "before it refuses": """
    t.add_cleanup(print)
    return delay(1, reason="no")
""",
    "before what may raise": """
    t.add_cleanup(print)
    t.context.write()
""",
    "before another, whose arguments may raise": """
    t.add_cleanup(print)
    if t.context:
        t.add_cleanup(t.context.close)
        t.context.more()
""",
    "before a condition": """
    t.add_cleanup(print)
    if t.context:
        pass
""",
    "in a loop, which comes back": """
    for each in t.context:
        t.add_cleanup(print)
""",
    "in a with block, which is left": """
    with t.context:
        t.add_cleanup(print)
""",
    "in a try block": """
    try:
        t.add_cleanup(print)
    finally:
        t.context.close()
""",
    "as a part of something": """
    print(t.add_cleanup(print))
    add = t.add_cleanup
    add(print)
""",
    "before what only looks like proceed()": """
    t.add_cleanup(print)
    return t.proceed()
""",
}


def hook(body: str) -> str:
    """A rule with this body."""
    return f"\n@rule(**on)\ndef entry(t):{body}"


@pytest.mark.parametrize("body", LAST.values(), ids=LAST)
def test_nothing_can_fail_after_it(body: str, writer: Writer) -> None:
    """After a marked line nothing in the hook can raise or refuse."""
    module = writer.module(hook(body))
    added = cleanups_added(module.entry, Reader())
    assert [each.place.line for each in added if each.last] == writer.marked(module)
    assert {each.sentence for each in added} == {"entry adds a cleanup"}


@pytest.mark.parametrize("body", NOT_LAST.values(), ids=NOT_LAST)
def test_something_may_fail_after_it(body: str, writer: Writer) -> None:
    """What comes after a cleanup may bring it into play, or that is not sure."""
    added = cleanups_added(writer.module(hook(body)).entry, Reader())
    assert added
    assert not any(each.last for each in added)


def test_what_adds_none(writer: Writer) -> None:
    """Other calls, other objects and other hooks add none; a lambda's end is not sure."""
    module = writer.module("""
class Rule(Base):
    def before_transition(self, transition):
        self.add_cleanup(print)
        transition.add_after(print)
        transition.context.add_cleanup(print)

    def after_transition(self, transition):
        transition.add_cleanup(print)


class Rebound(Base):
    def before_transition(self, transition):
        transition = transition.context
        transition.add_cleanup(print)


class Strange(Base):
    def before_transition(*args):
        args[1].add_cleanup(print)


entry = rule(**on)(lambda t: t.add_cleanup(print))
""")
    reader = Reader()
    for made in (module.Rule, module.Rebound, module.Strange):
        assert cleanups_added(made(), reader) == []
    [added] = cleanups_added(module.entry, reader)
    assert not added.last


ONLY: Final = {
    "no after hook": """
class Entry(BaseTransform):
    def before_transition(self, transition):
        transition.context.seen = True
        transition.add_cleanup(print)  # <-
        if transition.from_state:
            transition.add_cleanup(print)  # <-
""",
    "an async one": """
class Entry(AsyncBaseTransform):
    async def before_transition(self, transition):
        transition.add_cleanup(await transition.context.lock())  # <-
""",
    "an after hook that does nothing": """
class Entry:
    universal = True

    def before_transition(self, transition):
        transition.add_cleanup(print)  # <-

    def after_transition(self, transition, outcome):
        \"\"\"Nothing.\"\"\"
        pass
        return None
""",
    "taken along": """
class Entry(BaseTransform):
    def before_transition(self, transition):
        add = transition.add_cleanup  # <-
        add(print)
""",
}

NOT_ONLY: Final = {
    "a rule": """
class Entry(Base):
    def before_transition(self, transition):
        transition.add_cleanup(print)
""",
    "an after hook": """
class Entry(BaseTransform):
    def before_transition(self, transition):
        transition.add_cleanup(print)

    def after_transition(self, transition, outcome):
        print(outcome)
""",
    "an after hook that cannot be read": """
class Entry(BaseTransform):
    def before_transition(self, transition):
        transition.add_cleanup(print)

    after_transition = print
""",
    "an after callback": """
class Entry(BaseTransform):
    def before_transition(self, transition):
        transition.add_cleanup(print)
        transition.add_after(print)
""",
    "a helper that may add one": """
class Entry(BaseTransform):
    def before_transition(self, transition):
        transition.add_cleanup(print)
        watch(transition)
""",
    "no cleanup": """
class Entry(BaseTransform):
    def before_transition(self, transition):
        transition.context.seen = True
""",
    "no before hook": """
class Entry(BaseTransform):
    def on_decision(self, transition, outcome):
        transition.context.seen = True
""",
    "a transition that is not sure": """
class Entry(BaseTransform):
    def before_transition(self, *transition):
        transition[0].add_cleanup(print)
""",
}


@pytest.mark.parametrize("text", ONLY.values(), ids=ONLY)
def test_a_transform_undoes_after_exceptions_alone(text: str, writer: Writer) -> None:
    """Each line with a mark, and no other."""
    module = writer.module(text)
    spots = transform_cleanups(module.Entry(), Reader())
    assert [spot.place.line for spot in spots] == writer.marked(module)
    assert {spot.sentence for spot in spots} == {"Entry.before_transition adds a cleanup"}


@pytest.mark.parametrize("text", NOT_ONLY.values(), ids=NOT_ONLY)
def test_a_transform_has_an_after_side(text: str, writer: Writer) -> None:
    """Not a word about what is right, or cannot be told."""
    assert transform_cleanups(writer.module(text).Entry(), Reader()) == []
