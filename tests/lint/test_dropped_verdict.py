"""dropped-verdict: verdicts that a hook makes and does not return, and what only looks like it."""

from __future__ import annotations

from typing import Final

import pytest

from bylaws.lint.dropped import dropped_verdicts
from bylaws.lint.hooks import Reader
from tests.lint.written import Writer

DROPPED: Final = {
    "a statement": """
@rule(**on)
def entry(t):
    if t.context:
        reject(reason="no")  # <-
    return proceed()
""",
    "each of the four": """
@rule(**on)
def entry(t):
    reject(S.A, reason="no")  # <-
    delay(3, reason="no")  # <-
    abort(reason="no")  # <-
    proceed()  # <-
""",
    "in all kinds of blocks": """
@rule(**on)
def entry(t):
    for _ in range(3):
        while t.context:
            abort(reason="no")  # <-
        else:
            abort(reason="no")  # <-
    with open(t.context) as file:
        abort(reason="no")  # <-
    try:
        abort(reason="no")  # <-
    except OSError:
        abort(reason="no")  # <-
    else:
        abort(reason="no")  # <-
    finally:
        abort(reason="no")  # <-
    match t.context:
        case 1:
            abort(reason="no")  # <-
        case _:
            abort(reason="no")  # <-
""",
    "under other names": """
from bylaws.verdict import delay as later
import bylaws.verdict as verdicts
stop = bylaws.abort
never = functools.partial(functools.partial(abort), reason="never")


@rule(**on)
def entry(t):
    no(reason="no")  # <-
    later(1, reason="no")  # <-
    bylaws.reject(reason="no")  # <-
    bylaws.verdict.reject(reason="no")  # <-
    verdicts.abort(reason="no")  # <-
    stop(reason="no")  # <-
    never()  # <-
""",
    "under names of the hook's own": """
@rule(**on)
def entry(t):
    from bylaws import reject as mine
    import bylaws.verdict
    import bylaws.verdict as v
    alias = bylaws.delay
    typed: object = alias
    mine(reason="no")  # <-
    bylaws.verdict.abort(reason="no")  # <-
    v.abort(reason="no")  # <-
    alias(1, reason="no")  # <-
    typed(1, reason="no")  # <-
""",
    "a name of the function around it": """
def made():
    stop = abort

    @rule(**on)
    def entry(t):
        stop(reason="no")  # <-

    return entry


entry = made()
""",
    "the classes": """
@rule(**on)
def entry(t):
    Reject(None, "no")  # <-
    Abort("no")  # <-
""",
    "in expressions whose value is dropped": """
@rule(**on)
def entry(t):
    t.context and abort(reason="no")  # <-
    abort(reason="no") if t.context else delay(1, reason="no")  # <-
    t.context or (t.context and abort(reason="no"))  # <-
    abort(reason="no"),  # <-
    [abort(reason="no")]  # <-
""",
    "over several lines": """
@rule(**on)
def entry(t):
    (
        reject(  # <-
            S.A,
            reason="no",
        )
    )
""",
    "assigned and never read": """
@rule(**on)
def entry(t):
    answer = abort(reason="no")  # <-
    other: object = abort(reason="no")  # <-
    one = two = abort(reason="no")  # <-
    (three := abort(reason="no"))  # <-
    four = abort(reason="no") if t.context else None  # <-
    return proceed()
""",
    "an async hook": """
@rule(**on)
async def entry(t):
    abort(reason="no")  # <-
    async with t.context:
        abort(reason="no")  # <-
    async for _ in t.context:
        abort(reason="no")  # <-
""",
    "a method": """
class Rule(Base):
    def before_transition(self, transition):
        abort(reason="no")  # <-


entry = Rule()
""",
    "an inherited method": """
class Mine(AsyncBase):
    async def before_transition(self, transition):
        abort(reason="no")  # <-


class Rule(Mine):
    pass


entry = Rule()
""",
    "a static method, and a class method": """
class Rule(Base):
    @staticmethod
    def before_transition(transition):
        abort(reason="no")  # <-

    @classmethod
    def cleanup(cls, transition):
        abort(reason="no")  # <-


entry = Rule()
""",
    "the hooks that answer nothing": """
class Rule(BaseTransform):
    def before_transition(self, transition):
        abort(reason="no")  # <-

    def on_decision(self, transition, outcome):
        abort(reason="no")  # <-

    def after_transition(self, transition, outcome):
        abort(reason="no")  # <-


entry = Rule()
""",
    "under decorators": """
def logged(hook):
    @functools.wraps(hook)
    def wrapper(*args):
        return hook(*args)

    return wrapper


@rule(**on)
@logged
@logged
def entry(t):
    abort(reason="no")  # <-
""",
    "under a decorator that says nothing of it": """
def refusing(hook):
    def wrapper(t):
        hook(t)
        abort(reason="no")  # <-

    return wrapper


@rule(**on)
@refusing
def entry(t):
    return None
""",
    "under functools": """
@functools.lru_cache
def hook(word, t, more=()):
    abort(reason="no")  # <-


entry = rule(**on)(functools.partial(functools.partial(hook, more=1), "word"))
""",
    "an object that is called": """
class Hook:
    def __call__(self, t):
        abort(reason="no")  # <-


entry = rule(**on)(Hook())
""",
    "a method of another object": """
class Hooks:
    def first(self, t):
        abort(reason="no")  # <-


entry = rule(**on)(Hooks().first)
""",
    "with parameters of all kinds": """
@rule(**on)
def entry(t, /, one=1, *args, two=2, **rest):
    abort(reason="no")  # <-
""",
}

SILENT: Final = {
    "returned": """
@rule(**on)
def entry(t):
    if t.context:
        return reject(S.A, reason="no")
    return abort(reason="no") if t.context else proceed()
""",
    "returned later": """
@rule(**on)
def entry(t):
    answer = proceed()
    if t.context:
        answer = abort(reason="no")
    return answer
""",
    "used otherwise": """
@rule(**on)
def entry(t):
    print(abort(reason="no"))
    t.context.answers.append(delay(1, reason="no"))
    t.context.answer = abort(reason="no")
    one, two = abort(reason="no"), delay(1, reason="no")
    str(abort(reason="no"))
    return one or two
""",
    "read in a function inside of it": """
@rule(**on)
def entry(t):
    answer = abort(reason="no")
    t.add_after(lambda: print(answer))
""",
    "read by its name": """
@rule(**on)
def entry(t):
    answer = abort(reason="no")
    return locals()["answer"]
""",
    "another's": """
answer = None


@rule(**on)
def entry(t):
    global answer
    answer = abort(reason="no")
""",
    "a function inside of it": """
@rule(**on)
def entry(t):
    def answer():
        return abort(reason="no")

    class Other:
        abort(reason="no")

    return answer()
""",
    "a lambda": """
entry = rule(**on)(lambda t: abort(reason="no"))
""",
    "other things of the same name": """
def abort(**rest): ...


class queue:
    reject = delay = print


@rule(**on)
def entry(t, proceed=print):
    abort(reason="no")
    queue.reject("a message")
    proceed()
    t.reject(reason="no")
    t.context().abort()
    nowhere(reason="no") if False else None
""",
    "a name that is bound twice": """
@rule(**on)
def entry(t):
    from bylaws import reject as mine
    mine = print
    mine("no")
    for other in (abort, print):
        other("no")
    with t.context as abort_:
        abort_()
    try: print()
    except OSError as stop: stop()
    match t.context:
        case [one, *two]: two()
        case {1: _, **three}: three()
        case four: four()
    from nowhere_at_all import reject as strange
    strange()
    from bylaws import nothing as strange_too
    strange_too()
""",
    "names that go round in circles, or are not bound yet": """
def made():
    @rule(**on)
    def entry(t):
        one = two
        two = one
        one()
        late()

    return entry
    late = abort


entry = made()
""",
    "what is called by a hook": """
def stop():
    abort(reason="no")


@rule(**on)
def entry(t):
    stop()
""",
    "what is no hook": """
class Rule(Base):
    def before_transition(self, transition): ...

    def other(self):
        abort(reason="no")


entry = Rule()
""",
    "moves": """
entry = moves({S.A: {S.B}})
""",
    "what was executed from a text": """
exec('''
@rule(**on)
def entry(t):
    abort(reason="no")
''')
""",
    "what has no source": """
entry = rule(**on)(print)
""",
    "what is wrapped in itself": """
def hook(t):
    abort(reason="no")


hook.__wrapped__ = hook
entry = rule(**on)(hook)
""",
}


@pytest.mark.parametrize("text", DROPPED.values(), ids=DROPPED)
def test_it_is_found(text: str, writer: Writer) -> None:
    """Each line with a mark, and no other."""
    module = writer.module(text)
    spots = dropped_verdicts(module.entry, Reader())
    assert sorted({spot.place.line for spot in spots}) == writer.marked(module)
    assert {spot.place.file for spot in spots} == {module.__file__}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_it_is_not(text: str, writer: Writer) -> None:
    """Not a word about what is right, or cannot be told."""
    assert dropped_verdicts(writer.module(text).entry, Reader()) == []


def test_it_says_what_it_is(writer: Writer) -> None:
    """The sentence names the hook, what it calls, and what that is if it is called otherwise."""
    module = writer.module("""
class Rule(Base):
    def before_transition(self, transition):
        abort(reason="no")
        no(reason="no")
        answer = bylaws.reject(reason="no")

    def after_transition(self, transition):
        abort(reason="no")


@rule(**on)
def take_van(t):
    abort(reason="no")
""")
    reader = Reader()
    assert [spot.sentence for spot in dropped_verdicts(module.Rule(), reader)] == [
        "Rule.before_transition calls abort(), and does not return it",
        "Rule.before_transition calls no(), which is reject(), and does not return it",
        "Rule.before_transition calls bylaws.reject(), and never reads answer, "
        "which it assigns it to",
        "Rule.after_transition calls abort(), but only the before hook of a rule answers with one",
    ]
    assert {spot.mend for spot in dropped_verdicts(module.Rule(), reader)} == {
        "Return the verdict.",
        "Take it out: what is to be refused, the before hook of a rule refuses.",
    }
    [spot] = dropped_verdicts(module.take_van, reader)
    assert spot.sentence == "take_van calls abort(), and does not return it"
