"""The book's machinery: what notebooks record, what contracts promise, how the site is made.

It knows no mathematics. A notebook needs only the names below and :mod:`companion.figures`.
"""

try:
    from companion import threads
    from companion.profiles import sizes
    from companion.records import record
    from companion.statistics import farthest, nearest, proportion, slope, streams, t_interval
except ModuleNotFoundError as missing:
    raise ImportError(
        f"companion needs {missing.name}: pip install 'ddpm-gmm-companion[book]'"
    ) from None

threads.one()

__all__ = [
    "farthest",
    "nearest",
    "proportion",
    "record",
    "sizes",
    "slope",
    "streams",
    "t_interval",
]
