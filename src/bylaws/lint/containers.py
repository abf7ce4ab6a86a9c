"""Containers: which attributes of an entry hold a mutable container that the entry itself made.

Only what is known to be made there counts: in `__init__` (or what a dataclass or attrs calls after
it), or in the body of the class, by a display or a constructor; and by the factory of a field. What
is given from outside, as another object or as an argument, is a dependency and nobody's state here.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import FunctionType
from typing import Any, Final, NamedTuple, TypeAlias, cast

from bylaws import FunctionRule
from bylaws.lint.attributes import attributes_of
from bylaws.lint.functions import UNKNOWN
from bylaws.lint.hooks import Reader
from bylaws.lint.syntax import own

Meaning: TypeAlias = Callable[[ast.expr], object]

_LIST: Final = {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"}
_DICT: Final = {"clear", "pop", "popitem", "setdefault", "update"}
_UPDATES: Final = {"difference_update", "intersection_update", "symmetric_difference_update"}
_DEQUE: Final = {"appendleft", "extendleft", "popleft", "rotate"}
MUTATORS: Final[Mapping[type, AbstractSet[str]]] = {
    list: _LIST,
    bytearray: _LIST,
    dict: _DICT,
    defaultdict: _DICT,
    set: {"add", "clear", "discard", "pop", "remove", "update"} | _UPDATES,
    deque: _LIST - {"sort"} | _DEQUE,
    Counter: _DICT | {"subtract"},
    OrderedDict: _DICT | {"move_to_end"},
}
"""The methods that change a container, by its class."""

CONSTRUCTORS: Final = ("__init__", "__post_init__", "__attrs_post_init__")


class Held(NamedTuple):
    """A container: its class and, of a `defaultdict`, that of the containers that it makes."""

    kind: type
    items: type | None


def containers(entry: object, reader: Reader) -> dict[str, Held]:
    """The attributes that hold containers which the entry made."""
    if issubclass(type(entry), FunctionRule):
        return {}  # its class is bylaws' own
    held = attributes_of(entry)
    found: dict[str, set[type | None]] = {}
    for attribute, container in _of_fields(type(entry)):
        found.setdefault(attribute, set()).add(container)
    shared: dict[str, object] = {}
    for kind in type(entry).__mro__:
        for name in CONSTRUCTORS:
            for attribute, made in _assigned(vars(kind).get(name), reader):
                found.setdefault(attribute, set()).add(made)
        for attribute in _in_body(kind, reader):
            if attribute not in held:
                shared.setdefault(attribute, vars(kind)[attribute])
    known = {name: _held(each) for name, each in shared.items() if name not in found}
    for attribute, kinds in found.items():
        only = kinds.pop() if len(kinds) == 1 else None
        if only is not None:
            # What it holds now tells what a subclass, or a constructor not called, made of it.
            known[attribute] = _held(held[attribute]) if attribute in held else Held(only, None)
    return {attribute: each for attribute, each in known.items() if each.kind in MUTATORS}


def _held(value: object) -> Held:
    kind: type = type(value)
    made = cast("Any", value) if kind is defaultdict else None
    return Held(kind, None if made is None else _container_class(made.default_factory))


def made_by(expression: ast.AST | None, meant: Meaning) -> type | None:
    """The class of the container that an expression makes, if it does make one."""
    match expression:
        case ast.List() | ast.ListComp():
            return list
        case ast.Dict() | ast.DictComp():
            return dict
        case ast.Set() | ast.SetComp():
            return set
        case ast.BinOp(left=left, op=ast.Mult(), right=right):  # [None] * 8
            return made_by(left, meant) or made_by(right, meant)
        case ast.IfExp(body=one, orelse=other):
            kinds = {made_by(one, meant), made_by(other, meant)}
            return kinds.pop() if len(kinds) == 1 else None
        case ast.Call(func=ast.Attribute(value=owner, attr="fromkeys")):
            return dict if meant(owner) is dict else None
        case ast.Call(func=called):
            maker = meant(called.value if isinstance(called, ast.Subscript) else called)
            if maker is sorted:
                return list
            return _container_class(maker)
        case _:
            return None


def _container_class(maker: object) -> type | None:
    return next((kind for kind in MUTATORS if maker is kind), None)


def _assigned(constructor: object, reader: Reader) -> Iterator[tuple[str, type | None]]:
    """Each attribute that a constructor assigns to, and what container it makes for it."""
    code = reader.code(constructor) if isinstance(constructor, FunctionType) else None
    if code is None or not code.names:
        return
    for node in own(code.node):
        for target, value in _pairs(node):
            match target:
                case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
                    name == code.names[0]
                ):
                    yield attribute, made_by(value, code.meant)
                case _:
                    pass


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What a statement assigns to, each with its value; `None` where that is not told."""
    todo: list[tuple[ast.expr, ast.expr | None]] = []
    match node:
        case ast.Assign(targets=targets, value=given):
            todo += [(each, given) for each in targets]
        case ast.AnnAssign(target=each, value=ast.expr() as given):
            todo.append((each, given))
        case ast.For(target=each) | ast.AsyncFor(target=each):
            todo.append((each, None))
        case ast.withitem(optional_vars=ast.expr() as each):
            todo.append((each, None))
        case _:
            pass
    while todo:
        target, value = todo.pop()
        if isinstance(target, ast.Tuple | ast.List):
            items = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            same = len(items) == len(target.elts)
            todo += [(each, items[at] if same else None) for at, each in enumerate(target.elts)]
        else:
            yield target, value


def _in_body(kind: type, reader: Reader) -> Iterator[str]:
    """Each name for which the body of a class makes a container, if it still has one."""
    names = [name for name, each in vars(kind).items() if type(each) in MUTATORS]
    if all(name.startswith("__") for name in names):
        return  # without a look at its file
    module: Any = sys.modules.get(kind.__module__)
    file: object = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return
    scope = cast("dict[str, object]", vars(module))
    nodes = reader.files.of(file, scope).classes.get(kind.__qualname__, [])
    if len(nodes) != 1:
        return

    def meant(expression: ast.expr) -> object:
        match expression:
            case ast.Name(id=name):
                return scope.get(name, vars(builtins).get(name, UNKNOWN))
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                owner: object = scope.get(name)
                return getattr(owner, attribute, UNKNOWN)
            case _:
                return UNKNOWN

    for node in nodes[0].body:
        for target, value in _pairs(node):
            if isinstance(target, ast.Name) and target.id in names and made_by(value, meant):
                yield target.id


def _of_fields(kind: type) -> Iterator[tuple[str, type]]:
    """Each field of a dataclass, or of attrs, with the container that its factory makes."""
    fields: Mapping[str, Any] = getattr(kind, "__dataclass_fields__", {})
    made = [(name, field.default_factory) for name, field in fields.items()]
    listed: tuple[Any, ...] = getattr(kind, "__attrs_attrs__", ())
    made += [(each.name, getattr(each.default, "factory", None)) for each in listed]
    for name, factory in made:
        container = _container_class(factory)
        if container is not None:
            yield name, container
