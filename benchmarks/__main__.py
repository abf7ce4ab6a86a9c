"""All benchmarks, results into the README: `python -m benchmarks`.

About six minutes; the machine should be quiet.
"""

from benchmarks import field, ratios

ratios.main("--write")
field.main("--write")
