"""What the chapter on Lemma 11 alone needs: a grid on the ball that proves a contraction."""

import numpy as np

from ddpm_gmm import geometry


def ball(length: float, rho: float, radial: int):
    """The half-disc |theta - mu| <= rho |mu| on a polar grid, in R^3, and the grid's gap.

    By symmetry it stands for the ball in any dimension, see
    :func:`ddpm_gmm.pair.population.em_jacobian`.

    Parameters
    ----------
    length : float, |mu|
    rho : float
    radial : int, radial steps; there are three times as many angles

    Returns
    -------
    theta : array (nodes, 3)
    gap : float, no point of the half-disc is farther from its nearest node
    """
    R, angles = rho * length * np.linspace(0, 1, radial + 1), np.linspace(0, np.pi, 3 * radial + 1)
    a, b = length + np.outer(R, np.cos(angles)), np.outer(R, np.sin(angles))
    return geometry.from_plane(a, b, 3).reshape(-1, 3), (R[1] + R[-1] * angles[1]) / 2


def lipschitz(s: float):
    """Lipschitz constants of the Jacobians of EM, of G and of the unit step, on all of space.

    c_1 sqrt(M_2 M_4), (c_1 |mu| sqrt(M_6) + c_2 sqrt(M_2 M_4))/2 and their sum, with M_k the k-th
    moment of N(|mu|, 1), c_1 = max |tanh''| = 4/27^(1/2) and c_2 = 1.05 >= max |(u tanh'')'|.
    Derived in notebooks/lemma-11.

    Parameters
    ----------
    s : float, |mu|^2

    Returns
    -------
    array (3,)
    """
    m2, m4, m6 = 1 + s, 3 + 6 * s + s**2, 15 + 45 * s + 15 * s**2 + s**3
    c1, c2, m3 = 4 / 27**0.5, 1.05, np.sqrt(m2 * m4)
    of_em, of_g = c1 * m3, (c1 * np.sqrt(s * m6) + c2 * m3) / 2
    return np.array([of_em, of_g, of_em + of_g])
