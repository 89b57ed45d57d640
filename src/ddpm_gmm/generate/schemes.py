"""Schedules and one-step schemes of the reverse SDE and of the probability flow.

Every scheme has the form y = a x + b score(t, x) + spread z with three numbers that depend on the
step h and on the noise level c; a scheme is the function (h, c) -> (a, b, spread). Derived in
notebooks/generation.
"""

import numpy as np
from jaxtyping import Float

from ddpm_gmm import check

Array = np.ndarray


def schedule(T: float, steps: int, end: float = 0.0) -> Float[Array, " times"]:
    """Decreasing times from T to ``end``, uniform in e^{-t}.

    t_k = -log((1 - k/steps) e^{-T} + (k/steps) e^{-end}): each step moves the centres e^{-t} mu_i
    by the same length. At high noise, where little happens, the steps are long.

    Parameters
    ----------
    T : float, > end
        So that the first step, the longest, is at most 20: see :func:`exponential`.
    steps : int, >= 1
    end : float, >= 0

    Returns
    -------
    array (steps + 1,)
    """
    end = check.number("end", end, least=0)
    T, steps = check.number("T", T, above=end), check.count("steps", steps)
    times = -np.log(np.linspace(np.exp(-T), np.exp(-end), steps + 1))
    times[[0, -1]] = T, end  # not the rounded logarithms
    if times[0] - times[1] > check.LONGEST:
        most = times[1] + check.LONGEST
        raise ValueError(
            f"T: got {T:g}, must be <= {most:.4g} for {steps} steps: none may be longer than "
            f"{check.LONGEST:g}"
        )
    return times


def euler(h: float, noise: float = 1.0) -> tuple[float, float, float]:
    """The Euler-Maruyama scheme: a = 1 + h, b = (1 + c^2) h, spread = c sqrt(2 h).

    Parameters
    ----------
    h : float, > 0
    noise : float, c >= 0: 1 for the reverse SDE, 0 for the probability flow

    Returns
    -------
    a, b, spread : floats
    """
    h, noise = check.number("h", h, above=0), check.number("noise", noise, least=0)
    return 1 + h, (1 + noise * noise) * h, noise * np.sqrt(2 * h)


def exponential(h: float, noise: float = 1.0) -> tuple[float, float, float]:
    """The exponential scheme: a = e^h, b = e^h - e^{-c^2 h}, spread = sqrt(1 - e^{-2 c^2 h}).

    It is exact for one Gaussian N(mu, I): there score(t, x) + x = mu e^{-t}, and x - mu e^{-t} is
    an Ornstein-Uhlenbeck process of rate c^2. For any other score it is of order 1, as Euler's
    scheme is, and for a mixture of unit Gaussians it cannot blow up in steps of any length. At
    c = 0 it is the exponential Euler method, which solves the linear part exactly; at c = 1 it is
    the ancestral step of DDPM (Ho et al. 2020) for data with unit noise of their own.

    A score is rounded as a number of the size of x is, at 2^-53 |x|, and b multiplies that by e^h:
    hence steps of at most 20, in which it is 5e-8 |x|. Two steps do what one would.

    Parameters
    ----------
    h : float, > 0, at most 20
    noise : float
        As in :func:`euler`, which says what is returned.
    """
    h, noise = check.reversible("h, a step", h), check.number("noise", noise, least=0)
    rate = noise * noise * h
    return np.exp(h), np.exp(h) - np.exp(-rate), np.sqrt(-np.expm1(-2 * rate))
