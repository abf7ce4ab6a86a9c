"""Type arguments: which enums a policy is over."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from enum import Enum
from types import ModuleType
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar, Union

import pytest
from typing_extensions import TypeAliasType
from typing_extensions import TypeVar as TypeVarWithDefault

from bylaws import AsyncPolicy, Entry, Policy, PolicyError, StateError
from tests.cast import Book, Mine, OtherText, S, Text, from_a, good, governs
from tests.zoo import Note

StateT = TypeVar("StateT", bound=Enum)
ContextT = TypeVar("ContextT")


class ByLiteral(Policy[Literal[S.A, S.B], object]):
    def priority(self) -> tuple[Entry[Literal[S.A, S.B], object], ...]:
        return ()


class Generic1(Policy[StateT, ContextT]):
    def priority(self) -> tuple[Entry[StateT, ContextT], ...]:
        return ()


class Generic2(Generic1[Mine | StateT, object], Generic[ContextT, StateT]):
    pass


class Mixin:
    pass


class Derived(Mixin, Generic2[int, S]):
    pass


DefaultT = TypeVarWithDefault("DefaultT", bound=Enum, default=S)
FreeT = TypeVar("FreeT")
EitherT = TypeVar("EitherT", S, Mine)
TextT = TypeVar("TextT", bound="S | Mine")


class ByDefault(Policy[DefaultT, object], Generic[DefaultT]):
    def priority(self) -> tuple[Entry[DefaultT, object], ...]:
        return ()


class ByNothing(Policy[FreeT, object], Generic[FreeT]):  # type: ignore[type-var]
    def priority(self) -> tuple[Any, ...]:
        return ()


class ByConstraints(Policy[EitherT, object], Generic[EitherT]):
    def priority(self) -> tuple[Entry[EitherT, object], ...]:
        return ()


class ByText(Policy[TextT, object], Generic[TextT]):
    def priority(self) -> tuple[Entry[TextT, object], ...]:
        return ()


class TextAgain(ByText["S"]): ...


class Bare(Policy):  # type: ignore[type-arg]
    def priority(self) -> tuple[Any, ...]:
        return (good,)


Both = TypeAliasType("Both", S | Mine)
AlsoMine = TypeAliasType("AlsoMine", Union[StateT, Mine], type_params=(StateT,))  # noqa: UP007
InText = TypeAliasType("InText", "S | Mine")
Endless: Any = Union["Endless", S]


class ByEndless(Policy[Endless, object]):
    def priority(self) -> tuple[Any, ...]:
        return ()


New = NewType("New", S)

AnyPolicy: Any = Policy
AnyGeneric: Any = Generic1


@pytest.mark.parametrize(
    ("make", "admitted", "refused"),
    [
        (Policy[S, object], [S.A], [Mine.A]),
        (Policy[S | Mine, object], [S.A, Mine.A], [Text.A]),
        (AsyncPolicy[S, object], [S.A], [Mine.A]),
        (AnyPolicy, [S.A, Mine.A, Text.A], []),
        (lambda: AnyPolicy(from_a), [S.A], [Mine.A, Text.A]),
        (lambda: Policy["S | Mine", object](from_a), [S.A], [Text.A]),
        (ByLiteral, [S.B], [Mine.A]),
        (Generic1[S, int], [S.A], [Mine.A]),
        (AnyGeneric, [S.A, Mine.A], []),
        (Generic2[int, S], [S.A, Mine.A], [Text.A]),
        (Derived, [S.A, Mine.A], [Text.A]),
        (lambda: Policy[S | Mine, object](from_a).without(from_a), [S.A, Mine.A], [Text.A]),
        (lambda: AnyPolicy(from_a).without(), [S.A], [Mine.A]),
        (lambda: Policy["S", object](from_a), [S.A], [Mine.A]),
        (lambda: Policy[Union["S", Mine], object](from_a), [S.A, Mine.A], [Text.A]),
        (lambda: AnyPolicy["nowhere.Such", object](from_a), [S.A, Mine.A], []),
        (Policy[Both, object], [S.A, Mine.A], [Text.A]),
        (Policy[Both | Text, object], [S.A, Mine.A, Text.A], [OtherText.A]),
        (Policy[AlsoMine[S], object], [S.A, Mine.A], [Text.A]),
        (Policy[AlsoMine[AlsoMine[S]], object], [S.A, Mine.A], [Text.A]),
        (Policy[InText, object], [S.A, Mine.A], [Text.A]),
        (ByEndless, [S.A], [Mine.A]),
        (Policy[New, object], [S.A], [Mine.A]),
        (AnyPolicy[S | None, object], [S.A], [Mine.A]),
        (Policy[Annotated[S, "of orders"], object], [S.A], [Mine.A]),
        (ByDefault, [S.A], [Mine.A]),
        (ByDefault[Mine], [Mine.A], [S.A]),
        (ByNothing, [S.A, Mine.A], []),
        (ByConstraints, [S.A, Mine.A], [Text.A]),
        (ByText, [S.A, Mine.A], [Text.A]),
        (ByText["S"], [S.A], [Mine.A]),
        (TextAgain, [S.A], [Mine.A]),
        (Bare, [S.A], [Mine.A]),
    ],
)
def test_the_enums_of_a_policy(
    make: Callable[[], Any], admitted: list[Enum], refused: list[Enum]
) -> None:
    """Those of its type arguments, however derived, and of its rules; any, if it has neither."""
    policy = make()
    for state in admitted:
        for _ in range(2):
            assert policy.compile_transition_rules(state, state) == ()
    for state in refused:
        with pytest.raises(StateError):
            policy.compile_transition_rules(None, state)


SYNTAX = """
type Both = S | Mine
type AlsoMine[T] = T | Mine
type InText = "S | Mine"
type Endless = S | Endless
type Nowhere = Missing | S

class Bound[T: S](Policy[T, object]):
    def priority(self):
        return ()

class BoundByText[T: "S | Mine"](Policy[T, object]):
    def priority(self):
        return ()

class BoundNowhere[T: Missing](Policy[T, object]):
    def priority(self):
        return ()

class Free[T](Policy[T, object]):
    def priority(self):
        return ()
"""
DEFAULTS = """
class Default[T: Enum = S](Policy[T, object]):
    def priority(self):
        return ()

class DefaultNowhere[T: Enum = Missing](Policy[T, object]):
    def priority(self):
        return ()
"""


class Late:
    """What stands for an alias of PEP 695 whose names are there for the checkers alone."""

    __type_params__ = ()

    @property
    def __value__(self) -> object:
        raise NameError("Missing")


Late.__name__ = "TypeAliasType"


def test_an_alias_that_cannot_be_worked_out_means_any() -> None:
    """A name in it may be there for the checkers alone; nobody is refused for that."""
    named: Any = Late()
    test_the_enums_of_a_policy(Policy[named, object], [S.A, Mine.A], [])


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax of PEP 695")
def test_aliases_and_variables_of_pep_695(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are worked out late, by names of their own module; names that are not there mean any."""
    module = ModuleType("pep695")
    there = vars(module)
    there |= {"S": S, "Mine": Mine, "Policy": Policy, "Enum": Enum}
    monkeypatch.setitem(sys.modules, "pep695", module)
    exec(SYNTAX, there)
    free = there["Free"]
    cases: list[tuple[Any, list[Enum], list[Enum]]] = [
        (AnyPolicy[there["Both"], object], [S.A, Mine.A], [Text.A]),
        (AnyPolicy[there["AlsoMine"][S], object], [S.A, Mine.A], [Text.A]),
        (AnyPolicy[there["AlsoMine"][there["AlsoMine"][S]], object], [S.A, Mine.A], [Text.A]),
        (AnyPolicy[there["InText"], object], [S.A, Mine.A], [Text.A]),
        (AnyPolicy[there["Endless"], object], [S.A], [Mine.A]),
        (AnyPolicy[there["Nowhere"], object], [S.A, Mine.A], []),
        (there["Bound"], [S.A], [Mine.A]),
        (there["BoundByText"], [S.A, Mine.A], [Text.A]),
        (there["BoundNowhere"], [S.A, Mine.A], []),
        (free, [S.A, Mine.A], []),
        (free[S], [S.A], [Mine.A]),
        (free["S"], [S.A], [Mine.A]),
        (free[there["Both"]], [S.A, Mine.A], [Text.A]),
    ]
    if sys.version_info >= (3, 13):
        exec(DEFAULTS, there)
        more: list[tuple[Any, list[Enum], list[Enum]]] = [
            (there["Default"], [S.A], [Mine.A]),
            (there["Default"][Mine], [Mine.A], [S.A]),
            (there["DefaultNowhere"], [S.A, Mine.A], []),
        ]
        cases += more
    for make, admitted, refused in cases:
        test_the_enums_of_a_policy(make, admitted, refused)


def test_a_text_means_what_its_module_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class that is extended elsewhere keeps its states, though its text means others there."""
    one, other = ModuleType("one"), ModuleType("other")
    vars(one).update(Policy=Policy, S=S)
    vars(other).update(S=Mine)
    for module in (one, other):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    code = "class Base(Policy['S', object]):\n    def priority(self): return ()"
    exec(code, vars(one))
    vars(other)["Base"] = vars(one)["Base"]
    exec("class Derived(Base): ...", vars(other))
    test_the_enums_of_a_policy(vars(other)["Derived"], [S.A], [Mine.A])


def test_a_policy_without_type_arguments_says_so() -> None:
    """Its states are those of its rules; the error shows the subscript that it wants."""
    bare: Any = Policy
    with pytest.raises(StateError) as caught:
        bare(good, name="orders").explain(Mine.A, None)
    assert str(caught.value) == (
        "orders is a policy over S; as from_state it was given Mine.A, a member of Mine, another "
        "enum: give a member of its own, or make it a policy over the union of both. It was made "
        "without type arguments, so its states are those of its rules: Policy[S | Mine](...) takes "
        "both."
    )
    asked: Any = Mine.A
    with pytest.raises(StateError, match=r"make it a policy over the union of both\.$"):
        Policy[S, object](good).explain(asked, None)


def test_a_twin_of_the_enum_is_told_by_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a module was imported twice there are two enums of one name: the error has both."""
    code = "from enum import Enum\nclass S(Enum):\n    A = 1\n"
    modules = [ModuleType(name) for name in ("orders.states", "__main__", "orders.states")]
    for module in modules:
        exec(code, vars(module))
    (once, twice, reloaded) = (vars(module)["S"] for module in modules)
    bare: Any = Policy
    for policy in (bare[once, object](), bare(governs({once.A}, {once.A}))):
        for twin, place in ((twice, "__main__"), (reloaded, "orders.states")):
            with pytest.raises(StateError) as caught:
                policy.run(None, twin.A, None)
            assert str(caught.value) == (
                "Policy is a policy over S; as from_state it was given S.A, a member of another S: "
                f"the policy's is of the module orders.states, this one of {place}. The module "
                "was imported twice, under two names, or reloaded: import the enum from one place."
            )


def test_a_refusal_names_the_enums_once() -> None:
    """Those of the rules and of the type arguments, or any."""
    asked: Any = Mine.A
    for policy in (Policy[S, object](good), Policy[S, object](Book())):
        with pytest.raises(StateError, match="Policy is a policy over S; as from_state"):
            policy.explain(asked, None)
    unsaid: Any = Policy
    with pytest.raises(StateError, match="Policy is a policy over S; as from_state"):
        unsaid(good).explain(asked, None)
    free: Any = Policy[Any, object](Book())
    with pytest.raises(StateError, match="Policy is a policy over any enum; as from_state"):
        free.explain("x", None)


class Orders(Policy[S, object]):
    def priority(self) -> tuple[Entry[S, object], ...]:
        return (good,)


class Special(Mixin, Orders): ...


def test_a_subclass_of_a_policy_class_has_its_states() -> None:
    """The enums come from the bases that say them, whatever stands between."""
    stranger: Any = Mine.A
    with pytest.raises(StateError):
        Special().explain(stranger, None)
    assert Special().compile_transition_rules(S.A, S.B) == (good,)


class OverAnything(Policy[S, Annotated[int, []]]):
    def priority(self) -> tuple[Entry[S, Annotated[int, []]], ...]:
        return (good,)


def test_a_context_may_be_annotated_with_anything() -> None:
    """Only the states are read of the type arguments; others need not even be hashable."""
    assert OverAnything().compile_transition_rules(S.A, S.B) == (good,)


class Base(Enum):
    """An enum without members, which others extend."""

    @property
    def title(self) -> str:
        """A title."""
        return self.name.title()


class Extended(Base):
    """States of it."""

    ONE = 1
    TWO = 2


@pytest.mark.parametrize("argument", [Enum, Base, Extended], ids=lambda argument: argument.__name__)
def test_a_policy_over_a_wider_enum_takes_the_members_of_a_narrower_one(
    argument: type[Enum],
) -> None:
    """A policy over `Enum`, or over one that others extend, takes what the types let it take."""
    note = Note()
    policy: Policy[Enum, None] = Policy[argument, None](note)  # type: ignore[valid-type]
    assert policy.compile_transition_rules(Extended.ONE, Extended.TWO) == (note,)


def test_a_twin_among_the_rules_is_seen() -> None:
    """Rules over a twin of the argument's enum would govern nothing: a fault, or a StateError."""
    code = "from enum import Enum\nclass S(Enum):\n    A = 1\n    B = 2\n"
    modules = [ModuleType(name) for name in ("orders.states", "__main__")]
    for module in modules:
        exec(code, vars(module))
    one, other = (vars(module)["S"] for module in modules)
    bare: Any = Policy
    made = bare[one](governs({other.A}, {other.B}))  # Python tells the argument afterwards
    with pytest.raises(
        StateError, match="the policy's is of the module __main__, this one of orders"
    ):
        made.run(None, one.A, one.B)
    with pytest.raises(PolicyError) as caught:
        bare(governs({one.A}, {one.B}), governs({other.A}, {other.B}))
    assert [fault.text for fault in caught.value.faults] == [
        "it is over S of orders.states and S of __main__, with the same members. The module was "
        "imported twice, under two names, or reloaded: import the enum from one place."
    ]


def test_equal_members_of_the_arguments_are_seen() -> None:
    """A member that equals one of a rule's set is in no set: it is refused, not let through."""
    policy = Policy[Text | OtherText](governs({Text.A}, {Text.B}))
    assert policy.compile_transition_rules(Text.A, Text.B)
    with pytest.raises(StateError, match="are equal, so that a set holds one for both"):
        policy.compile_transition_rules(OtherText.A, Text.B)


def test_enums_of_one_name_are_told_by_their_modules() -> None:
    """Two enums of one name with other members are two: a foreign state has its module with it."""
    other = vars(ModuleType("elsewhere"))
    exec("from enum import Enum\nclass S(Enum):\n    X = 1\n", other)
    bare: Any = Policy
    with pytest.raises(StateError, match=r"a member of elsewhere\.S, another enum"):
        bare[S](good).run(None, other["S"].X, None)


def test_policies_with_text_arguments_travel() -> None:
    """What a text means is known when a policy is pickled; the text itself stays behind."""
    policy: Any = Policy["S"](good)
    for travelled in (pickle.loads(pickle.dumps(policy)), copy.deepcopy(policy)):
        with pytest.raises(
            StateError, match=r"is a policy over S; as from_state it was given Mine\.A"
        ):
            travelled.run(None, Mine.A, None)


def test_a_module_under_two_names_makes_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enums of one file are twins; two of other files, alike in all else, may be in one policy."""
    code = "from enum import Enum\nclass S(Enum):\n    A = 1\n    B = 2\n"
    enums: list[Any] = []
    for name, file in (("shop.s", "s.py"), ("src.shop.s", "s.py"), ("bank.s", "other.py")):
        module = ModuleType(name)
        vars(module)["__file__"] = file
        monkeypatch.setitem(sys.modules, name, module)
        exec(code, vars(module))
        enums.append(vars(module)["S"])
    one, other, third = enums
    bare: Any = Policy
    with pytest.raises(PolicyError, match=r"it is over S of shop\.s and S of src\.shop\.s"):
        bare(governs({one.A}, {one.B}), governs({other.A}, {other.B}))
    policy = bare(governs({one.A}, {one.B}), governs({third.A}, {third.B}))
    assert policy.compile_transition_rules(third.A, third.B) == policy.entries[1:]
