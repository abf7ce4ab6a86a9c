"""All benchmarks, results into the README: `python -m benchmarks`. About ten minutes; the machine should be quiet."""

from benchmarks import field, ratios

ratios.main()
field.main()
