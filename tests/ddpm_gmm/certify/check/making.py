"""Certificates to be checked: honest ones, and ways to spoil them."""

import copy
import itertools
import json

import numpy as np
import pytest
from hypothesis import strategies as st

from ddpm_gmm import certify
from ddpm_gmm.pair import population

UNTRUE = r"is false|not be confirmed"


def made(statement):
    """A certificate as it is read from its file."""
    certificate = {
        "statement": statement,
        "leaves": [[*sum(box, ()), bound] for box, bound in certify.prove(statement)],
        "precision": certify.PRECISION,
        "versions": {"python-flint": "0.9.0"},
    }
    return signed(json.loads(json.dumps(certificate)))


def signed(certificate):
    return {**certificate, "sha256": certify.digest(certificate)}


def put(path, value):
    def change(certificate):
        *way, last = path
        for key in way:
            certificate = certificate[key]
        certificate[last] = value(certificate[last]) if callable(value) else value

    return change


def gridded(statement, sides, pieces, bound):
    """A certificate whose leaves are a grid's cells, all with the same bound."""
    edges = [np.linspace(*side, n + 1).tolist() for side, n in zip(sides, pieces, strict=True)]
    cells = itertools.product(*(list(itertools.pairwise(edge)) for edge in edges))
    return signed(
        {
            "statement": statement,
            "leaves": [[*sum(cell, ()), bound] for cell in cells],
            "precision": 80,
            "versions": {},
        }
    )


def all_at(value, **statement):
    """Make every bound at most ``value``, and change the statement."""

    def change(certificate):
        certificate["statement"].update(statement)
        for leaf in certificate["leaves"]:
            leaf[-1] = min(leaf[-1], value)

    return change


def refused(certificate, change, message):
    """That a certificate, changed and signed anew, is rejected with this message."""
    changed = copy.deepcopy(certificate)
    change(changed)
    with pytest.raises(certify.Rejected, match=message):
        certify.verify(signed(changed))


def norm(which, s, x, y):
    """The Jacobian's norm at theta = |mu| (x, y), from the population's formulas."""
    theta, mu = np.array([s * x, s * y, 0.0]), np.array([s, 0.0, 0.0])
    em = population.em_jacobian(theta, mu)
    step = np.eye(3) - population.hessian(theta, mu)
    return np.linalg.norm({"EM": em, "G": step - em, "step": step}[which], 2)


def step_numbers(m, r, s):
    """P/m and Q of the step, from the population's gradient at m = theta . mu, r, s = |mu|."""
    cosine = m / (r * s)
    theta = r * np.array([cosine, np.sqrt(max(0.0, 1 - cosine**2))])
    new = theta - population.gradient(theta, np.array([s, 0.0]))
    Q = new[1] / theta[1]
    return (new[0] - Q * theta[0]) / (s * m), Q


def step_in_a_box(data, low):
    """A box of (m, r) from these lower ends on, a point of it, and the step's numbers there."""
    box = [(x, x + data.draw(st.floats(0, 0.1))) for x in low]
    share = data.draw(st.tuples(*[st.floats(0, 1)] * 2))
    m, r = ((1 - t) * a + t * b for t, (a, b) in zip(share, box, strict=True))
    s = max(0.5, m / r) * data.draw(st.floats(1.001, 2))
    return box, m, r, s, *step_numbers(m, r, s)
