"""The user's own code: hooks of every make, and the files beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

from bylaws.testing import LeakError, assert_undone
from bylaws.testing.striking.own import Own, code_of
from bylaws.testing.striking.report import as_pytest_shows
from bylaws.testing.striking.snapshots import differences, snapshot
from tests.testing.zoo import Move, S, before, fresh, slots, takes_in_one


class Called:
    """An object that is called."""

    def __call__(self, t: Move) -> None:
        takes_in_one(t)

    def method(self, t: Move) -> None:
        takes_in_one(t)


def test_the_code_of_a_hook() -> None:
    """A function has it, a method, a partial, an object that is called; a built-in has none."""
    function = takes_in_one.__code__
    assert code_of(takes_in_one) is function
    assert code_of(partial(partial(takes_in_one))) is function
    assert code_of(Called().method) is Called.method.__code__
    assert code_of(Called()) is Called.__call__.__code__
    assert code_of(print) is None
    assert code_of(int) is None


@pytest.mark.parametrize("hook", [partial(takes_in_one), Called(), takes_in_one])
def test_a_rule_may_be_any_object_that_is_called(hook: object) -> None:
    """Its lines are struck all the same."""
    policy = before(cast("Callable[[Move], None]", hook))
    assert assert_undone(policy, S.NEW, S.PAID, context=fresh, observe=slots) in {13, 14}


def in_a_file(file: Path, module: str = "shop") -> object:
    """A function of a module in a file."""
    names: dict[str, object] = {"__name__": module}
    exec(compile("def hook(t): ...", str(file), "exec"), names)
    return names["hook"]


def code_in(file: Path) -> object:
    return code_of(in_a_file(file))


def own(*hooks: object, packages: tuple[str, ...] = ()) -> Own:
    return Own(hooks, packages)


def has(mine: Own, file: Path) -> bool:
    code = code_of(in_a_file(file))
    assert code is not None
    return mine.belongs(code)


def test_a_leak_in_what_has_no_text_is_told_without_it() -> None:
    """What was compiled from no file is struck, and told by its line."""
    names: dict[str, object] = {"__name__": "nowhere"}
    text = "def hook(t):\n slot = t.context.slots.pop(0)\n t.add_cleanup(t.context.give, slot)"
    exec(text, names)
    policy = before(cast("Callable[[Move], None]", names["hook"]))
    with pytest.raises(LeakError) as caught:
        assert_undone(policy, S.NEW, S.PAID, context=fresh, observe=slots)
    assert "an error at <string>:3, in hook: observed ['blue', 'green']" in str(caught.value)
    assert ">" not in str(caught.value).replace("<string>", "").replace("->", "")


def test_of_a_module_the_ones_beside_it(tmp_path: Path) -> None:
    """A module in no package has the modules in its folder, and nothing below it."""
    file = tmp_path / "shop.py"
    file.touch()
    mine = own(in_a_file(file))
    assert has(mine, file)
    assert has(mine, tmp_path / "vans.py")
    assert not has(mine, tmp_path / "vendored" / "other.py")
    assert not has(mine, Path(pytest.__file__))


def test_of_an_installed_module_only_itself(tmp_path: Path) -> None:
    """What is installed beside it is other people's."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    file = folder / "shop.py"
    file.touch()
    mine = own(in_a_file(file))
    assert has(mine, file)
    assert not has(mine, folder / "six.py")


def test_of_a_package_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is in the topmost package; and in those that are named beside it."""
    for name in ("shop", "vans"):
        package = ModuleType(name)
        package.__path__ = [str(tmp_path / name)]
        monkeypatch.setitem(sys.modules, name, package)
    hook = in_a_file(tmp_path / "shop" / "rules" / "slots.py", "shop.rules.slots")
    assert has(own(hook), tmp_path / "shop" / "helpers.py")
    assert not has(own(hook), tmp_path / "vans" / "red.py")
    assert has(own(hook, packages=("vans",)), tmp_path / "vans" / "red.py")


def test_a_module_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in no package, too; one that is not there is left out."""
    file = tmp_path / "vans.py"
    file.touch()
    module = ModuleType("vans")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "vans", module)
    assert has(own(packages=("vans", "nowhere")), file)


def test_neither_bylaws_nor_python_is_ones_own() -> None:
    """Rules that the library makes, and what the standard library wraps, bring nothing along."""
    mine = own(partial(print), print, before, in_a_file(Path("json.py"), "json"))
    assert not has(mine, Path(str(sys.modules["json"].__file__)))
    assert not has(mine, Path(str(sys.modules["bylaws.rules"].__file__)))
    assert has(mine, Path(__file__))


def test_what_is_observed_is_copied() -> None:
    """As deep as it has to be; what has no copy that equals it stands for itself."""

    class Plain: ...

    class Stubborn:
        def __deepcopy__(self, memo: object) -> object:
            raise TypeError("cannot be copied")

    plain, stubborn = Plain(), Stubborn()
    inner = [1]
    seen = {"list": [inner, plain], "set": {1}, "one": plain, "other": stubborn}
    kept = snapshot(seen)
    assert kept == seen
    inner.append(2)
    assert kept == {"list": [[1], plain], "set": {1}, "one": plain, "other": stubborn}


def test_differences_are_told_by_key() -> None:
    """What is otherwise, new or gone; of anything else, the whole."""
    before_it = {"vans": ["red"], "same": 1, "lost": 2}
    after_it = {"vans": list[str](), "same": 1, "found": 3}
    assert differences(before_it, after_it) == (
        "vans == [] instead of ['red'], lost is gone, it was 2, found == 3 is new"
    )
    assert as_pytest_shows(1, 1) == []
    shown = as_pytest_shows(after_it, before_it)
    assert any("'vans'" in line for line in shown)
    assert not [line for line in shown if "identical items" in line or "more diff" in line]
    assert differences(1, [2]) == "observed [2] instead of 1"
    assert differences("x" * 300, 1) == f"observed 1 instead of '{'x' * 199}..."
