"""Bad input gets one ValueError that names the argument, what it was and what it must be."""

import inspect
import re

import jaxtyping
import numpy as np
import pytest

from ddpm_gmm import centres, em, geometry, mixture, objective, whitening
from ddpm_gmm.generate import laws, samplers, schemes, scores, two_sample
from ddpm_gmm.learn import descent, power, random_start
from ddpm_gmm.many import cubature, information, line
from ddpm_gmm.pair import population

V, W, C, X = np.ones(3), np.full(3, 2.0), np.eye(3)[:2], np.ones((4, 3))
RNG = np.random.default_rng(0)
SHAPE = dict(K=4, d=3, delta=1.0)
QMC = dict(rng=RNG, m=2, scrambles=3)
DOWN, LINE = np.array([2.0, 1.0, 0.0]), np.linspace(-9, 9, 43)


def drift(theta):
    return -theta


def pull(t, x):
    return -x


# A good call of every public function that takes numbers: the tests below spoil one argument each.
GOOD = [
    (mixture.pair, dict(mu=V)),
    (mixture.noise_scale, dict(t=0.1)),
    (mixture.shrink, dict(means=C, t=0.1)),
    (mixture.sample, dict(rng=RNG, n=3, means=C)),
    (mixture.diffuse, dict(rng=RNG, x0=X, t=0.1)),
    (mixture.blocks, dict(n=3, width=2)),
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
    (objective.G, dict(theta=C, x=X[:2], weights=np.ones(2))),
    (em.log_likelihood, dict(theta=V, x=X)),
    (em.em_step, dict(theta=C, x=X)),
    (em.likelihood_gradient, dict(theta=V, x=X)),
    (em.maximum_likelihood, dict(theta=W, x=np.vstack([X, -2 * X]))),
    (power.high_noise_force, dict(theta=V, mu=W)),
    (power.fifth_order_force, dict(theta=V, mu=W)),
    (power.sample_force, dict(theta=V, x=X)),
    (power.top_eigenvector, dict(x=X)),
    (power.spiked_overlap, dict(signal=V, ratio=W)),
    (centres.separation, dict(means=C)),
    (centres.simplex, SHAPE),
    (centres.collinear, SHAPE),
    (centres.grid, SHAPE),
    (centres.random, dict(rng=RNG, **SHAPE)),
    (centres.clustered, dict(rng=RNG, **SHAPE)),
    (centres.displaced, dict(rng=RNG, means=C, radius=0.1)),
    (centres.matched, dict(theta=C, means=C)),
    (centres.error, dict(theta=C, means=C)),
    (cubature.points, dict(rng=RNG, m=2, means=C)),
    (cubature.expectation, dict(f=drift, means=C, **QMC)),
    (cubature.gradient, dict(theta=C, means=C, **QMC)),
    (cubature.moments, dict(theta=C, means=C, **QMC, anchors=X)),
    (cubature.G, dict(theta=C, means=C, **QMC, anchors=X)),
    (cubature.moments, dict(theta=C, means=C, **QMC)),
    (whitening.residual, dict(theta=C, x=X)),
    (whitening.noise_level, dict(theta=C[:2], x=np.vstack([X, -2 * X]))),
    (descent.descend, dict(gradient=drift, theta=V, eta=0.1, steps=3)),
    (descent.gmm_denoiser, dict(t=0.1, theta=V, steps=3, x0=X, eta=0.1, rng=RNG)),
    (line.nodes, dict(theta=V, mu=W)),
    (line.gradient, dict(theta=V, mu=W)),
    (line.likelihood_gradient, dict(theta=V, mu=W)),
    (line.jacobian, dict(field=line.gradient, theta=V, mu=W, h=0.1)),
    (random_start.rungs, dict(x=X, q=2, last=0.1, top=0.5)),
    (random_start.collapsed, dict(rng=RNG, x=X, K=2, radius=0.1)),
    (random_start.anneal_em, dict(times=W, theta=C, steps=3, x0=X, rng=RNG)),
    (random_start.restarted_em, dict(start=lambda: C, x=X, passes=2, still=0.1)),
    (random_start.census, dict(theta=C, means=C, radius=0.1)),
    (descent.anneal, dict(times=W, theta=C, steps=3, x0=X, eta=0.1, rng=RNG)),
    (schemes.schedule, dict(T=2.0, steps=3)),
    (schemes.euler, dict(h=0.1, noise=1.0)),
    (schemes.exponential, dict(h=0.1, noise=1.0)),
    (samplers.reverse_sde, dict(rng=RNG, score=pull, x=X, times=DOWN)),
    (samplers.probability_flow, dict(score=pull, x=X, times=DOWN)),
    (samplers.accurate_flow, dict(score=pull, x=X, times=DOWN, tol=0.1)),
    (laws.law, dict(score=pull, density=LINE, grid=LINE, times=DOWN)),
    (laws.reverse_law, dict(means=V[:, None], density=LINE, grid=LINE, start=0.9, end=0.1)),
    (scores.ladder, dict(times=DOWN[:2], theta=np.stack([C, 2 * C]))),
    (scores.score_error, dict(score=pull, means=C, t=0.1, **QMC)),
    (scores.path_bound, dict(score=pull, means=C, times=DOWN, **QMC)),
    (two_sample.mmd_test, dict(rng=RNG, x=X, y=X, width=1.0, permutations=3)),
]

# The least value of a count, which is what every int argument is: by function, else by name.
LEAST = {
    **dict(n=1, d=1, K=2, m=0, steps=0, highest=0, width=1, scrambles=1, q=1, passes=1),
    "permutations": 1,
    (geometry.from_plane, "d"): 2,
    (centres.simplex, "d"): 3,  # of the four centres of the good call
    (centres.clustered, "K"): 4,
    (descent.anneal, "steps"): 1,
    (schemes.schedule, "steps"): 1,
    (random_start.anneal_em, "steps"): 1,
    (random_start.collapsed, "K"): 1,
}
POSITIVE = {"eta", "size", "delta", "h", "last", "top", "still", "T", "tol", "width", "start"}
OPTIONAL = {"weights", "anchors"}  # None is what they are by default
ZERO_DIVIDES = {objective.literal_loss, objective.literal_gradient, descent.gmm_denoiser}
ZERO_DIVIDES |= {geometry.clip_ball}  # a ball of radius 0 has no direction to keep
ZERO_DIVIDES |= {random_start.collapsed, random_start.census}  # nor equal centres a way apart
ANY_SHAPE = {"a", "b", "m", "r", "signal", "ratio"}  # a scalar is as good as an array


def least(f, name):
    return LEAST.get((f, name), LEAST[name])


def spoiled(f, name, value):
    """What can be wrong with one argument on its own: (label, bad value) pairs."""
    if isinstance(value, int):
        yield from (("below", least(f, name) - 1), ("half", 2.5), ("true", True), ("text", "two"))
        yield "nan", float("nan")
        if name == "highest":
            yield "above", 6
        return
    if name in {"t", "radius", "noise", "end", *POSITIVE} or f is population.nodes:
        yield from (("nan", np.nan), ("inf", np.inf), ("text", "two"), ("none", None))
        yield "negative", -0.1
        if name in POSITIVE or f in ZERO_DIVIDES:
            yield "zero", 0.0
        return
    for bad in (np.nan, np.inf, -np.inf):
        array = value.copy()
        array.flat[-1] = bad
        yield str(bad), array
    yield from (("text", [["a"] * 3] * 4), ("ragged", [[1.0], [1.0, 2.0]]))
    if name not in OPTIONAL:
        yield "none", None
    yield "complex", value * 1j
    yield "empty", np.empty((0, 3)) if value.ndim == 2 else np.empty(0)
    if name in {"r", "signal", "ratio"}:
        yield "negative", -value
    if name in {"ratio", "times"}:
        yield "zero", 0 * value
    if name not in ANY_SHAPE:
        yield "scalar", 1.0
        if value.ndim == 2:
            yield "three axes", np.ones((2, 2, 3))


ALONE = [
    pytest.param(f, good, name, bad, id=f"{f.__name__}-{name}-{label}")
    for f, good in GOOD
    for name, value in good.items()
    if name != "rng" and not callable(value)
    for label, bad in spoiled(f, name, value)
]
TOGETHER = [
    pytest.param(f, good, name, id=f"{f.__name__}-{name}")
    for f, good in GOOD
    if sum(isinstance(value, np.ndarray) for key, value in good.items() if key != "times") > 1
    for name, value in good.items()
    if isinstance(value, np.ndarray) and name != "times"  # any number of them will do
    if f.__module__ != line.__name__  # nor need the numbers of two sets of centres agree
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
    modules = (mixture, centres, cubature, geometry, population, objective, em, power, descent)
    modules += (line, random_start, schemes, samplers, laws, scores, two_sample)
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
        power.high_noise_force,
        power.fifth_order_force,
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
        for name, value in good.items():
            if isinstance(value, int):
                f(**good | {name: least(f, name)})


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


def test_an_entry_whose_square_would_overflow_is_refused():
    x = X.copy()
    x[2, 1] = -1e200
    text = message(objective.implicit_gradient, dict(theta=C, x=x))
    assert text == "x: got -1e+200 at index (2, 1), must be finite and below 1e+100 in size"


STARTS = [
    (descent.gmm_denoiser, dict(t=0.1, steps=3, eta=0.1, rng=RNG), "x0"),
    (descent.anneal, dict(times=W, steps=3, eta=0.1, rng=RNG), "x0"),
    (em.maximum_likelihood, {}, "x"),
]


@pytest.mark.parametrize("f, rest, sample", STARTS)
def test_a_start_with_equal_centres_or_more_centres_than_points_is_refused(f, rest, sample):
    x = mixture.sample(RNG, 4, C)
    text = message(f, rest | {"theta": C[[0, 1, 0]], sample: x})
    assert text == "theta: got equal centres 0 and 2, must be distinct"
    text = message(f, rest | {"theta": np.eye(3), sample: x[:2]})
    assert text == f"theta: got 3 centres, must be at most 2, the rows of {sample}"
    # As many centres as points are allowed, and so is one centre: the mean of the sample.
    f(**rest | {"theta": C, sample: np.array([[1.0, 0, 0], [0, 1.0, 0]])})
    assert np.shape(f(**rest | {"theta": C[:1], sample: x}))[-2:] == (1, 3)


def test_weights_of_another_number_than_the_points_are_named():
    for f, good in (
        (objective.G, dict(theta=C, x=X)),
        (information.at_truth, dict(means=C, x=X)),
    ):
        text = message(f, good | {"weights": np.ones(3)})
        assert text == "weights.shape[0]: got 3, must be 4 to match the rows of x"
    assert message(information.shares, dict(means=C, x=X[:, :2])).startswith("means.shape[1]: got")
