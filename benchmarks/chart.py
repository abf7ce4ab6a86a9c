"""The chart of the field: how many times as long as bylaws a library takes, by number of hooks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from math import exp, log
from pathlib import Path
from typing import Any

Curve = Mapping[int, float]


def draw(panels: Mapping[str, Mapping[str, Curve]], path: Path) -> None:
    """A panel for each kind of run: how many times as long as bylaws a library takes, by hooks."""
    # By name, and Any: matplotlib's types are partly unknown to pyright.
    matplotlib: Any = import_module("matplotlib")
    figures: Any = import_module("matplotlib.figure")
    # A fixed salt and no date: the same figures make the same file. Text stays text, which keeps it
    # small.
    with matplotlib.rc_context({"svg.hashsalt": "bylaws", "svg.fonttype": "none", "font.size": 9}):
        figure = figures.Figure(figsize=(10, 4), layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
        for axis, (title, curves) in zip(axes, panels.items(), strict=True):
            for name, curve in curves.items():
                width = 2.5 if name == "bylaws" else 1
                axis.plot(
                    list(curve),
                    list(curve.values()),
                    "o-",
                    color=f"C{names.index(name)}",
                    lw=width,
                    ms=3,
                )
            for name, height in _apart(
                {name: list(curve.values())[-1] for name, curve in curves.items()}
            ).items():
                axis.text(10.5, height, name, color=f"C{names.index(name)}", va="center")
            axis.set(
                title=title,
                xlabel="hooks that do nothing",
                yscale="log",
                xticks=[0, 1, 5, 10],
                xlim=(-0.5, 20),
            )
            axis.grid(visible=True, alpha=0.3)
        axes[0].set_ylabel("times as long as bylaws (log scale)")
        figure.savefig(path, format="svg", metadata={"Date": None})


def _apart(heights: Mapping[str, float], factor: float = 1.7) -> dict[str, float]:
    """The heights of labels on a log scale, from the lowest, moved up where they would touch."""
    placed: dict[str, float] = {}
    lowest = 0.0
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        placed[name] = max(height, lowest)
        lowest = exp(log(placed[name]) + log(factor))
    return placed
