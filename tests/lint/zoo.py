"""The zoo: for each check cases in which it fires, with what it says, and some where it does not.

Each is a module after the prelude of the pages, which have a case of either kind, too.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Fires(NamedTuple):
    """A case in which a check finds something: what is in the message, and the moves."""

    text: str
    told: str
    where: str = ""


REFUSES: Final = """
def refusing(name, froms, tos, answer=Abort):
    def hook(t) -> answer:
        raise AssertionError("no hook is called")
    hook.__name__ = name
    return rule(from_states=froms, to_states=tos)(hook)

def asking(name, froms, tos, answer=Verdict[S]):
    return refusing(name, froms, tos, answer)
"""

FIRES: Final[dict[str, list[Fires]]] = {
    "never-fires": [
        Fires(  # several lists between them
            REFUSES
            + """
a = moves({S.NEW: every(S) | {None}, S.PAID: {S.NEW}}, name="a")
b = moves({S.PAID: every(S) | {None}, S.NEW: {S.NEW}, None: {S.NEW}}, name="b")
late = asking("late", {S.NEW, S.PAID}, {S.SHIPPED})
p = Policy[S](a, b, late)
""",
            "no move that late governs is legal: a and b rule all of them out",
            "NEW, PAID -> SHIPPED",
        ),
        Fires(  # before the list, and without an answer of its own
            """
class Note(BaseRule[S, S]):
    from_states = states(S.SHIPPED)
    to_states = states(S.NEW)
    def after_transition(self, transition, /):
        print("never")

p = Policy[S](Note(), moves({None: every(S)}))
""",
            "no move that Note governs is legal: moves rules all of them out",
            "SHIPPED -> NEW",
        ),
    ],
    "shadowed": [
        Fires(  # the fewest, though others come first
            REFUSES
            + """
one = refusing("one", {S.NEW}, {S.NEW, S.PAID})
two = refusing("two", {S.NEW}, {S.PAID})
three = refusing("three", {S.NEW}, {S.PAID, S.SHIPPED})
last = refusing("last", {S.NEW}, {S.NEW, S.PAID, S.SHIPPED})
p = Policy[S](two, one, three, last)
""",
            "last is never asked: one and three, before it, let none of its moves pass",
            "NEW -> NEW, PAID, SHIPPED",
        ),
        Fires(  # `moves()` and a rule between them; the rule answers as it would
            REFUSES
            + """
legal = moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: {S.SHIPPED}})
held = refusing("held", {S.NEW}, {S.PAID})
late = refusing("late", {S.NEW}, {S.PAID, S.SHIPPED})
p = Policy[S](legal, held, late)
""",
            "late is never asked: moves and held, before it, let none of its moves pass",
        ),
        Fires(  # one that always raises never lets a move pass, and answers nothing
            REFUSES
            + """
from typing import Never
broken = refusing("broken", {S.NEW}, {S.PAID}, Never)
late = refusing("late", {S.NEW}, {S.PAID})
p = Policy[S](broken, late)
""",
            "broken answers nothing, late would answer abort",
        ),
        Fires(
            REFUSES
            + """
p = Policy[S](refusing("a", {None}, {S.NEW}), refusing("b", {None}, {S.NEW}, object))
""",
            "a answers abort, b would answer anything",
        ),
    ],
    "partly-shadowed": [
        Fires(
            REFUSES
            + """
legal = moves({S.NEW: {S.PAID}, S.PAID: every(S), None: {S.NEW}})
held = refusing("held", every(S), {S.PAID})
late = asking("late", every(S), {S.PAID, S.SHIPPED})
p = Policy[S](legal, held, late)
""",
            "late is not asked for some moves: held, before it, lets none of these pass",
            "NEW, PAID -> PAID",
        ),
        Fires(
            REFUSES
            + """
a = refusing("a", {S.NEW}, {S.PAID})
b = refusing("b", {S.PAID}, {S.NEW})
p = Policy[S](a, b, asking("late", every(S), every(S)))
""",
            "late is not asked for some moves: a and b, before it, let none of these pass",
            "NEW -> PAID; PAID -> NEW",
        ),
        Fires(  # many of them: what each refuses
            REFUSES
            + """
each = [refusing(f"r{at}", {state}, {state}) for at, state in enumerate(S)]
p = Policy[S](*each, asking("late", every(S), every(S)))
""",
            "late is not asked for some moves: r0, r1, r2 and r3, before it, let none of these",
            "NEW -> NEW; PAID -> PAID; 2 more",
        ),
    ],
    "idle-cleanup": [
        Fires(
            """
class Delete(BaseRule[S, None]):
    from_states = states(S.CANCELLED)
    to_states = states(None)
    def before_transition(self, transition, /) -> Verdict[S] | None:
        transition.add_cleanup(print, "never")
    def cleanup(self, transition, /):
        print("never")

p = Policy[S](Delete())
""",
            "the cleanup of Delete is never called: nothing after it can stop the move, and there "
            "is no state to commit",
        ),
        Fires(
            """
@rule(from_states={S.CANCELLED}, to_states={None})
def delete(t: Transition[S, None]) -> Verdict[S]:
    if t.context is None:
        return abort(reason="no")
    t.add_cleanup(print, "never")
    return proceed()

p = Policy[S](delete)
""",
            "delete adds a cleanup that is never called: nothing after it can stop the move",
        ),
        Fires(  # a list of moves after it stops only those that it does not list
            """
class Delete(BaseRule[S, None]):
    from_states = states(S.CANCELLED)
    to_states = states(None)
    def cleanup(self, transition, /):
        print("never")

p = Policy[S](Delete(), moves({S.CANCELLED: {None}}))
""",
            "the cleanup of Delete is never called: nothing after it can stop the move",
        ),
    ],
    "same-name": [
        Fires(
            """
class Late(BaseTransform):
    name = "Mail"
    def on_decision(self, transition, outcome, /):
        print(outcome)

@rule(from_states={S.NEW}, to_states={S.PAID})
def Mail(t: Transition[S, S]) -> None:
    print(t)

p = Policy[S](Mail, Late())
""",
            "2 entries are called Mail: Mail #1 and Mail #2",
        ),
    ],
    "redundant-runs-after": [
        Fires(  # a class, and the very rule
            """
class First(BaseRule[S, S]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)
    def before_transition(self, transition, /):
        print(1)

first = First()

@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=[First, first])
def second(t: Transition[S, S]) -> None:
    print(2)

p = Policy[S](first, second)
""",
            "second has to run after First anyhow, since it has to run after every First",
        ),
        Fires(  # over two others
            REFUSES
            + """
a = rule(from_states={S.NEW}, to_states={S.PAID})(lambda t: None)
b = rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=[a])(lambda t: None)
c = rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=[b])(lambda t: None)

@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=[a, c])
def last(t: Transition[S, S]) -> None:
    print(2)

p = Policy[S](a, b, c, last)
""",
            "last has to run after <lambda> anyhow",
        ),
    ],
    "mergeable-rules": [
        Fires(  # of one class
            """
class Log(BaseRule[S, S]):
    def __init__(self, froms, tos, where):
        self.from_states, self.to_states, self.where = states(froms), states(tos), where
    def after_transition(self, transition, /):
        print(self.where)

log = print
p = Policy[S](
    Log(S.CANCELLED, S.NEW, "x"),
    Log(S.NEW, S.PAID, 1),
    Log(S.NEW, S.SHIPPED, 1),
    Log(S.PAID, S.PAID, 1),
    Log(S.PAID, S.SHIPPED, 1),
    Log(S.PAID, S.SHIPPED, 1),
)
""",
            "Log #2, Log #3, Log #4 and Log #5 stand side by side",
            "NEW, PAID -> PAID, SHIPPED",
        ),
        Fires(  # with slots
            """
class Slots:
    __slots__ = ("from_states", "to_states", "unset")
    def __init__(self, froms, tos):
        self.from_states, self.to_states = states(froms), states(tos)
    def before_transition(self, transition, /):
        return None
    def after_transition(self, transition, /):
        print(1)
    def cleanup(self, transition, /):
        print(2)

p = Policy[S](Slots(S.NEW, S.PAID), Slots(S.NEW, S.SHIPPED))
""",
            "Slots #1 and Slots #2 stand side by side",
        ),
    ],
    "unreached-state": [
        Fires(  # how things begin is not said
            "p = Policy[S](moves({S.NEW: {S.PAID}, S.PAID: {S.CANCELLED, S.PAID}}))",
            "nothing becomes SHIPPED",
            "NEW, PAID, CANCELLED, None -> SHIPPED",
        ),
        Fires(  # one leads to the other, and nothing to both
            """
p = Policy[S](moves({None: {S.NEW}, S.NEW: {S.PAID}, S.SHIPPED: {S.CANCELLED}}))
""",
            "nothing becomes CANCELLED",
        ),
        Fires(  # what rules propose is something else
            """
from bylaws import reject
legal = moves({None: {S.NEW}, S.NEW: {S.PAID, S.NEW}})

@rule(from_states={S.NEW}, to_states={S.PAID})
def answer(t: Transition[S, S]) -> Verdict[S]:
    if t.context == 1:
        return None
    if t.context == 2:
        return delay(1, reason="no") if t.context else reject(reason="no")
    return reject(state=S.CANCELLED, reason="no")

p = Policy[S](legal, answer)
""",
            "nothing becomes SHIPPED",
        ),
    ],
    "no-way-back": [
        Fires(  # two of them
            """
class T(Enum):
    A = 1
    B = 2
    C = 3
    D = 4
    E = 5
    F = 6

p = Policy[T](
    moves({None: {T.A}, T.A: {T.B, T.D, T.F}, T.B: {T.C}, T.C: {T.B}, T.D: {T.E}, T.E: {T.D, T.E}})
)
""",
            "what has become B, C, D or E never ends: no legal moves lead from there to F",
            "B, C, D, E -> B, C, D, E",
        ),
    ],
}
"""What fires; what else is found in these does not matter."""

SILENT: Final[dict[str, list[str]]] = {
    "never-fires": [
        REFUSES
        + """
legal = moves({None: {S.NEW}, S.NEW: {S.PAID}})
told = asking("told", {S.PAID}, {S.NEW})  # answers in words of its own, before it is ruled out
p = Policy[S](told, legal)
""",
        REFUSES + 'p = Policy[S](refusing("a", {S.NEW}, {S.NEW}), asking("b", {S.NEW}, {S.NEW}))',
    ],
    "shadowed": [
        REFUSES + 'p = Policy[S](asking("a", {S.NEW}, {S.NEW}), asking("b", {S.NEW}, {S.NEW}))',
        REFUSES
        + """
legal = moves({None: {S.NEW}, S.NEW: {S.PAID}})
p = Policy[S](legal, asking("ruled_out", {S.PAID}, {S.NEW}))  # that is never-fires
""",
        """
class Log(BaseTransform):
    def on_decision(self, transition, outcome, /):
        print(outcome)

@rule(from_states=every(S) | {None}, to_states=every(S) | {None})
def closed(t) -> Abort:
    return abort(reason="no")

p = Policy[S](closed, Log())  # which fires whatever rules answer
""",
    ],
    "partly-shadowed": [
        REFUSES
        + """
legal = moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: {S.SHIPPED, S.CANCELLED}})
p = Policy[S](legal, asking("any", every(S), every(S)))
""",
        REFUSES
        + """
legal = moves({None: {S.NEW}, S.NEW: {S.PAID}})
p = Policy[S](legal, refusing("a", {S.PAID}, {S.NEW}), asking("any", every(S), every(S)))
""",
        REFUSES
        + """
legal = moves({S.NEW: {S.PAID}, S.PAID: {S.SHIPPED}})
p = Policy[S](refusing("says why", {S.SHIPPED}, every(S)), legal)
""",
    ],
    "idle-cleanup": [
        """
class Cleaning(BaseRule[S, S]):
    from_states = every(S)
    to_states = every(S)
    def cleanup(self, transition, /):
        print("the commit may fail")

p = Policy[S](Cleaning())
""",
        """
class Deleting(BaseRule[S, None]):
    from_states = states(S.NEW)
    to_states = states(None)
    def cleanup(self, transition, /):
        print("a later rule may refuse")

class Audit(BaseTransform):
    def on_decision(self, transition, outcome, /):
        print(outcome)

@rule(from_states={S.NEW}, to_states={None})
def keep(t: Transition[S, None]) -> Verdict[S]:
    return abort(reason="it is kept")

p = Policy[S](Deleting(), keep)
q = Policy[S](Audit(), Deleting())
r = Policy[S](Deleting(), moves({S.NEW: {S.PAID}}))
""",
        """
@rule(from_states={S.CANCELLED}, to_states={None})
def delete(t: Transition[S, None, set[int]]) -> Verdict[S]:
    t.add_cleanup(print, "this hook may refuse")
    return abort(reason="no") if t.context else proceed()

@rule(from_states={S.CANCELLED}, to_states={None})
def refuse(t: Transition[S, None, set[int]]) -> Abort:
    t.add_cleanup(print, "this hook always refuses")
    return abort(reason="no")

p = Policy[S, set[int]](delete)
q = Policy[S, set[int]](refuse)
""",
    ],
    "transform-cleanup-only": [
        """
class Times(BaseTransform):
    def before_transition(self, transition, /):
        transition.add_cleanup(print, "failed")
    def after_transition(self, transition, outcome, /):
        print("done")

p = Policy[S](Times())
""",
    ],
    "same-name": [
        """
class Log(BaseTransform):
    def __init__(self, name):
        self.name = name
    def on_decision(self, transition, outcome, /):
        print(outcome)

p = Policy[S](Log("a #1"), Log("a #2"))
""",
    ],
    "redundant-runs-after": [
        """
class Unlisted(BaseRule[S, S]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)
    def before_transition(self, transition, /):
        print(1)

class Listed(Unlisted):
    runs_after = [Unlisted]  # a list: the policy does not take that for a constraint

@rule(from_states={S.NEW}, to_states={S.PAID}, runs_after=[Unlisted])
def second(t: Transition[S, S]) -> None:
    print(2)

p = Policy[S](second)
""",
    ],
    "mergeable-rules": [
        """
from dataclasses import dataclass

class Log(BaseRule[S, S]):
    def __init__(self, froms, tos, name=None, where=1):
        self.from_states, self.to_states, self.where = states(froms), states(tos), where
        if name is not None:
            self.name = name
    def after_transition(self, transition, /):
        print(self.where)

@dataclass(frozen=True, slots=True)
class Slots(BaseRule[S, S]):
    from_states: frozenset[S]
    to_states: frozenset[S]
    most: int
    def before_transition(self, transition, /):
        return abort(reason=f"more than {self.most}")

class Named(Log):
    @property
    def name(self):
        return f"to {[*self.to_states]}"

class Looking(Log):
    def before_transition(self, transition, /):
        return None if len(self.to_states) == 1 else abort(reason="too many")

named = Policy[S](Log(S.NEW, S.PAID, "a"), Log(S.NEW, S.SHIPPED, "b"))
unlike = Policy[S](Log(S.NEW, S.PAID, where=1), Log(S.NEW, S.SHIPPED, where=True))
shared = Policy[S](Log(S.NEW, S.PAID, where=[]), Log(S.NEW, S.SHIPPED, where=[]))
gaps = Policy[S](Log(S.NEW, S.PAID), Log(S.PAID, S.SHIPPED))
twice = Policy[S](Log(S.NEW, S.PAID), Log(S.NEW, S.PAID))
one = Slots(states(S.NEW), states(S.PAID), 1)
slots = Policy[S](one, Slots(states(S.NEW), states(S.SHIPPED), 2))
called = Policy[S](Named(S.NEW, S.PAID), Named(S.NEW, S.SHIPPED))
looking = Policy[S](Looking(S.NEW, S.PAID), Looking(S.NEW, S.SHIPPED))
lists = Policy[S](moves({None: {S.NEW}}), moves({None: {S.PAID}}))
""",
    ],
    "unreached-state": [
        "p = Policy[S]()",
        "p = Policy[S](moves({S.NEW: {S.PAID}, S.PAID: {S.SHIPPED}, S.CANCELLED: {S.SHIPPED}}))",
        REFUSES
        + """
legal = moves({None: {S.NEW}, S.NEW: {S.PAID, S.SHIPPED, S.CANCELLED}})
p = Policy[S](legal, refusing("held", every(S), {S.PAID}))  # it is legal
""",
        """
from bylaws import reject

class Other(Enum):
    A = 1
    B = 2

class Held:
    type = S.CANCELLED

legal = moves({None: {S.NEW}, S.NEW: {S.PAID, S.SHIPPED}})

@rule(from_states={S.NEW}, to_states={S.PAID})
def propose(t: Transition[S, S]) -> Verdict[S]:
    return reject(S.CANCELLED, reason="no")

@rule(from_states={S.NEW}, to_states={S.PAID})
def propose_anything(t: Transition[S, S]) -> Verdict[S]:
    return reject(Held(), reason="no")

@rule(from_states={S.NEW}, to_states={S.PAID})
def ask_another(t: Transition[S, S]) -> Verdict[S]:
    return propose.before_transition(t)

@rule(from_states={S.NEW}, to_states={S.PAID})
def answer_later(t: Transition[S, S]) -> Verdict[S]:
    answer = reject(S.CANCELLED, reason="no")
    return answer

class After(BaseRule[S, S]):
    from_states = states(S.NEW)
    to_states = states(S.PAID)
    before_transition = print

short = rule(from_states={S.NEW}, to_states={S.PAID})(
    lambda t: reject(S.CANCELLED, reason="no") if t.context else None
)
known = Policy[S](legal, propose)
lambdas = Policy[S](legal, short)
unknown = Policy[S](legal, propose_anything)
other = Policy[S](legal, ask_another)
later = Policy[S](legal, answer_later)
builtin = Policy[S](legal, After())
beside = Policy[S | Other](moves({None: every(S)}))
""",
    ],
    "no-way-back": [
        """
p = Policy[S](
    moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: {S.NEW, S.SHIPPED}, S.SHIPPED: {None}})
)
""",
        "p = Policy[S](moves({None: {S.NEW}, S.NEW: {S.PAID}, S.PAID: {S.PAID}}))",
        "p = Policy[S](moves({None: {S.NEW}, **{each: {S.NEW, S.PAID} for each in S}}))",
        """
from bylaws import reject
legal = moves(
    {None: {S.NEW}, S.NEW: {S.PAID, S.CANCELLED}, S.PAID: {S.SHIPPED}, S.SHIPPED: {S.PAID}}
)

@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def give_up(t: Transition[S, S]) -> Verdict[S]:
    return reject(S.CANCELLED, reason="no") if t.context else proceed()

@rule(from_states={S.PAID}, to_states={S.SHIPPED})
def nobody_knows(t: Transition[S, S]) -> Verdict[S]:
    return give_up.before_transition(t)

p = Policy[S](legal, give_up)
q = Policy[S](legal, nobody_knows)
""",
    ],
}
