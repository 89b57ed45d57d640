"""The mathematics of *Learning Mixtures of Gaussians Using the DDPM Objective*.

Pure functions over NumPy arrays. A sample array has shape (n, d), centres (K, d), one parameter
vector (d,). The modules, bottom up; each imports only from those above it:

``check``        what a bad argument is told
``geometry``     angles, and the plane in which the exact two-Gaussian dynamics live
``mixture``      the spherical mixture, its forward process, its score
``centres``      sets of K centres: layouts, warm starts, errors up to the labels
``population``   the pair {mu, -mu}: every expectation exact, in any dimension
``line``         K centres on a line: exact population gradients
``information``  the Cramer-Rao bound, and what an objective loses against it; K centres too
``objective``    the DDPM objective on samples, in its three forms
``cubature``     population quantities of K centres, with their standard errors
``noise_scales`` the objective with the noise averaged out, at one scale or over all
``em``           EM and gradient EM
``whitening``    the noise level of real data, by maximum likelihood
``spectral``     power iteration, and what it can see in a sample
``descent``      gradient descent on any of these; Algorithm 1
``random_start`` K centres without a warm start: ladders of noise scales, restarts
``sampling``     from a score to samples: reverse SDE and probability flow, their laws on a line
``two_sample``   a test of whether two samples come from one law
``certify``      explicit constants, proved by ball arithmetic; works with floats and balls
"""
