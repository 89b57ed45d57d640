"""The prover's functions are tested at the precision at which it proves."""

import pytest
from flint import ctx

from ddpm_gmm import certify


@pytest.fixture(autouse=True)
def precision():
    with ctx.workprec(certify.PRECISION):
        yield
