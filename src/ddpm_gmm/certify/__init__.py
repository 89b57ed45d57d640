"""Explicit constants, proved by ball arithmetic and checked by a second program.

Arb (python-flint) computes with balls, numbers that carry a bound on their error, rounding
included. What it says is therefore a proof and not a measurement. Behind this door are two houses
that share no code, ``certify.prove`` and ``certify.check``, with a file of the same name in both
for each kind of statement. Neither knows of the other.

A *statement* is a dict of a kind and of numbers, a *certificate* the boxes and bounds that prove
it:

    leaves = certify.prove(statement)      or NotProved
    certify.verify(certificate)            or Rejected
"""

try:
    import flint  # noqa: F401
except ModuleNotFoundError:
    raise ImportError(
        "ddpm_gmm.certify needs python-flint: pip install 'ddpm-gmm-companion[certify]'"
    ) from None

from ddpm_gmm.certify.check import Rejected, digest, verify

# From here on ``certify.prove`` is the function. The house of that name is reached by
# ``from ddpm_gmm.certify.prove import ...``.
from ddpm_gmm.certify.prove import KINDS, PRECISION, NotProved, prove, statements

__all__ = [
    "KINDS",
    "PRECISION",
    "NotProved",
    "Rejected",
    "digest",
    "prove",
    "statements",
    "verify",
]
