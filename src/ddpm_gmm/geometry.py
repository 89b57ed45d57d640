"""Angles, rescaling, and the plane of theta and mu.

By symmetry the exact dynamics of the pair {mu, -mu} never leave the plane spanned by theta and mu.
Its coordinates are a = theta . mu / |mu| (along the truth) and b = |theta - a mu/|mu|| (across it).
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check

Array = np.ndarray
Batch = Float[Array, "*batch"] | np.float64


def norm(x: Float[Array, "*batch d"]) -> Batch:
    """Euclidean length over the last axis, whatever the size of the entries."""
    square = np.einsum("...i,...i->...", x, x)
    if np.all((square > 1e-280) & (square < 1e280)):
        return np.sqrt(square)
    # Squares may have left the floats: a power of two, which rounds nothing, brings them back.
    power = np.frexp(np.max(np.abs(x), axis=-1, initial=0.0))[1]
    x = np.ldexp(x, -power[..., None])
    return np.ldexp(np.sqrt(np.einsum("...i,...i->...", x, x)), power)


def to_plane(theta: Float[Array, "*batch d"], mu: Float[Array, " d"]):
    """Coordinates (a, b) of theta in the plane of theta and mu.

    a = theta . mu / |mu|,  b = |theta - a mu/|mu||;  at mu = 0 no direction is singled out and
    the limit is a = 0, b = |theta|.

    Parameters
    ----------
    theta : array (..., d)
    mu : array (d,)

    Returns
    -------
    a, b : arrays (...)

    Notes
    -----
    b is computed from the residual and not as sqrt(|theta|^2 - a^2), which loses half the digits
    near the axis.
    """
    theta, mu = check.array("theta", theta, least_axes=1), check.array("mu", mu, 1)
    check.same("theta.shape[-1]", theta.shape[-1], "mu", mu.shape[0])
    size = norm(mu)
    direction = mu / size if size > 0 else np.zeros_like(mu)
    a = theta @ direction
    return a, norm(theta - a[..., None] * direction)


def from_plane(a, b, d=2) -> Float[Array, "*batch d"]:
    """The vector a e_1 + b e_2 in R^d: a representative of every theta with plane coordinates a, b.

    Parameters
    ----------
    a, b : floats or arrays that broadcast against each other
    d : int, at least 2

    Returns
    -------
    array (..., d)
    """
    a, b = check.together("a", a, "b", b)
    out = np.zeros((*a.shape, check.count("d", d, least=2)))
    out[..., 0], out[..., 1] = a, b
    return out


def angle(theta: Float[Array, "*batch d"], mu: Float[Array, " d"]) -> Float[Array, "*batch"]:
    """Angle between theta and mu, in radians, in [0, pi].

    atan2(b, a) in plane coordinates, accurate at every angle (an arccos loses half the digits near
    0). At theta = 0 or mu = 0, where there is no direction, it is defined as pi/2: no alignment.
    """
    a, b = to_plane(theta, mu)
    return np.where((a == 0) & (b == 0), np.pi / 2, np.arctan2(b, a))


def tangent(theta: Float[Array, "*batch d"], mu: Float[Array, " d"]) -> Batch:
    """Tangent of the angle between theta and the line of mu: b / |a| in plane coordinates.

    The pair {mu, -mu} has no sign. Infinite across the line; a nan where theta or mu is 0.
    """
    a, b = to_plane(theta, mu)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(b, np.abs(a))


def overlap(theta: Float[Array, "*batch d"], mu: Float[Array, " d"]) -> Batch:
    """Squared cosine of the angle between theta and the line of mu; 0 at theta = 0 or mu = 0."""
    a, b = to_plane(theta, mu)
    length = np.hypot(a, b)
    return np.where(length > 0, a / np.where(length > 0, length, 1.0), 0.0) ** 2


def miss(theta: Float[Array, "*batch d"], mu: Float[Array, " d"]) -> Batch:
    """Distance from theta to the nearer of mu and -mu: what a learner of the pair is off by."""
    theta, mu = check.array("theta", theta, least_axes=1), check.array("mu", mu, 1)
    check.same("theta.shape[-1]", theta.shape[-1], "mu", mu.shape[0])
    return np.minimum(norm(theta - mu), norm(theta + mu))


def rescale(theta: Float[Array, "*batch d"], size: float) -> Float[Array, "*batch d"]:
    """Project onto the sphere of radius ``size``: size * theta / |theta|; 0 stays 0.

    The projection under which the angle lemma is studied here: it leaves the direction alone.
    """
    theta = check.array("theta", theta, least_axes=1)
    length = norm(theta)[..., None]
    return check.number("size", size, above=0) * (theta / np.where(length > 0, length, 1.0))
