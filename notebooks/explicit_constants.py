"""What the chapter on explicit constants alone needs: how much nearer a map brings a ball."""

import numpy as np

from ddpm_gmm import geometry


def share_left(step, mu: float, rho: float, zooms: int = 6):
    """The largest |F(theta) - mu| / |theta - mu| over the ball |theta - mu| <= rho |mu|.

    The plane of theta and mu is enough, and half of it. A grid in radius and angle, then finer
    grids round the worst point found, each a third as wide; near mu the quotient goes on smoothly.

    Parameters
    ----------
    step : F(theta, mu), for thetas of shape (n, 2), which fixes mu
    mu : |mu|
    rho : the ball's radius over |mu|
    zooms : how many finer grids

    Returns
    -------
    (the largest quotient, radius over |mu|, angle from mu's direction) of the worst point
    """
    axis = np.array([mu, 0.0])
    (low, high), (first, last) = limits = (1e-4 * rho, rho), (0.0, np.pi)
    for _ in range(zooms + 1):
        radius, angle = np.meshgrid(np.linspace(low, high, 61), np.linspace(first, last, 181))
        away = mu * radius * np.array([np.cos(angle), np.sin(angle)])
        theta = axis + np.moveaxis(away, 0, -1).reshape(-1, 2)
        left = geometry.norm(step(theta, axis) - axis) / geometry.norm(theta - axis)
        worst = int(np.argmax(left))
        middle = radius.flat[worst], angle.flat[worst]
        half = (high - low) / 6, (last - first) / 6
        (low, high), (first, last) = (
            (max(c - h, end[0]), min(c + h, end[1]))
            for c, h, end in zip(middle, half, limits, strict=True)
        )
    return float(left[worst]), float(middle[0]), float(middle[1])
