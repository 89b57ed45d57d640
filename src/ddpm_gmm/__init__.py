"""The mathematics of *Learning Mixtures of Gaussians Using the DDPM Objective*.

Pure functions over NumPy arrays. A sample array has shape (n, d), centres (K, d), one parameter
vector (d,). A sample may carry ``weights`` (n,): a function's mean over the points is then the sum
of its values times these, and a rule of quadrature can take the place of a sample. Parameters are
at time 0 where a time is an argument, unless the name says otherwise (theta_t). A generator of
random numbers is the first argument. The rooms, bottom up; each module imports only from those
above it:

``check``
    what a bad argument is told
``geometry``, ``rules``
    angles, and the plane of the exact two-Gaussian dynamics; every quadrature
``mixture``, ``centres``
    the spherical mixture, its forward process, its score; sets of K centres
``objective``, ``em``
    the DDPM objective in its three forms and EM, on weighted points
``pair``
    two Gaussians exactly: population, noise averaged out, information
``many``
    K centres: cubature and information
``learn``
    descent and Algorithm 1, many starts at once, power iteration
``generate``
    schemes and samplers: the reverse SDE and the probability flow
``certify``
    explicit constants, proved by ball arithmetic and checked by a second program; needs
    python-flint

What one chapter alone needs lies beside its notebook.
"""

__version__ = "0.1.0"
