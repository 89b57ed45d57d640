"""The checker: an independent proof of what a certificate says. Imports nothing of the prover.

A certificate is a dict, as read from JSON,

    statement   the kind, and the kind's numbers
    leaves      [[low, high, low, high, ..., bound], ...], boxes with bounds
    precision, versions   what made it
    sha256      the digest of everything else

It is accepted if the digest is right, if the boxes cover the statement's region, exactly, and if
every bound holds on its box and does not exceed the statement's target. Nothing here comes from the
house that makes certificates: the cover is decided in another way, every bound is enclosed anew,
the formulas were derived again, and where an enclosure is too loose the box is bisected here.
The modules, bottom up:

``fields``       what a certificate's fields must be
``cover``        whether boxes cover a region, exactly
``confirm``      whether a bound holds on a box
``enclosures``   T_k = E tanh^{(k)}(u) at a point, by sums over the frequencies
``panels``       tilted integrals at a point, by Gauss and Legendre's rule
``models``       Taylor models: linear polynomials with a bound on the rest
``moments``      both over a box, as such models
``contraction``  Lemma 11: what a statement of this kind means, and its bound on a box
``expansion``    Lemma 8, likewise
``turning``      Lemma 9
``unit_step``    Lemma 9, for the unit step
``length``       Theorem 7, stage one
``landing``      Theorem 7, stage two
``certificate``  all of it together

What a theorem needs beside certificates is checked here, too, and no verdict on a certificate rests
on it:

``inequality``   what an inequality of a hand proof is, and how balls confirm it
``hand``         the numbers in the hand proofs
``chain``        whether certificates that were accepted leave no gap

A kind is a module with

    SIDES                         how many sides a box has
    TARGET                        the statement's key of the number that no bound may exceed
    check(statement)              raises Rejected unless its fields are as they must be
    region(statement)             a box of fractions that holds the region
    misses(statement, box)        whether a closed box misses the region, exactly
    bound(statement, box)         from below at the middle, from above on the box

Derived in notebooks/explicit-constants.
"""

from ddpm_gmm.certify.check.certificate import KINDS, PRECISION, at, digest, verify
from ddpm_gmm.certify.check.fields import Rejected

__all__ = ["KINDS", "PRECISION", "Rejected", "at", "digest", "verify"]
