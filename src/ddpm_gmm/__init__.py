"""The mathematics of *Learning Mixtures of Gaussians Using the DDPM Objective*.

Pure functions over NumPy arrays. A sample array has shape (n, d), centres (K, d), one parameter
vector (d,). The rooms, bottom up; each module imports only from those above it:

``check``, ``geometry``
    what a bad argument is told; angles, and the plane of the exact two-Gaussian dynamics
``mixture``, ``centres``
    the spherical mixture, its forward process, its score; sets of K centres
``objective``, ``em``
    the DDPM objective in its three forms and EM, on samples
``whitening``
    the noise level of real data, by maximum likelihood
``pair``
    two Gaussians exactly: ``population``, ``noise`` averaged out, ``information``
``many``
    K centres: ``cubature``, on a ``line``, ``information``
``learn``
    gradient ``descent`` and Algorithm 1, ``random_start``, ``power`` iteration
``generate``
    ``schemes``, ``samplers``, their ``laws`` on a line, ``scores``, a ``two_sample`` test
``certify``
    explicit constants, proved by ball arithmetic and checked by a second program; needs
    python-flint
"""
