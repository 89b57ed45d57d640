"""Bad input gets one ValueError that names the argument, what it was and what it must be."""

import importlib
import inspect
import re
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
from helpers import fresh, public_functions

from ddpm_gmm import centres, certify, em, geometry, mixture, objective, rules
from ddpm_gmm.generate import samplers, schemes
from ddpm_gmm.learn import copies, descent, power, starts
from ddpm_gmm.many import cubature, information
from ddpm_gmm.pair import batch, noise, population
from ddpm_gmm.pair import information as pair_information

V, W, C, X = np.ones(3), np.full(3, 2.0), np.eye(3)[:2], np.ones((4, 3))
SAMPLES, W2 = np.stack([X, X]), np.full((4, 2), 2.0)
C3, X2 = C[None] + np.zeros((2, 1, 1)), np.vstack([X, -2 * X])
S4, S8 = np.full(4, 0.25), np.arange(1.0, 9) / 36
RNG = np.random.default_rng(0)
BATCH = dict(rng=RNG, theta=W2, size=1.0, t=0.1, d=3, n=5)
SHAPE = dict(K=4, d=3, delta=1.0)
QMC = dict(m=2, scrambles=3)
DOWN = np.array([2.0, 1.0, 0.0])


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
    (mixture.origin, dict(means=C)),
    (mixture.blocks, dict(n=3, width=2)),
    (mixture.log_density, dict(x=X, means=C)),
    (mixture.responsibilities, dict(x=X, means=C)),
    (mixture.posterior_mean, dict(x=X, means=C)),
    (mixture.score, dict(x=X, means=C)),
    (geometry.to_plane, dict(theta=V, mu=W)),
    (geometry.from_plane, dict(a=V, b=W, d=4)),
    (geometry.angle, dict(theta=V, mu=W)),
    (geometry.tangent, dict(theta=V, mu=W)),
    (geometry.overlap, dict(theta=V, mu=W)),
    (geometry.miss, dict(theta=V, mu=W)),
    (geometry.rescale, dict(theta=V, size=0.1)),
    (rules.gaussian, dict(r=1.0)),
    (rules.plane, dict(r=1.0)),
    (rules.about, dict(means=C, nodes=X, weights=S4)),
    (rules.line, dict(theta=V[:, None], mu=W[:, None])),
    (rules.scales, dict(q=2)),
    (population.moments, dict(m=V, r=W, highest=3)),
    (population.push, dict(m=V, r=W)),
    (population.drag, dict(m=V, r=W)),
    (population.loss, dict(theta=V, mu=W)),
    (population.em_step, dict(theta=V, mu=W)),
    (population.em_gradient, dict(theta=V, mu=W)),
    (population.G, dict(theta=V, mu=W)),
    (population.gradient, dict(theta=V, mu=W)),
    (population.em_jacobian, dict(theta=V, mu=W)),
    (population.hessian, dict(theta=V, mu=W)),
    (population.jacobians, dict(theta=V, mu=W)),
    (population.norms, dict(theta=V, mu=W)),
    (noise.parts, dict(c=V, r=1.0, t=V)),
    (noise.averaged_loss, dict(theta=V, x0=X, t=V, weights=S4)),
    (noise.averaged_gradient, dict(theta=V, x0=X, t=V, weights=S4)),
    (noise.variance, dict(size=1.0, t=V, weight=W)),
    (noise.curvature, dict(size=1.0, t=V, weight=W)),
    (noise.covariance, dict(size=1.0, t=V, weight=W)),
    (noise.one_copy, dict(size=1.0, t=0.1)),
    (noise.error_ratio, dict(size=1.0, d=3, t=V, weight=W)),
    (batch.redrawn, dict(rng=RNG, theta=C, x0=SAMPLES, t=0.1)),
    (batch.averaged, dict(theta=C, x0=SAMPLES, t=0.1)),
    (batch.fresh, BATCH),
    (batch.fresh_descents, BATCH | dict(eta=0.1, count=2)),
    (pair_information.fisher, dict(size=V)),
    (pair_information.curvature, dict(size=V)),
    (pair_information.implicit_variance, dict(size=V)),
    (pair_information.literal_variance, dict(size_t=V, t=0.1)),
    (pair_information.implicit_covariance, dict(size=V)),
    (pair_information.spectral_covariance, dict(size=V)),
    (pair_information.cramer_rao, dict(size=V, d=3, n=5)),
    (objective.literal_loss, dict(theta_t=V, x=X, z=X, t=0.1, weights=S4)),
    (objective.literal_gradient, dict(theta_t=C, x=X, z=X, t=0.1, weights=S4)),
    (objective.explicit_loss, dict(theta=V, x=X, mu=C, weights=S4)),
    (objective.explicit_gradient, dict(theta=C, x=X, mu=V, weights=S4)),
    (objective.implicit_loss, dict(theta=V, x=X, weights=S4)),
    (objective.implicit_gradient, dict(theta=C, x=X, weights=S4)),
    (objective.G, dict(theta=C, x=X, weights=S4)),
    (em.log_likelihood, dict(theta=V, x=X, weights=S4)),
    (em.em_step, dict(theta=C, x=X, weights=S4)),
    (em.em_gradient, dict(theta=C, x=X, weights=S4)),
    (em.likelihood_gradient, dict(theta=V, x=X, weights=S4)),
    (em.maximum_likelihood, dict(theta=W, x=X2, weights=S8)),
    (power.high_noise_force, dict(theta=V, mu=W)),
    (power.rate, dict(length=V, radius=V / 4, eta=0.1)),
    (power.sample_force, dict(theta=V, x=X, weights=S4)),
    (power.top_eigenvector, dict(x=X, weights=S4)),
    (power.spiked_overlap, dict(signal=V, ratio=W)),
    (copies.price, dict(form="literal", t=0.1, draws=1)),
    (copies.parts, dict(form="implicit", t=0.1, draws=1)),
    (copies.overlap, dict(form="literal", t=0.1, draws=1, signal=1.0, ratio=0.1)),
    (copies.second_moments, dict(rng=RNG, rows=1, d=1)),
    (copies.draw, dict(rng=RNG, form="literal", t=0.1, draws=1, signal=1.0, d=2, n=2)),
    (centres.separation, dict(means=C)),
    (centres.simplex, SHAPE),
    (centres.collinear, SHAPE),
    (centres.random, dict(rng=RNG, **SHAPE)),
    (centres.clustered, dict(rng=RNG, **SHAPE)),
    (centres.touching, dict(d=3, delta=2.0)),
    (centres.displaced, dict(rng=RNG, means=C, radius=0.1)),
    (centres.matched, dict(theta=C, means=C)),
    (centres.error, dict(theta=C, means=C)),
    (cubature.points, dict(rng=RNG, m=2, means=C)),
    (cubature.expectation, dict(rng=RNG, f=drift, means=C, **QMC)),
    (cubature.gradient, dict(rng=RNG, theta=C, means=C, **QMC)),
    (cubature.moments, dict(rng=RNG, theta=C, means=C, **QMC, anchors=X)),
    (cubature.G, dict(rng=RNG, theta=C, means=C, **QMC, anchors=X)),
    (cubature.moments, dict(rng=RNG, theta=C, means=C, **QMC)),
    (cubature.importance, dict(x=X, means=C, anchors=C)),
    (information.shares, dict(means=C, x=X)),
    (information.at_truth, dict(means=C, x=X, weights=S4)),
    (information.jacobian_norms, dict(means=C, x=X, weights=S4)),
    (descent.descend, dict(gradient=drift, theta=V, eta=0.1, steps=3)),
    (descent.on_sphere, dict(gradient=drift, theta=V, eta=0.1, steps=3, size=0.1)),
    (descent.crossing, dict(y=DOWN - 1)),
    (descent.gmm_denoiser, dict(rng=RNG, t=0.1, theta=V, steps=3, x0=X, eta=0.1)),
    (descent.anneal, dict(rng=RNG, times=W, theta=C, steps=3, x0=X, eta=0.1)),
    (starts.explicit_gradient, dict(theta=C3, x=X, mu=C, weights=S4)),
    (starts.em_step, dict(theta=C3, x=X, weights=S4)),
    (schemes.schedule, dict(T=2.0, steps=3)),
    (schemes.euler, dict(h=0.1, noise=1.0)),
    (schemes.exponential, dict(h=0.1, noise=1.0)),
    (samplers.reverse_sde, dict(rng=RNG, score=pull, x=X, times=DOWN)),
    (samplers.probability_flow, dict(score=pull, x=X, times=DOWN)),
    (samplers.score_of, dict(means=C)),
]

# The least value of a count, which is what every int argument is: by function, else by name.
LEAST = {
    **dict(n=1, d=1, K=2, m=0, steps=0, highest=0, width=1, scrambles=1, q=1, draws=1, rows=1),
    (geometry.from_plane, "d"): 2,
    (batch.fresh, "d"): 2,
    (batch.fresh_descents, "d"): 2,
    (batch.fresh_descents, "count"): 1,
    (centres.simplex, "d"): 3,  # of the four centres of the good call
    (centres.clustered, "K"): 4,
    (centres.touching, "d"): 2,
    (descent.anneal, "steps"): 1,
    (schemes.schedule, "steps"): 1,
    (copies.draw, "n"): 2,
}
POSITIVE = {"eta", "size", "size_t", "delta", "h", "T"}
OPTIONAL = {"weights", "anchors"}  # None is what they are by default
ZERO_DIVIDES = {objective.literal_loss, objective.literal_gradient, descent.gmm_denoiser}
ZERO_DIVIDES |= {pair_information.literal_variance}
ANY_SHAPE = {"a", "b", "c", "m", "r", "signal", "ratio", "size", "size_t"}
ANY_SHAPE |= {"length", "radius"}  # a scalar will do too
ONE_OR_MANY = {"t", "weight"}  # a scalar or a vector
# geometry.norm takes what it gets, overflown paths included; certify's doors are tried below.
WITHOUT_REFUSALS = {geometry.norm}


def least(f, name):
    return LEAST[f, name] if (f, name) in LEAST else LEAST[name]


def spoiled(f, name, value):
    """What can be wrong with one argument on its own: (label, bad value) pairs."""
    if name == "rng":
        yield from (("seed", 7), ("none", None), ("legacy", np.random.RandomState(0)))
        return
    if isinstance(value, str):
        yield from (("other", "fourth"), ("none", None))
        return
    if isinstance(value, int):
        yield from (("below", least(f, name) - 1), ("half", 2.5), ("true", True), ("text", "two"))
        yield "nan", float("nan")
        if name == "highest":
            yield "above", 6
        return
    if isinstance(value, float):
        yield from (("nan", np.nan), ("inf", np.inf), ("text", "2"), ("none", None))
        yield from (("negative", -0.1), ("complex", 1j))
        if name in POSITIVE or f in ZERO_DIVIDES:
            yield "zero", 0.0
        return
    for bad in (np.nan, np.inf, -np.inf):
        array = value.copy()
        array.flat[-1] = bad
        yield str(bad), array
    yield from (("text", [["a"] * 3] * 4), ("ragged", [[1.0], [1.0, 2.0]]))
    yield from (("digits", value.astype(str)), ("object", value.astype(object)))
    if name not in OPTIONAL:
        yield "none", None
    yield "complex", value * 1j
    yield "empty", np.empty((0, 3)) if value.ndim == 2 else np.empty(0)
    if name in {"r", "signal", "ratio", "weights", "t", *POSITIVE}:
        yield "negative", -value
    if name in {"ratio", "times", "weights", *POSITIVE}:
        yield "zero", 0 * value
    if name == "weights":
        yield "nothing", None if f is rules.about else [-1.0] * len(value)
    if name not in ANY_SHAPE:
        if name not in ONE_OR_MANY:
            yield "scalar", 1.0
        if value.ndim >= 2:
            yield "four axes", np.ones((2, 2, 2, 3))


ALONE = [
    pytest.param(f, good, name, bad, id=f"{f.__name__}-{name}-{label}")
    for f, good in GOOD
    for name, value in good.items()
    if not callable(value)
    for label, bad in spoiled(f, name, value)
]
# Any number of the first two will do; of weights there are as many as points, as tested below.
LOOSE = {"times", "t", "weights"}
TOGETHER = [
    pytest.param(f, good, name, id=f"{f.__name__}-{name}")
    for f, good in GOOD
    if sum(isinstance(value, np.ndarray) for key, value in good.items() if key not in LOOSE) > 1
    for name, value in good.items()
    if isinstance(value, np.ndarray) and name not in LOOSE
    if f is not rules.line  # nor need the numbers of two sets of centres agree; one column each
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
    without = public_functions() - {f for f, _ in GOOD} - WITHOUT_REFUSALS
    names = ", ".join(sorted(f"{f.__module__}.{f.__name__}" for f in without))
    assert not without, f"add a good call of {names} to GOOD in tests/ddpm_gmm/test_bad_input.py"
    assert public_functions() - {f for f, _ in GOOD} == WITHOUT_REFUSALS
    for f, good in GOOD:
        assert all(name in inspect.signature(f).parameters for name in good)
        f(**good)


@pytest.mark.parametrize("f, good, name, bad", ALONE)
def test_a_bad_argument_is_named_with_what_it_was_and_must_be(f, good, name, bad):
    text = message(f, good | {name: bad})
    assert re.fullmatch(rf"{name}\b.*: got .+, must .+", text)  # one line


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
        population.em_gradient,
        population.em_jacobian,
        population.hessian,
        population.jacobians,
        population.norms,
        power.high_noise_force,
    ],
)
def test_batches_that_do_not_broadcast_are_named(f):
    text = message(f, dict(theta=np.ones((2, 3)), mu=np.ones((5, 3))))
    assert re.match(r"(theta|mu)\b.*: got .*, must .*\b(theta|mu)\b", text)


CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))
BESIDE = {
    f
    for path in CHAPTERS
    for _, f in inspect.getmembers(importlib.import_module(path.stem), inspect.isfunction)
    if f.__module__ == path.stem
}
DRAWING = sorted(
    (f for f in public_functions() | BESIDE if "rng" in inspect.signature(f).parameters),
    key=lambda f: (f.__module__, f.__name__),
)


@pytest.mark.parametrize("bad", [3, None, np.random.RandomState(0), np.random], ids=str)
@pytest.mark.parametrize("f", DRAWING, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_seed_is_refused_before_anything_is_done_with_the_other_arguments(f, bad):
    names = list(inspect.signature(f).parameters)
    must = f"{f.__module__}.{f.__name__}: rng comes first, and rng = check.generator(rng) too"
    assert names[0] == "rng", must
    text = message(f, dict.fromkeys(names) | {"rng": bad})
    assert re.fullmatch(r"rng: got .+, must be a numpy.random.Generator", text), must


class Table:
    """What a data frame is to numpy: values, and columns with names."""

    def __init__(self, values, columns):
        self.values, self.columns = np.asarray(values), columns

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype=dtype)

    def __repr__(self):
        return "   a  b\n" * 40


def test_a_table_is_taken_by_its_values_and_its_columns_must_be_those_of_the_centres():
    x, theta = Table(X[:, :2], ["a", "b"]), Table(C[:, :2], ["a", "b"])
    for f in (em.em_step, objective.implicit_gradient):
        np.testing.assert_array_equal(f(theta, x), f(C[:, :2], X[:, :2]))
    np.testing.assert_array_equal(mixture.score(x, theta), mixture.score(X[:, :2], C[:, :2]))
    other = Table(C[:, 1::-1], ["b", "a"])
    text = message(em.em_step, dict(theta=other, x=x))
    assert text == "theta.columns: got ['b', 'a'], must be ['a', 'b'] to match x"
    text = message(mixture.score, dict(x=x, means=other))
    assert text == "means.columns: got ['b', 'a'], must be ['a', 'b'] to match x"


@pytest.mark.parametrize(
    "value, got",
    [
        ([[1.0, "setosa"], [2.0, "virginica"]], "'setosa' at index (0, 1)"),
        ([[1.0, 2.0], [None, 3.0]], "None at index (1, 0)"),
        ([[1, 2.5], [True, 3.0]], "a table of objects"),
    ],
)
def test_a_table_of_mixed_columns_is_refused_with_its_first_odd_entry(value, got):
    x = Table(np.array(value, dtype=object), ["a", "b"])
    text = message(em.em_step, dict(theta=np.eye(2), x=x))
    assert text == f"x: got {got}, must be an array of real numbers"


def test_a_missing_value_is_named_with_its_place():
    x = Table([[1.0, 2.0], [3.0, np.nan]], ["a", "b"])
    text = message(em.em_step, dict(theta=np.eye(2), x=x))
    assert text == "x: got nan at index (1, 1), must be finite"
    text = message(em.em_step, dict(theta=np.eye(2), x=Table([["1", "2"]], ["a", "b"])))
    assert "\n" not in text and text.endswith("must be an array of real numbers")


def test_times_that_cannot_be_undone_are_refused():
    good = dict(rng=RNG, theta=V, steps=3, x0=X, eta=0.1)
    text = message(descent.gmm_denoiser, good | {"t": 40.0})
    assert text == "t: got 40, must be <= 20, or rounding drowns what is left"
    text = message(descent.anneal, good | {"times": [40.0, 1.0]})
    assert text == "times: got 40, must be <= 20, or rounding drowns what is left"
    text = message(samplers.reverse_sde, dict(rng=RNG, score=pull, x=X, times=[36.0, 0.0]))
    assert text == "h, a step: got 36, must be <= 20, or rounding drowns what is left"
    text = message(schemes.schedule, dict(T=40.0, steps=20))
    assert text == "T: got 40, must be <= 23 for 20 steps: none may be longer than 20"
    text = message(pair_information.fisher, dict(size=1e-8))
    assert text == "size: got 1e-08, must be >= 1e-05: below, information is rounding"
    with pytest.raises(ValueError, match=r"size at the smallest t: got .*, must be >= 1e-05"):
        noise.covariance(1.0, [40.0], [1.0])
    with pytest.raises(ValueError, match=r"weight: got .*, must not be zero at every t"):
        noise.covariance(1.0, [0.1], [0.0])


def test_noise_and_points_of_different_number_are_named():
    for f in (objective.literal_loss, objective.literal_gradient):
        text = message(f, dict(theta_t=V, x=X, z=X[:2], t=0.1))
        assert text == "z.shape: got (2, 3), must be (4, 3) to match x"


def test_time_zero_is_refused_only_where_the_literal_objective_divides_by_it():
    assert mixture.noise_scale(0.0) == 0
    np.testing.assert_array_equal(mixture.shrink(V, 0.0), V)
    np.testing.assert_array_equal(mixture.diffuse(RNG, X, 0.0)[0], X)
    text = message(objective.literal_loss, dict(theta_t=V, x=X, z=X, t=0.0))
    assert text == "t: got 0, must be > 0"


def test_the_least_count_is_allowed_everywhere():
    for f, good in GOOD:
        for name, value in good.items():
            if isinstance(value, int):
                f(**good | {name: least(f, name)})


def test_an_empty_sample_is_refused_wherever_one_is_taken():
    for f, good in GOOD:
        for name in {"x", "x0"} & good.keys():
            empty = np.asarray(good[name])[:0]
            text = message(f, good | {name: empty})
            assert text == f"{name}: got shape {empty.shape}, must not be empty"
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
    (descent.gmm_denoiser, dict(rng=RNG, t=0.1, steps=3, eta=0.1), "x0"),
    (descent.anneal, dict(rng=RNG, times=W, steps=3, eta=0.1), "x0"),
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
    for f, good in GOOD:
        for sample in {"x", "x0", "nodes"} & good.keys() if "weights" in good else ():
            rows = len(good[sample])
            text = message(f, good | {"weights": np.ones(rows - 1)})
            wanted = f"got {rows - 1}, must be {rows} to match the rows of {sample}"
            assert text == f"weights.shape[0]: {wanted}"
    assert message(information.shares, dict(means=C, x=X[:, :2])).startswith("means.shape[1]: got")


def test_centres_on_a_line_have_one_column():
    text = message(rules.line, dict(theta=np.eye(2), mu=V[:, None]))
    assert text.startswith("theta.shape: got (2, 2), must be (2, 1)")


# -- the same numbers in another dress ------------------------------------------------------------


def strided(value):
    """The same entries, every other one of a larger array."""
    wide = np.repeat(value, 2, axis=-1)
    return wide[..., ::2]


def read_only(value):
    out = value.copy()
    out.flags.writeable = False
    return out


DRESSES = {
    "int": lambda v: v.astype(int) if (v == np.round(v)).all() else v,
    "float32": lambda v: v.astype(np.float32) if (v == v.astype(np.float32)).all() else v,
    "list": lambda v: v.tolist(),
    "Fortran": np.asfortranarray,
    "strided": strided,
    "read-only": read_only,
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("f, good", GOOD, ids=lambda f: getattr(f, "__name__", ""))
def test_lists_ints_and_any_layout_give_the_same_numbers(f, good, dress):
    dressed = {
        name: DRESSES[dress](value) if isinstance(value, np.ndarray) else value
        for name, value in good.items()
    }
    kept = {name: np.array(v) for name, v in dressed.items() if isinstance(v, np.ndarray)}
    found, wanted = numbers(f(**fresh(dressed))), numbers(f(**fresh(good)))
    # Sums may run in another order where the layout differs.
    np.testing.assert_allclose(found, wanted, 1e-12, 1e-12)
    for name, value in kept.items():
        np.testing.assert_array_equal(dressed[name], value)  # an argument is never written to


def numbers(value):
    """All the numbers of a result, one after another."""
    if callable(value):  # a score
        return numbers(value(0.3, X))
    if isinstance(value, (tuple, list)):
        return np.concatenate([numbers(v) for v in value])
    if isinstance(value, slice):
        return np.array([value.start, value.stop])
    if not isinstance(value, (np.ndarray, float, int)) and hasattr(value, "__iter__"):
        return numbers(list(value))
    return np.atleast_1d(np.asarray(value, dtype=float)).ravel()


# -- certify: its doors take statements, dicts of numbers -----------------------------------------

STATEMENTS = {s["kind"]: s for s in certify.statements().values()}
FIELDS = [
    pytest.param(kind, name, bad, id=f"{kind}-{name}-{bad}")
    for kind, statement in STATEMENTS.items()
    for name, value in statement.items()
    if name not in {"kind", "excess"} and not isinstance(value, str)  # "excess": any will do
    for bad in (np.nan, np.inf, None, "two", -1.0)
]


def test_every_kind_of_statement_is_here():
    assert set(STATEMENTS) == set(certify.KINDS)


@pytest.mark.parametrize("kind, name, bad", FIELDS)
def test_a_bad_number_in_a_statement_is_refused(kind, name, bad):
    good = STATEMENTS[kind][name]
    value = [good[0], bad] if isinstance(good, (list, tuple)) else bad
    with pytest.raises(ValueError, match=r"got .+, must "):
        certify.prove(STATEMENTS[kind] | {name: value}, most=1)


def test_a_kind_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"kind: got 'magic', must be one of"):
        certify.prove({"kind": "magic"})
