"""The book's machinery: what notebooks record, what claims.toml promises, how the site is made.

It knows no mathematics. A notebook needs only the two names below and :mod:`companion.figures`.
"""

from companion.profiles import sizes
from companion.records import record

__all__ = ["record", "sizes"]
