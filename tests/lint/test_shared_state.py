"""shared-state-written: what hooks write to that all runs share, and what only looks like it."""

from __future__ import annotations

from typing import Final

import pytest

from bylaws.lint.hooks import Reader
from bylaws.lint.shared import shared_state_written
from tests.lint.written import Writer

WRITTEN: Final = {
    "an attribute": """
class Rule(Base):
    def before_transition(self, transition):
        self.slot = transition.context  # <-

    def after_transition(self, transition):
        self.count += 1  # <-

    def cleanup(self, transition):
        del self.slot  # <-
""",
    "an attribute as any kind of target": """
class Rule(Base):
    def before_transition(self, transition):
        self.a: int = 1  # <-
        (
            self.b,  # <-
            [self.c, *self.d],  # <-
        ) = 1, [2, 3]
        for self.e in (): pass  # <-
        with transition.context as self.f: pass  # <-
        [0 for self.g in ()]  # <-
""",
    "in an async hook, whatever self is called": """
class Rule(AsyncBase):
    async def before_transition(this, transition):
        if transition.context:
            async with this.lock as this.held:  # <-
                this.slot = await this.pool.acquire()  # <-
""",
    "an inherited hook": """
class Mine(Base):
    def before_transition(self, transition):
        self.slot = 1  # <-


class Rule(Mine):
    pass
""",
    "a container that __init__ made": """
class Rule(Base):
    def __init__(self):
        self.seen: list[str] = []
        self.by_id, self.ids = {}, set()
        self.last = deque(maxlen=3)
        self.counts = Counter()
        self.runs = defaultdict[str, list[str]](list)
        self.copy = list(range(3))
        self.row = [None] * 8
        self.map = dict.fromkeys("abc")
        self.sorted = sorted("abc")
        self.either = [1] if self.seen else [2]
        self.squares = [n * n for n in range(3)]
        self.one = self.two = {1}

    def before_transition(self, transition):
        self.seen.append(1)  # <-
        self.by_id["x"] = 1  # <-
        self.ids.add(1)  # <-
        self.last.appendleft(1)  # <-
        self.counts["x"] += 1  # <-
        self.counts.subtract("x")  # <-
        self.runs.setdefault("x", []).append(1)  # <-
        self.copy.pop()  # <-
        self.row[0] = 1  # <-
        self.map.update(x=1)  # <-
        self.sorted.reverse()  # <-
        self.either.clear()  # <-
        self.squares.sort()  # <-
        self.two.discard(1)  # <-
        del self.by_id["x"]  # <-
        del self.seen[1:]  # <-
        self.seen += [1]  # <-
""",
    "one with another name": """
class Rule(Base):
    def __init__(self):
        self.seen = []

    def before_transition(self, transition):
        seen = self.seen
        seen.append(1)  # <-
        seen[0] = 1  # <-
""",
    "one that a callback changes": """
class Rule(Base):
    def __init__(self):
        self.seen = []

    def before_transition(self, transition):
        def forget():
            self.seen.clear()  # <-
            self.slot = None  # <-

        transition.add_after(self.seen.append, 1)  # <-
        transition.add_after(lambda: self.seen.append(2))  # <-
        transition.add_cleanup(forget)
""",
    "one of the class": """
import collections


class Rule(Base):
    seen = []
    by_id: dict[str, str] = dict()
    queue = collections.deque()
    given = (lambda: list)()()
    other = []

    def __init__(self):
        vars(self)["other"] = seen

    def before_transition(self, transition):
        self.seen.append(1)  # <-
        self.by_id["x"] = 1  # <-
        self.queue.append(1)  # <-
        self.given.append(1)
        self.other.append(1)


seen = []
""",
    "one of a dataclass": """
@dataclass
class Rule(Base):
    limit: int = 3
    names: dict[str, list[str]] = dataclasses.field(init=False, default_factory=dict)
    limits = {"x": 1}
    limits["y"] = [limit for _ in ()]
    seen: list[str] = field(init=False, default_factory=list)
    ids: set[str] = field(init=False)
    taken: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.ids = set()

    def before_transition(self, transition):
        self.taken.append("x")  # <-
        self.seen.append(1)  # <-
        self.ids.add(1)  # <-
        self.names["x"] = []  # <-
        self.limits["x"] = 2  # <-
""",
    "one of a dataclass with slots": """
@dataclass(frozen=True, slots=True)
class Rule(Base):
    seen: list[str] = field(default_factory=list)
    never: list[str] = field(init=False)

    def before_transition(self, transition):
        self.seen.append(1)  # <-
        self.never.append(1)
""",
    "one of a class of attrs": """
class Attribute:
    name = "seen"

    class default:
        factory = list


class Rule(Base):
    __attrs_attrs__ = (Attribute,)

    def __init__(self, *given):
        vars(self)["seen"] = list(given)

    def before_transition(self, transition):
        self.seen.append(1)  # <-
""",
    "what a defaultdict makes": """
class Rule(Base):
    counts = defaultdict(int)

    def __init__(self):
        self.by_id = defaultdict(list)
        self.pools = {"x": []}

    def before_transition(self, transition):
        self.by_id["x"].append(1)  # <-
        self.by_id["x"][0] = 1  # <-
        self.by_id["x"].index(1)
        self.pools["x"].append(1)
        self.counts["x"].bit_count()
        self.other["x"].append(1)
""",
    "the class": """
class Rule(Base):
    def before_transition(self, transition):
        Rule.count = 1  # <-
        type(self).count = 1  # <-
        self.__class__.count += 1  # <-

    @classmethod
    def after_transition(cls, transition):
        cls.count = 1  # <-
""",
    "by its name": """
class Rule(Base):
    def before_transition(self, transition):
        setattr(self, "slot", 1)  # <-
        setattr(self, transition.context, 1)  # <-
        delattr(self, "slot")  # <-
        object.__setattr__(self, "slot", 1)  # <-
        self.__dict__["slot"] = 1  # <-
        self.__dict__.update(slot=1)  # <-
""",
    "a slot": """
class Rule(Base):
    __slots__ = ("seen", "slot")

    def __init__(self):
        self.seen = []

    def before_transition(self, transition):
        self.slot = 1  # <-
        self.seen.append(1)  # <-
""",
    "a default argument": """
@rule(**on)
def Rule(t, seen=[], other=(), *, by_id={}, none=None):
    seen.append(1)  # <-
    seen += [1]  # <-
    by_id["x"] = 1  # <-
""",
    "a global, or a variable of the function around it": """
count = 0


def made():
    total = 0

    @rule(**on)
    def entry(t):
        global count
        nonlocal total
        count += 1  # <-
        total = 3  # <-
        del count  # <-

    return entry


Rule = made()
""",
    "the function": """
@rule(**on)
def Rule(t):
    Rule.calls = 1  # <-
""",
    "the object that is the hook": """
class Hook:
    def __call__(self, t):
        self.calls = 1  # <-


Rule = rule(**on)(Hook())
""",
}

SILENT: Final = {
    "locals, and the context": """
class Rule(Base):
    def before_transition(self, transition):
        slot = 1
        transition.context.slot = slot
        transition.context.seen.append(slot)
        seen = []
        seen.append(1)
        slot: int
        self.slot: int
""",
    "what __init__ was given": """
class Rule(Base):
    def __init__(self, slots=None, seen=None, made=None):
        self.slots = slots
        self.seen = seen or []
        self.made = [] if made is None else made
        if made:
            self.by_id = made
        else:
            self.by_id = {}
        for self.each in seen or [[]]: pass
        with open(__file__) as self.file: pass
        self.one, *self.two = seen or [[], []]

    def before_transition(self, transition):
        self.slots.append(1)
        self.seen.append(1)
        self.made.append(1)
        self.by_id["x"] = 1
        self.each.append(1)
        self.file.clear()
        self.one.append(1)
        self.two.append(1)
""",
    "locks, clients, pools and stores": """
import contextvars
import queue
import threading
import weakref


class Pool:
    free = 3

    def acquire(self): self.free -= 1

    def pop(self): ...


class Rule(Base):
    def __init__(self):
        self.lock = threading.Lock()
        self.local = threading.local()
        self.slots = Pool()
        self.queue = queue.Queue()
        self.current = contextvars.ContextVar("current")
        self.leases = weakref.WeakKeyDictionary()

    def before_transition(self, transition):
        with self.lock:
            self.slots.acquire()
        self.slots.pop()
        self.slots.free = 3
        self.local.value = 1
        self.queue.put(1)
        self.current.set(1)
        self.leases[transition] = 1
        transition.add_cleanup(self.slots.pop)
""",
    "reading": """
class Rule(Base):
    seen = [1]

    def __init__(self):
        self.by_id = {"x": 1}
        self.names = frozenset("x")
        self.text = "x".upper()

    def before_transition(self, transition):
        self.by_id.get("x"), self.by_id["x"], len(self.by_id), [*self.by_id]
        self.seen.index(1)
        self.seen[0].bit_count()
        self.names.union("y")
        list(self.by_id).append(1)
        copy = dict(self.by_id)
        copy["y"] = 1
        getattr(self, "x", 1)
""",
    "what is set in __init__ alone": """
class Rule(Base):
    def __init__(self):
        self.slot = 1
        self.forget()

    def forget(self):
        self.slot = None

    def before_transition(self, transition): ...
""",
    "a property, and other descriptors": """
class Field:
    def __get__(self, rule, kind): ...
    def __set__(self, rule, value): ...


class Rule(Base):
    field = Field()

    @property
    def current(self): ...

    @current.setter
    def current(self, value): ...

    def before_transition(self, transition):
        self.current = 1
        self.field = 1
        setattr(self, "field", 1)
""",
    "a static method, and another self": """
class Rule(Base):
    @staticmethod
    def before_transition(self):
        self.slot = 1

    def after_transition(self, transition):
        self = transition.context
        self.slot = 1

    def cleanup(self, transition):
        def remember(self):
            self.slot = 1

        remember(transition.context)
""",
    "a container that became something else": """
class Rule(Base):
    def __init__(self):
        self.seen = []


class Pool(list): ...


made = Rule
def Rule():
    rule = made()
    rule.seen = Pool()
    return rule


def before_transition(self, transition):
    self.seen.append(1)


made.before_transition = before_transition
""",
    "a field that is given, or made by who knows what": """
@dataclass
class Rule(Base):
    seen: list[str] = field(default_factory=lambda: [])
    other: list[str] = field(init=False, repr=False, default_factory=lambda: [])
    none: list[str] = field(init=False, default=None)
    plain: object = (lambda: field)()(init=False, default_factory=list)

    def before_transition(self, transition):
        self.seen.append(1)
        self.other.append(1)
        self.none.append(1)
""",
    "a module's container, and another's attribute": """
vans = ["red van"]
seen = vans


class Other: ...


class Rule(Base):
    seen = vans

    def before_transition(self, transition):
        vans.pop()
        vans[0] = 1
        self.seen.append(1)
        Other.count = 1
        bylaws.count = 1
        transition.context.rule.slot = 1
        type(transition).count = 1
        setattr(Other, "count", 1)
        print(self, "slot")
""",
    "default arguments that change nothing": """
outside = []


@rule(**on)
def Rule(t, seen=[], outside=outside, count=0, *, by_id={}, more=[]):
    seen = [*seen]
    seen.append(1)
    outside.append(1)
    count += 1
    by_id.get("x")
    t.add_after(lambda more: more.append(1), [])
""",
    "declared, not written": """
count = 0


@rule(**on)
def Rule(t):
    global count
    print(count)

    def inner():
        nonlocal number
        number += 1

    number = 1
    inner()
""",
    "a global of a name that is local elsewhere": """
@rule(**on)
def Rule(t):
    count = 1

    def inner():
        global count

    return inner and count and None
""",
    "a rule without a constructor of its own": """
def __init__(): ...


class Rule(Base):
    __init__ = functools.partialmethod(print)

    def before_transition(self, transition):
        self.seen.append(1)
""",
    "a constructor without parameters": """
class Rule(Base):
    def __init__(*them): ...

    def before_transition(self, transition):
        self.seen.append(1)
""",
    "a class that is there twice": """
for _ in range(2):
    class Rule(Base):
        seen = []

        def before_transition(self, transition):
            self.seen.append(1)

class Rule(Rule): ...
""",
}


def entry_of(module: object) -> object:
    """The rule, or an instance of its class."""
    found: object = vars(module)["Rule"]
    return found() if callable(found) else found


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_it_is_found(text: str, writer: Writer) -> None:
    """Each line with a mark, and no other."""
    module = writer.module(text)
    spots = shared_state_written(entry_of(module), Reader())
    assert sorted({spot.place.line for spot in spots}) == writer.marked(module)


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_it_is_not(text: str, writer: Writer) -> None:
    """Not a word about what is right, or cannot be told."""
    assert shared_state_written(entry_of(writer.module(text)), Reader()) == []


def test_a_class_without_a_file(writer: Writer) -> None:
    """What a class of a module that is gone made is not known; its hooks are read all the same."""
    module = writer.module("""
class Rule(Base):
    seen = []

    def before_transition(self, transition):
        self.seen.append(1)
        self.slot = 1  # <-
""")
    entry = module.Rule()
    module.Rule.__module__ = "nowhere"
    spots = shared_state_written(entry, Reader())
    assert sorted({spot.place.line for spot in spots}) == writer.marked(module)


def test_it_says_what_it_is(writer: Writer) -> None:
    """The sentence names the hook, what is written, and how."""
    module = writer.module("""
class Rule(Base):
    def __init__(self):
        self.seen = []

    def before_transition(self, transition, more=[]):
        global count
        self.slot = 1
        del self.slot
        self.seen[0] = 1
        del self.seen[0]
        self.seen.append(1)
        seen = self.seen
        seen.append(1)
        more.append(1)
        more += [1]
        setattr(self, "slot", 1)
        setattr(self, transition.context, 1)
        count = 1
""")
    said = [spot.sentence for spot in shared_state_written(module.Rule(), Reader())]
    assert said == [
        f"Rule.before_transition {text}"
        for text in (
            "assigns to self.slot",
            "deletes self.slot",
            "sets an item of self.seen",
            "deletes an item of self.seen",
            "changes self.seen with append()",
            "changes seen (self.seen) with append()",
            "changes more (a default argument, which all calls share) with append()",
            "changes more (a default argument, which all calls share)",
            "sets self.slot",
            "sets an attribute of self",
            "writes the global count",
        )
    ]
