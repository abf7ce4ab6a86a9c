"""The verbs: what each takes, and does with it. They import what they need: `--help` needs none."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias, cast

from cyclopts import App, Parameter

from bylaws.cli.codes import FINE

Format: TypeAlias = Literal["text", "md", "csv", "json", "mermaid", "dot", "html", "lock"]
DifferenceFormat: TypeAlias = Literal["text", "md", "json", "html"]
PlainFormat: TypeAlias = Literal["text", "json"]
LintFormat: TypeAlias = Literal["text", "json", "sarif", "github"]
Severity: TypeAlias = Literal["error", "warning", "note", "nothing"]
CoverageFormat: TypeAlias = Literal["text", "md", "html", "json"]

_EPILOGUE: Final = """\
A SOURCE is one of these:
  package.module:attribute  a policy, or what makes one without arguments
  package.module            every policy in a module, or in a package
  FILE                      a lock, or JSON
  REV:PATH                  such a file in git, as main:bylaws.lock
Without one, a verb is about the policies of [tool.bylaws] in pyproject.toml.

Exit codes: 0 fine, 1 differences or findings, 2 usage or input error."""


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return version("bylaws")


app: App = App(
    name="bylaws",
    help="What policies do, why, and what a change to them changes.",
    help_format="plaintext",
    help_epilogue=_EPILOGUE,
    version=_version,
)
cast("Any", app).register_install_completion_command(  # whose type says nothing of its arguments
    help="Install the completion of a shell, and exit."
)

Source: TypeAlias = Annotated[str, Parameter(name="SOURCE", help="What to look at.")]
From: TypeAlias = Annotated[
    str, Parameter(name="FROM", help="The state to leave, as PAID; none is no state.")
]
To: TypeAlias = Annotated[str, Parameter(name="TO", help="The state to enter.")]
Output: TypeAlias = Annotated[
    str | None,
    Parameter(
        alias="-o",
        help="The file to write; - is stdout, as without it.",
        allow_leading_hyphen=True,
    ),
]
Named: TypeAlias = Annotated[
    str | None, Parameter(help="Of several policies, the one that is called so.")
]
Only: TypeAlias = Annotated[
    tuple[str, ...],
    Parameter(
        help='Moves that may change, as "FAILED -> RUNNING" or "A, B -> every S, None"; '
        "changes outside of them are findings. May be repeated.",
        consume_multiple=False,
        negative=(),
        show_default=False,
    ),
]
FailOn: TypeAlias = Annotated[
    tuple[str, ...],
    Parameter(
        help="The kinds of changes that are findings, as loosens,opens; any; nothing. "
        "May be repeated.",
        consume_multiple=False,
        negative=(),
        show_default=False,
    ),
]
Lock: TypeAlias = Annotated[
    str | None,
    Parameter(
        help="The lock file: bylaws.lock beside pyproject.toml, if not said.",
        allow_leading_hyphen=True,
    ),
]


@app.command(usage="Usage: bylaws show [OPTIONS] [SOURCE...]")
def show(
    *sources: Source,
    format: Annotated[  # noqa: A002 (the flag)
        Format | None, Parameter(help="By the ending of the output; text without one.")
    ] = None,
    output: Output = None,
    focus: Annotated[str | None, Parameter(help="A state or a rule: only what it is in.")] = None,
    policy: Named = None,
) -> int:
    """Show what policies do: the matrix, as a table, a diagram, data or a page."""
    from bylaws.cli.chosen import chosen  # noqa: PLC0415
    from bylaws.cli.formats import matrices_as, of_file  # noqa: PLC0415
    from bylaws.cli.output import write  # noqa: PLC0415

    found = chosen(sources, policy)
    write(matrices_as(format or of_file(output), found, focus, output), output)
    return FINE


@app.command(usage="Usage: bylaws explain [OPTIONS] FROM TO [SOURCE...]")
def explain(
    from_state: From,
    to_state: To,
    /,
    *sources: Source,
    format: PlainFormat = "text",  # noqa: A002 (the flag)
    output: Output = None,
    policy: Named = None,
) -> int:
    """Explain why each entry fires for a move, or does not."""
    from bylaws.cli.chosen import chosen, for_those_that_can, meant  # noqa: PLC0415
    from bylaws.cli.explaining import explained  # noqa: PLC0415
    from bylaws.cli.output import write  # noqa: PLC0415

    answers = for_those_that_can(
        chosen(sources, policy),
        lambda matrix: (meant(matrix, from_state), meant(matrix, to_state)),
    )
    write(explained(answers, format), output)
    return FINE


@app.command(name="next", usage="Usage: bylaws next [OPTIONS] FROM [SOURCE...]")
def next_(
    from_state: From,
    /,
    *sources: Source,
    format: PlainFormat = "text",  # noqa: A002 (the flag)
    output: Output = None,
    policy: Named = None,
) -> int:
    """List the states that may be next: to which no entry is known to refuse always."""
    from bylaws.cli.chosen import chosen, for_those_that_can, meant  # noqa: PLC0415
    from bylaws.cli.explaining import listed_next  # noqa: PLC0415
    from bylaws.cli.output import write  # noqa: PLC0415

    answers = for_those_that_can(chosen(sources, policy), lambda matrix: meant(matrix, from_state))
    write(listed_next(answers, format), output)
    return FINE


@app.command(usage="Usage: bylaws diff [OPTIONS] OLD [NEW]")
def diff(
    old: Annotated[str, Parameter(help="The source to compare with.")],
    new: Annotated[str | None, Parameter(help="The source that is compared.")] = None,
    /,
    *,
    format: Annotated[  # noqa: A002 (the flag)
        DifferenceFormat | None, Parameter(help="By the ending of the output; text without one.")
    ] = None,
    output: Output = None,
    policy: Named = None,
    only: Only = (),
    fail_on: FailOn = (),
    weigh: Annotated[
        str | None,
        Parameter(
            help="Recorded moves: a CSV with from,to,count and refused_by, - for stdin, or the URL "
            "of a database; each line then says how many would have met it.",
            allow_leading_hyphen=True,
        ),
    ] = None,
    history: Annotated[
        str, Parameter(help="The table, in that database, of what was recorded.")
    ] = "history",
) -> int:
    """Show what a change changes: the moves, folded, and whether they are looser or tighter."""
    from bylaws.cli.chosen import both, chosen  # noqa: PLC0415
    from bylaws.cli.comparing import compared  # noqa: PLC0415
    from bylaws.cli.formats import of_file  # noqa: PLC0415
    from bylaws.cli.pairs import limits, paired  # noqa: PLC0415

    accepted = limits(only, fail_on)
    sides = both(chosen([old]), chosen([] if new is None else [new]), policy)
    pairs = paired(*sides)
    if weigh is not None:
        from bylaws.cli.weighing import weighed  # noqa: PLC0415

        pairs = (weighed(pairs, weigh, history),)
    return compared(pairs, accepted, format or of_file(output), output)


@app.command(usage="Usage: bylaws lock [OPTIONS] [SOURCE...]")
def lock(*sources: Source, lock: Lock = None) -> int:
    """Write down what the policies do, in the lock file."""
    from bylaws.cli.locking import write_down  # noqa: PLC0415

    write_down(sources, lock)
    return FINE


@app.command(usage="Usage: bylaws check [OPTIONS] [SOURCE...]")
def check(
    *sources: Source,
    lock: Lock = None,
    format: Annotated[  # noqa: A002 (the flag)
        DifferenceFormat | None, Parameter(help="By the ending of the output; text without one.")
    ] = None,
    output: Output = None,
    policy: Named = None,
    lint: Annotated[  # with its default severity
        bool, Parameter(help="Lint the policies too, in text.", negative=())
    ] = False,
) -> int:
    """Compare what the policies do with the lock file; a difference is a finding."""
    from bylaws.cli.formats import of_file  # noqa: PLC0415
    from bylaws.cli.locking import compare  # noqa: PLC0415

    form = format or of_file(output)
    code = compare(sources, lock, policy, form, output)
    if lint:
        from bylaws.cli.linting import linted_too  # noqa: PLC0415
        from bylaws.cli.output import to_stdout  # noqa: PLC0415

        code |= linted_too(sources, policy, aside=form != "text" and to_stdout(output))
    return code


@app.command(name="lint", usage="Usage: bylaws lint [OPTIONS] [SOURCE...]")
def lint_(
    *sources: Source,
    format: Annotated[  # noqa: A002 (the flag)
        LintFormat | None, Parameter(help="By the ending of the output; text without one.")
    ] = None,
    output: Output = None,
    policy: Named = None,
    fail_on: Annotated[
        Severity, Parameter(help="From which severity on what is found is a finding; or nothing.")
    ] = "warning",
    add_ignores: Annotated[
        bool, Parameter(help="Print what would ignore all that is found, instead.", negative=())
    ] = False,
) -> int:
    """Tell what is worth knowing about policies, and no error."""
    from bylaws.cli.linting import ignores_to_add, linted, of_file  # noqa: PLC0415

    if add_ignores:
        return ignores_to_add(sources, policy, output)
    return linted(sources, policy, fail_on, format or of_file(output), output)


@app.command(usage="Usage: bylaws coverage [OPTIONS] FILE...")
def coverage(
    first: Annotated[
        str, Parameter(name="FILE", help="A data file of pytest --bylaws-cov-report.")
    ],
    /,
    *more: Annotated[str, Parameter(show=False)],
    format: Annotated[  # noqa: A002 (the flag)
        CoverageFormat | None, Parameter(help="By the ending of the output; text without one.")
    ] = None,
    output: Output = None,
    policy: Annotated[
        str | None, Parameter(help="Of several policies, the one that was named so.")
    ] = None,
    fail_under: Annotated[
        str | None, Parameter(help="Less than N percent of a policy is a finding.")
    ] = None,
) -> int:
    """Put together what the parts of a test suite have exercised, and show what they have not."""
    from bylaws.cli.covering import covered  # noqa: PLC0415
    from bylaws.cli.formats import of_file  # noqa: PLC0415

    form = format or of_file(output)
    return covered([first, *more], policy, form, output, fail_under)


@app.command
def schema(
    what: Annotated[
        Literal["matrix", "difference", "weighed", "findings"],
        Parameter(help="Of what show, diff, diff --weigh, or lint prints."),
    ] = "matrix",
    /,
    *,
    output: Output = None,
) -> int:
    """Print the JSON schema of what `show --format json`, `diff` or `lint` prints."""
    from bylaws.cli.output import as_json, write  # noqa: PLC0415

    if what == "findings":
        from bylaws.lint import interchange  # noqa: PLC0415

        write(as_json(interchange.SCHEMA), output)
        return FINE
    from bylaws.views.schema import DIFFERENCE, SCHEMA, WEIGHED  # noqa: PLC0415

    schemas = {"matrix": SCHEMA, "difference": DIFFERENCE, "weighed": WEIGHED}
    write(as_json(schemas[what]), output)
    return FINE
