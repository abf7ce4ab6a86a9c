"""`coverage`: what the parts of a test suite have exercised, put together."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from bylaws.cli.codes import FINE, FOUND
from bylaws.cli.errors import InputError
from bylaws.cli.output import to_stdout, visible, write
from bylaws.testing.coverage.datafile import combine
from bylaws.testing.coverage.showing import FORMATS, formatted
from bylaws.testing.errors import CoverageError
from bylaws.views.near import near


def covered(
    files: Sequence[str], policy: str | None, form: str, output: str | None, least: str | None
) -> int:
    """Write the report on these data files; the exit code says if anything is less than `least`."""
    try:
        found = combine(*files)
        if policy is not None:
            names = [seen.subject.source for seen in found]
            found = tuple([seen for seen in found if seen.subject.source == policy])
            if not found:
                known = f"{near(policy, names)}; there are: {', '.join(names) or 'none'}"
                raise InputError(f"there is no coverage of {policy!r}{known}")
        if form not in FORMATS:
            raise InputError(f"coverage is not shown as {form}, but as {', '.join(FORMATS)}")
        width = shutil.get_terminal_size().columns if to_stdout(output) else 80
        failing = [seen for seen in found if least is not None and not seen.reaches(least)]
        write(formatted(found, form, width=width), output)
    except CoverageError as error:
        raise InputError(str(error)) from error
    except FileNotFoundError as error:
        raise InputError(f"there is no file {error.filename}") from error
    for seen in failing:
        told = f"{seen.covered:,} of {seen.total:,} are less than {least} %"
        print(f"{visible(seen.subject.source)}: {told}", file=sys.stderr)
    return FOUND if failing else FINE
