# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Callbacks: `add_after` and `add_cleanup` take a function and its arguments, and check them."""

from enum import Enum
from functools import partial

from bylaws import Policy, Transition, Verdict, proceed, rule


class S(Enum):
    NEW = "new"
    PAID = "paid"


class Lease:
    def release(self) -> bool:
        return True

    async def release_later(self, seconds: float = 0) -> None: ...


class Order:
    lease: Lease = Lease()


def log(text: str, *, level: int = 0) -> None: ...


@rule(from_states={S.NEW}, to_states={S.PAID})
def adds(t: Transition[S, S, Order]) -> Verdict[S]:
    lease = t.context.lease
    # Whatever a callback returns is let go, or awaited in arun.
    t.add_cleanup(lease.release)
    t.add_cleanup(lease.release_later, 0.5)
    t.add_after(log, "paid")
    t.add_after(log, "paid", level=2)
    t.add_after(log, level=2, text="paid")
    t.add_after(lambda: print("paid"))
    t.add_after(partial(log, level=1), "paid")
    t.add_after(print, "paid", t.context, sep=" ")

    t.add_cleanup(lease.release())  # type: ignore[arg-type]  # a callback that is called instead of given
    t.add_cleanup(lease.release_later())  # type: ignore[arg-type]  # an async callback that is called instead of given
    t.add_after(log("paid"))  # type: ignore[arg-type, func-returns-value]  # a callback without a result that is called instead of given
    t.add_after(log)  # type: ignore[call-arg]  # a callback without an argument that it needs
    t.add_after(log, 5)  # type: ignore[arg-type]  # a callback given a wrong argument
    t.add_after(log, "paid", "more")  # type: ignore[arg-type, call-arg]  # a callback given one argument too many
    t.add_after(log, "paid", level="2")  # type: ignore[arg-type]  # a callback given a wrong keyword argument
    t.add_after(log, "paid", colour="red")  # type: ignore[call-arg]  # a callback given an unknown keyword argument
    t.add_cleanup(lease.release, t)  # type: ignore[call-arg]  # a callback given the transition that it does not take
    t.add_cleanup("release")  # type: ignore[arg-type]  # a callback that is no function
    return proceed()


Policy[S, Order](adds)
