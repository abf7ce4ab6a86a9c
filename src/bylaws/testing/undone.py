"""`assert_undone`: what a policy took is given back, whatever happens next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, TypeVar

from bylaws import Outcome, Policy, StateLike
from bylaws.testing.errors import SetupError
from bylaws.testing.striking.ending import Attempt, Ending
from bylaws.testing.striking.script import Play
from bylaws.testing.striking.snapshots import snapshot
from bylaws.testing.striking.stage import Stage
from bylaws.verdict import Answer

S = TypeVar("S", bound=Enum)
C = TypeVar("C")


def assert_undone(
    policy: Policy[S, C],
    from_state: S | StateLike[S] | None,
    to_state: S | StateLike[S] | None,
    *,
    context: Callable[[], C],
    observe: Callable[[C], object],
    commit: Callable[[C, S, Outcome[S]], Answer] | None = None,
    seconds: float = 5,
    packages: Iterable[str] = (),
) -> int:
    """Assert that all is as before when a transition does not happen; answer with the strikes.

    `context()` makes a fresh context, `observe(context)` says what has to be as before: anything
    that can be compared, best a dict with a name for each thing. It is copied. `commit` writes the
    state, as in `run`, and is given the context first. All three are called once a strike.

    The transition is run untouched, and then once for every strike:

    - another entry, right after each one that fires, that rejects, redirects, delays, aborts, or
      raises an error or `KeyboardInterrupt`;
    - an error in a transform that is told the decision;
    - a commit that writes nothing: it raises one of the two, or refuses;
    - an error at every line of every hook that comes before the write, of the commit, and of what
      these call in the user's own package (in the modules beside it, if it has none). `packages`
      names more.

    Wherever the transition happened nevertheless, nothing is asserted; where it was redirected, the
    rest has to be as if the redirect had stood first. `LeakError` has all other strikes after which
    it was not as before. A strike that executes lines of that package for more than so many
    `seconds` is cut off, and counts as one. `SetupError` if nothing can be said: see there.

    What lines are, and other limits: docs/testing.md. It takes a run for every strike.
    """
    stage = Stage(policy, (from_state, to_state), commit, seconds, packages)
    play = Play(stage)
    with stage.listening():
        script = play.play()
        attempt = next(script)
        while True:
            ending = _run(stage, attempt, context, observe)
            try:
                attempt = script.send(ending)
            except StopIteration:
                break
    play.end()
    return play.strikes


def _run(
    stage: Stage, attempt: Attempt, context: Callable[[], Any], observe: Callable[[Any], object]
) -> Ending:
    made = context()
    ending = Ending(made, observed(observe, made, attempt))
    if attempt.twice:
        ending.again = observed(observe, made, attempt)
    policy: Any = attempt.policy
    stage.begin(attempt)
    former, trace = sys.gettrace(), stage.on()
    try:
        try:
            if trace is not None:
                sys.settrace(trace)
            outcome = policy.run(made, *stage.states, commit=stage.committing(made))
        finally:
            if trace is not None:
                sys.settrace(former)
            stage.off()
    except BaseException as error:
        stage.end(ending, None, error)
    else:
        stage.end(ending, outcome, None)
    if not ending.hung:
        ending.after = observed(observe, made, attempt)
    return ending


def observed(observe: Callable[[Any], object], context: object, attempt: Attempt) -> object:
    """What `observe` sees."""
    try:
        return snapshot(observe(context))
    except Exception as error:
        raise not_observed(error, attempt) from error


def not_observed(error: Exception, attempt: Attempt) -> SetupError:
    """What `observe` raised is its own, and not a leak."""
    when = "" if attempt.strike is None else f" after {attempt.strike.text}"
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    return SetupError(f"observe(context) raises{when}: {said}.", "observe")
