"""All benchmarks, results into the README: `python -m benchmarks`.

About seven minutes; the machine should be quiet.
"""

from benchmarks import field, observing, ratios

ratios.main("--write")
observing.main("--write")
field.main("--write")
