"""Bad input gets one ValueError that names the argument, what it was and what it must be."""

import inspect
import re

import jaxtyping
import numpy as np
import pytest

from ddpm_gmm import descent, em, geometry, mixture, objective, population, spectral

V, W, C, X = np.ones(3), np.full(3, 2.0), np.eye(3)[:2], np.ones((4, 3))
RNG = np.random.default_rng(0)


def drift(theta):
    return -theta


# A good call of every public function that takes numbers: the tests below spoil one argument each.
GOOD = [
    (mixture.pair, dict(mu=V)),
    (mixture.noise_scale, dict(t=0.1)),
    (mixture.shrink, dict(means=C, t=0.1)),
    (mixture.sample, dict(rng=RNG, n=3, means=C)),
    (mixture.diffuse, dict(rng=RNG, x0=X, t=0.1)),
    (mixture.log_density, dict(x=X, means=C)),
    (mixture.responsibilities, dict(x=X, means=C)),
    (mixture.posterior_mean, dict(x=X, means=C)),
    (mixture.score, dict(x=X, means=C)),
    (geometry.to_plane, dict(theta=V, mu=W)),
    (geometry.from_plane, dict(a=V, b=W, d=4)),
    (geometry.angle, dict(theta=V, mu=W)),
    (geometry.rescale, dict(theta=V, size=0.1)),
    (geometry.clip_ball, dict(theta=V, radius=0.1)),
    (population.nodes, dict(r=1.0)),
    (population.moments, dict(m=V, r=W, highest=3)),
    (population.loss, dict(theta=V, mu=W)),
    (population.em_step, dict(theta=V, mu=W)),
    (population.G, dict(theta=V, mu=W)),
    (population.gradient, dict(theta=V, mu=W)),
    (population.em_jacobian, dict(theta=V, mu=W)),
    (population.hessian, dict(theta=V, mu=W)),
    (objective.literal_loss, dict(theta=V, x=X, z=X, t=0.1)),
    (objective.literal_gradient, dict(theta=C, x=X, z=X, t=0.1)),
    (objective.explicit_loss, dict(theta=V, x=X, mu=C)),
    (objective.explicit_gradient, dict(theta=C, x=X, mu=V)),
    (objective.implicit_loss, dict(theta=V, x=X)),
    (objective.implicit_gradient, dict(theta=C, x=X)),
    (em.log_likelihood, dict(theta=V, x=X)),
    (em.em_step, dict(theta=C, x=X)),
    (em.likelihood_gradient, dict(theta=V, x=X)),
    (em.maximum_likelihood, dict(theta=W, x=np.vstack([X, -2 * X]))),
    (spectral.high_noise_force, dict(theta=V, mu=W)),
    (spectral.fifth_order_force, dict(theta=V, mu=W)),
    (spectral.sample_force, dict(theta=V, x=X)),
    (spectral.top_eigenvector, dict(x=X)),
    (spectral.spiked_overlap, dict(signal=V, ratio=W)),
    (descent.descend, dict(gradient=drift, theta=V, eta=0.1, steps=3)),
    (descent.gmm_denoiser, dict(t=0.1, theta=V, steps=3, x0=X, eta=0.1, rng=RNG)),
]

COUNTS = {"n": 1, "d": 2, "steps": 0, "highest": 0}
POSITIVE = {"eta", "size", "radius"}
ZERO_DIVIDES = {objective.literal_loss, objective.literal_gradient, descent.gmm_denoiser}
ANY_SHAPE = {"a", "b", "m", "r", "signal", "ratio"}  # a scalar is as good as an array


def spoiled(f, name, value):
    """What can be wrong with one argument on its own: (label, bad value) pairs."""
    if name in COUNTS:
        yield from (("below", COUNTS[name] - 1), ("half", 2.5), ("true", True), ("text", "two"))
        yield "nan", float("nan")
        if name == "highest":
            yield "above", 6
        return
    if name in {"t", *POSITIVE} or f is population.nodes:
        yield from (("nan", np.nan), ("inf", np.inf), ("text", "two"), ("none", None))
        yield "negative", -0.1
        if name in POSITIVE or f in ZERO_DIVIDES:
            yield "zero", 0.0
        return
    for bad in (np.nan, np.inf, -np.inf):
        array = value.copy()
        array.flat[-1] = bad
        yield str(bad), array
    yield from (("text", [["a"] * 3] * 4), ("ragged", [[1.0], [1.0, 2.0]]), ("none", None))
    yield "complex", value * 1j
    yield "empty", np.empty((0, 3)) if value.ndim == 2 else np.empty(0)
    if name in {"r", "signal", "ratio"}:
        yield "negative", -value
    if name == "ratio":
        yield "zero", 0 * value
    if name not in ANY_SHAPE:
        yield "scalar", 1.0
        if value.ndim == 2:
            yield "three axes", np.ones((2, 2, 3))


ALONE = [
    pytest.param(f, good, name, bad, id=f"{f.__name__}-{name}-{label}")
    for f, good in GOOD
    for name, value in good.items()
    if name not in {"rng", "gradient"}
    for label, bad in spoiled(f, name, value)
]
TOGETHER = [
    pytest.param(f, good, name, id=f"{f.__name__}-{name}")
    for f, good in GOOD
    if sum(isinstance(value, np.ndarray) for value in good.values()) > 1
    for name, value in good.items()
    if isinstance(value, np.ndarray)
]


@pytest.fixture(autouse=True)
def without_type_checker():
    """The package's own errors are the subject, not those of jaxtyping and beartype."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def message(f, arguments):
    with pytest.raises(ValueError) as caught:
        f(**arguments)
    assert type(caught.value) is ValueError
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_every_public_function_is_here_and_its_good_call_is_good():
    modules = (mixture, geometry, population, objective, em, spectral, descent)
    public = {
        f
        for module in modules
        for name, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__ and not name.startswith("_")
    }
    assert public - {f for f, _ in GOOD} == {geometry.norm}  # the one that takes what it gets
    for f, good in GOOD:
        f(**good)


@pytest.mark.parametrize("f, good, name, bad", ALONE)
def test_a_bad_argument_is_named_with_what_it_was_and_must_be(f, good, name, bad):
    text = message(f, good | {name: bad})
    assert re.match(rf"{name}\b.*: got .+, must ", text, re.DOTALL)  # a matrix prints in lines


@pytest.mark.parametrize("f, good, name", TOGETHER)
def test_shapes_that_do_not_match_are_named(f, good, name):
    # One column too many: which of the two is at fault is a matter of view, but one is named.
    wide = np.ones((*good[name].shape[:-1], good[name].shape[-1] + 1))
    arrays = "|".join(key for key, value in good.items() if isinstance(value, np.ndarray))
    text = message(f, good | {name: wide})
    assert re.match(rf"({arrays})\b.*: got .*[34].*, must .*\b({arrays})\b", text)


@pytest.mark.parametrize(
    "f",
    [
        population.loss,
        population.em_step,
        population.G,
        population.gradient,
        population.em_jacobian,
        population.hessian,
        spectral.high_noise_force,
        spectral.fifth_order_force,
    ],
)
def test_batches_that_do_not_broadcast_are_named(f):
    text = message(f, dict(theta=np.ones((2, 3)), mu=np.ones((5, 3))))
    assert re.match(r"(theta|mu)\b.*: got .*, must .*\b(theta|mu)\b", text)


def test_noise_and_points_of_different_number_are_named():
    for f in (objective.literal_loss, objective.literal_gradient):
        text = message(f, dict(theta=V, x=X, z=X[:2], t=0.1))
        assert text == "z.shape: got (2, 3), must be (4, 3) to match x"


def test_time_zero_is_refused_only_where_the_literal_objective_divides_by_it():
    assert mixture.noise_scale(0.0) == 0
    np.testing.assert_array_equal(mixture.shrink(V, 0.0), V)
    np.testing.assert_array_equal(mixture.diffuse(RNG, X, 0.0)[0], X)
    assert (
        message(objective.literal_loss, dict(theta=V, x=X, z=X, t=0.0)) == "t: got 0, must be > 0"
    )


def test_the_least_count_is_allowed_everywhere():
    for f, good in GOOD:
        for name in COUNTS.keys() & good.keys():
            f(**good | {name: COUNTS[name]})


def test_an_empty_sample_is_refused_wherever_one_is_taken():
    for f, good in GOOD:
        for name in {"x", "x0"} & good.keys():
            text = message(f, good | {name: np.empty((0, 3))})
            assert text == f"{name}: got shape (0, 3), must not be empty"
    assert message(mixture.sample, dict(rng=RNG, n=0, means=C)).startswith("n: got 0, must be")


def test_the_type_checker_is_on_in_every_other_test():
    jaxtyping.config.update("jaxtyping_disable", False)
    with pytest.raises(jaxtyping.TypeCheckError):
        mixture.pair(C)


def test_a_parameter_too_large_for_the_quadrature_is_refused_before_it_takes_the_memory():
    said = message(population.gradient, dict(theta=1e6 * V, mu=W))
    assert "r: got 1.73205e+06, must be <= 10000" in said
