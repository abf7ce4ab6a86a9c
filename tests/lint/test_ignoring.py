"""Ignoring: what is left out, and what is said of ignores that ignore nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bylaws.lint import Finding, ProjectIgnore, lint
from bylaws.lint.ignoring import write_project_ignores
from bylaws.views import Matrix
from tests.lint.pages import found, policies

SHADOWED = """
@rule(from_states={S.NEW}, to_states=every(S))
def closed(t: Transition[S, S]) -> Abort:
    return abort(reason="no")


%s
@rule(  %s
    from_states={S.NEW},  %s
    to_states={S.PAID},
)
def wait(t: Transition[S, S]) -> Verdict[S]:
    answer = proceed()
    %s
    return answer


def helper() -> None:
    %s
    return None


%s
p = Policy[S](closed, wait, name="p")
"""
IGNORE = "# bylaws: ignore[shadowed] for now"


def written(*at: int, comment: str = IGNORE) -> str:
    """The module with a comment at some of its places."""
    return SHADOWED % tuple([comment if each in at else "" for each in range(6)])


def checks(findings: tuple[Finding, ...]) -> list[str]:
    """The names of the checks."""
    return [each.check for each in findings]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_at_the_rule(at: int, tmp_path: Path) -> None:
    """A comment right above a rule, or anywhere in its definition up to the colon, counts."""
    assert checks(found(written(at), tmp_path)) == []


def test_elsewhere(tmp_path: Path) -> None:
    """In the body of the rule, or at no definition, it ignores nothing, and is found itself."""
    assert checks(found(written(), tmp_path)) == ["shadowed"]
    assert checks(found(written(3), tmp_path)) == ["shadowed", "unused-ignore"]
    assert checks(found(written(5), tmp_path)) == ["shadowed", "unused-ignore"]
    assert checks(found(written(4), tmp_path)) == ["shadowed"]  # nobody knows what that is


def test_a_rule_of_another_policy_is_not_judged(tmp_path: Path) -> None:
    """An ignore at a rule is unused only if no policy that is linted has a use for it."""
    text = written(0) + "q = Policy[S](wait, name='q')\n"
    both = policies(text, tmp_path)
    assert lint(*both) == ()
    assert checks(lint(both[1])) == ["unused-ignore"]
    alone = policies(
        written(0) + "del p\n@rule(from_states={S.NEW}, to_states={S.NEW})\n"
        "def other(t): return None\nq = Policy[S](other)\n",
        tmp_path,
    )
    assert lint(*alone) == ()


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("# bylaws: ignore[shadwed] for now", "there is no check 'shadwed'; near it: shadowed"),
        ("# bylaws: ignore[unused-ignore] for now", "unused-ignore cannot be ignored"),
        ("# bylaws: ignore[shadowed]", "this ignore gives no reason"),
        ("# bylaws: ignore[shadowed] TODO: say why", "is still the placeholder: say why"),
        ("# bylaws: ignore for now", "this ignore names no check"),
    ],
)
def test_what_is_wrong(comment: str, told: str, tmp_path: Path) -> None:
    """A name that is none, no reason, no name: each is found, and ignores nothing."""
    for at in (0, 4):
        wrong, shadowed = found(written(at, comment=comment), tmp_path)
        assert (wrong.check, shadowed.check) == ("wrong-ignore", "shadowed")
        assert told in wrong.message
        assert wrong.policy == "p"
        assert wrong.place is not None


def test_several_names(tmp_path: Path) -> None:
    """Each name of a comment is judged by itself."""
    comment = "# bylaws: ignore[shadowed, same-name] for now"
    (unused,) = found(written(0, comment=comment), tmp_path)
    assert unused.message == "there is no same-name here to ignore"


def test_the_project(tmp_path: Path) -> None:
    """An ignore of the project needs to be right in check, policy, entry, and to have a reason."""
    (policy,) = policies(written(), tmp_path)
    right = ProjectIgnore("shadowed", "p", "wait", "for now")
    assert lint(policy, ignores=[right]) == ()
    assert lint(Matrix.of(policy), ignores=[right]) == ()
    for wrong, check, told in [
        (ProjectIgnore("shadowed", "q", "wait", "x"), "unused-ignore", "no shadowed at wait of q"),
        (ProjectIgnore("shadowed", "p", "closed", "x"), "unused-ignore", "at closed of p"),
        (ProjectIgnore("same-name", "p", "wait", "x"), "unused-ignore", "no same-name at wait"),
        (ProjectIgnore("shadow", "p", "wait", "x"), "wrong-ignore", "no check 'shadow'"),
        (ProjectIgnore("wrong-ignore", "p", "x", "x"), "wrong-ignore", "cannot be ignored"),
        (
            ProjectIgnore("shadowed", "p", "wait", " "),
            "wrong-ignore",
            "the ignore of shadowed at wait gives no reason",
        ),
        (
            ProjectIgnore("shadowed", "p", "wait", "TODO: say why"),
            "wrong-ignore",
            "the reason of the ignore of shadowed at wait is still the placeholder: say why",
        ),
    ]:
        findings = lint(policy, ignores=[wrong])
        assert sorted(checks(findings)) == sorted([check, "shadowed"])
        (about,) = [each for each in findings if each.check == check]
        assert told in about.message
        assert about.about == ""


def test_sources_of_a_matrix_are_not_read(tmp_path: Path) -> None:
    """A matrix has the places, which may be of another time: comments there do not count."""
    (policy,) = policies(written(0), tmp_path)
    assert lint(policy) == ()
    (finding,) = lint(Matrix.of(policy))
    assert finding.place is not None


def test_what_is_written_ignores(tmp_path: Path) -> None:
    """What is written for the project is TOML that ignores what was found, with a reason."""
    text = "class Odd(BaseTransform):\n    name = 'a \\x7f \"quote\"\\n🙂'\n"
    text += "    def on_decision(self, t, outcome, /): print(1)\n"
    text += "p = Policy[S](Odd(), Odd(), moves({None: {S.NEW}}), name='p]')\n"
    (policy,) = policies(text, tmp_path)
    findings = lint(policy)
    assert {*checks(findings)} == {"same-name", "unreached-state"}
    table = tomllib.loads(write_project_ignores([*findings, *findings], "until May"))
    assert len(table["ignore"]) == len(findings)
    assert lint(policy, ignores=[ProjectIgnore(**each) for each in table["ignore"]]) == ()
    assert write_project_ignores([]) == ""


def test_what_several_policies_list_is_told_once(tmp_path: Path) -> None:
    """What is about the source of a rule is found once; what is about its moves, in each policy."""
    text = """
@rule(from_states={S.NEW}, to_states={S.PAID})
def drops(t: Transition[S, S]) -> None:
    abort(reason="no")

@rule(from_states={S.NEW}, to_states={S.PAID})
def closed(t: Transition[S, S]) -> Abort:
    return abort(reason="no")

one = Policy[S](closed, drops, name="one")
two = Policy[S](closed, drops, name="two")
"""
    assert [(each.check, each.policy) for each in found(text, tmp_path)] == [
        ("dropped-verdict", "one"),
        ("shadowed", "one"),
        ("shadowed", "two"),
    ]
