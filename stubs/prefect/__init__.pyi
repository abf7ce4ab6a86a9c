# The part of Prefect that the examples and tests touch, so that the checkers read them where it is
# not installed. Held to the real package by stubtest: .ci/prefect.

__version__: str
