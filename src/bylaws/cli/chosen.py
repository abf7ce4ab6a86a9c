"""Which policies a verb is about, and which states a person means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bylaws.cli.errors import InputError
from bylaws.cli.project import find_project
from bylaws.cli.sources import Sourced, load
from bylaws.views.errors import MatrixError
from bylaws.views.matrix import Matrix
from bylaws.views.near import near
from bylaws.views.states import State

T = TypeVar("T")


def chosen(sources: Sequence[str], policy: str | None = None) -> tuple[Sourced, ...]:
    """The policies of these sources, or else of the project; with a name, the one called so."""
    found = _found(sources)
    return found if policy is None else _named(policy, found, found)


def both(
    old: tuple[Sourced, ...], new: tuple[Sourced, ...], policy: str | None
) -> tuple[tuple[Sourced, ...], tuple[Sourced, ...]]:
    """Two sides, or of them what is called so: it is enough that one of them has it."""
    if policy is None:
        return old, new
    return _named(policy, old, old + new), _named(policy, new, old + new)


def _found(sources: Sequence[str]) -> tuple[Sourced, ...]:
    project = find_project()
    with project.importable():
        if sources:
            return load(sources)
        if project.policies:
            return load(project.policies, project.root)
    raise InputError(
        "which policy? Name one, as in package.module:attribute, or list them in pyproject.toml: "
        'under [tool.bylaws], policies = ["package.module:attribute"]'
    )


def _named(
    policy: str, found: tuple[Sourced, ...], known: tuple[Sourced, ...]
) -> tuple[Sourced, ...]:
    names = dict.fromkeys([each.matrix.name for each in known])
    if policy not in names:
        listed = (
            f"{near(policy, names)}; they are: {', '.join(names)}" if names else "; there are none"
        )
        raise InputError(f"no policy is called {policy!r}{listed}")
    return tuple([each for each in found if each.matrix.name == policy])


def told_apart(policies: Sequence[Sourced]) -> dict[str, Matrix]:
    """Policies by their names. An error if two are called the same."""
    found: dict[str, Sourced] = {}
    for each in policies:
        other = found.setdefault(each.matrix.name, each)
        if other is not each:
            raise InputError(
                f"two policies are called {each.matrix.name!r}: {other.where} and {each.where}; "
                "a policy is told by its name, so give them names: Policy[...](..., name=...)"
            )
    return {name: each.matrix for name, each in found.items()}


def meant(matrix: Matrix, text: str) -> State:
    """The state that a person means, `PAID`, `S.PAID` or `none`."""
    try:
        return matrix.space.state_named(text)
    except MatrixError:
        enum, dot, member = text.partition(".")
        if dot and [enum] == [each.name for each in matrix.space.enums]:
            return matrix.space.state_named(member)  # as texts of the core call it
        raise


def for_those_that_can(
    policies: Sequence[Sourced], ask: Callable[[Matrix], T]
) -> list[tuple[Matrix, T]]:
    """What is to be said of each policy that has the states that are asked for.

    An error if none has.
    """
    answers: list[tuple[Matrix, T]] = []
    errors: list[str] = []
    for each in policies:
        try:
            answers.append((each.matrix, ask(each.matrix)))
        except MatrixError as error:
            errors.append(f"{each.matrix.name}: {error}" if len(policies) > 1 else str(error))
    if not answers:
        raise InputError("\n".join(errors) or "there is no policy")
    return answers
