"""The chart of the field: what one transition takes, by library and number of hooks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

Curve = Mapping[int, float]


def draw(panels: Mapping[str, Mapping[str, Curve]], path: Path) -> None:
    """A panel for each kind of run: for each library, nanoseconds by number of hooks."""
    # By name, and Any: matplotlib's types are partly unknown to pyright.
    matplotlib: Any = import_module("matplotlib")
    figures: Any = import_module("matplotlib.figure")
    # A fixed salt and no date: the same figures make the same file. Text stays text, which keeps it small.
    with matplotlib.rc_context({"svg.hashsalt": "bylaws", "svg.fonttype": "none", "font.size": 9}):
        figure = figures.Figure(figsize=(9, 4), layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
        for axis, (title, curves) in zip(axes, panels.items(), strict=True):
            for name, curve in curves.items():
                width = 2.5 if name == "bylaws" else 1
                color = f"C{names.index(name)}"
                axis.plot(list(curve), [value / 1e3 for value in curve.values()], "o-", color=color, lw=width, ms=3)
                hooks, value = list(curve.items())[-1]
                axis.annotate(name, (hooks, value / 1e3), xytext=(5, -3), textcoords="offset points", color=color)
            axis.set(title=title, xlabel="hooks that do nothing", yscale="log", xticks=[0, 1, 5, 10], xlim=(-0.5, 17))
            axis.grid(visible=True, alpha=0.3)
        axes[0].set_ylabel("µs for a transition (log scale)")
        figure.savefig(path, format="svg", metadata={"Date": None})
