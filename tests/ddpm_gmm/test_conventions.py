"""The house's conventions, held by inspection: a function that breaks one fails here.

Rooms, lengths of files, one place for a generator, one meaning of weights, one time in a call, and
a reason for every function that one chapter alone uses.
"""

import ast
import inspect
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers import EPS, public_functions, rooms

from ddpm_gmm import centres, em, geometry, mixture, objective
from ddpm_gmm.learn import power, starts
from ddpm_gmm.many import cubature, information
from ddpm_gmm.pair import noise

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ddpm_gmm"
ORDER = [  # bottom up; each imports only from rows above its own, or from its own room
    {"check"},
    {"geometry", "rules"},
    {"mixture", "centres"},
    {"objective", "em"},
    {"pair"},
    {"many"},
    {"learn"},
    {"generate"},
    {"certify"},
]
PUBLIC = sorted(public_functions(), key=lambda f: (f.__module__, f.__name__))


def name_of(f):
    return f"{f.__module__}.{f.__name__}".removeprefix("ddpm_gmm.")


def parameters(f):
    return list(inspect.signature(f).parameters)


# -- rooms -----------------------------------------------------------------------------------------


def files():
    return sorted(SOURCE.rglob("*.py"))


def row_of(module):
    return next(i for i, row in enumerate(ORDER) if module in row)


def imported(path):
    """What a file imports of ddpm_gmm: the modules and rooms at its top."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ddpm_gmm"):
            inner = node.module.split(".")[1:]
            yield from [inner[0]] if inner else [alias.name for alias in node.names]


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_imports_only_from_the_rooms_above_it(path):
    if path == SOURCE / "__init__.py":
        assert not list(imported(path))
        return
    own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    for other in imported(path):
        assert (other == own and path.parent != SOURCE) or row_of(other) < row_of(own), other


@pytest.mark.parametrize("room", ["pair", "many", "learn", "generate"])
def test_a_room_is_entered_by_its_modules_names(room):
    body = ast.parse((SOURCE / room / "__init__.py").read_text()).body
    assert len(body) == 1 and isinstance(body[0], ast.Expr)  # its docstring, and nothing exported


def test_the_packages_docstring_lists_the_rooms_bottom_up():
    listed = re.findall(r"``(\w+)``", (SOURCE / "__init__.py").read_text())
    names = [name for row in ORDER for name in row]
    assert [row_of(name) for name in listed if name in names] == sorted(map(row_of, names))


# -- a generator is the first argument -------------------------------------------------------------


def test_a_generator_is_the_first_argument_and_is_called_rng():
    for f in PUBLIC:
        for name, p in inspect.signature(f).parameters.items():
            drawn = p.annotation is np.random.Generator or name == "rng"
            if drawn:
                assert name == "rng" and parameters(f)[0] == "rng", name_of(f)
                assert p.annotation is np.random.Generator, name_of(f)


# -- weights ---------------------------------------------------------------------------------------

C = np.array([[1.0, 0.4, 0.5], [-1.0, 0.6, 0.3]])
V, T = C[0], np.array([0.1, 0.7])
X = mixture.sample(np.random.default_rng(0), 12, C)
Z = np.random.default_rng(1).standard_normal(X.shape)
COUNTS = np.array([1, 2, 0, 3, 1, 1, 2, 1, 4, 1, 1, 2])
SCALE_FREE = {
    em.em_step,
    em.em_gradient,
    em.maximum_likelihood,
    power.top_eigenvector,
    starts.em_step,
}
WEIGHTED = {  # (x, z, weights) -> what the function says of them; the literal form needs z
    objective.literal_loss: lambda x, z, w: objective.literal_loss(V, x, z, 0.3, w),
    objective.literal_gradient: lambda x, z, w: objective.literal_gradient(C, x, z, 0.3, w),
    objective.explicit_loss: lambda x, z, w: objective.explicit_loss(C, x, V, w),
    objective.explicit_gradient: lambda x, z, w: objective.explicit_gradient(C, x, -C, w),
    objective.implicit_loss: lambda x, z, w: objective.implicit_loss(C, x, w),
    objective.implicit_gradient: lambda x, z, w: objective.implicit_gradient(C, x, w),
    objective.G: lambda x, z, w: objective.G(C, x, w),
    em.log_likelihood: lambda x, z, w: em.log_likelihood(C, x, w),
    em.em_step: lambda x, z, w: em.em_step(C, x, w),
    em.em_gradient: lambda x, z, w: em.em_gradient(C, x, w),
    em.likelihood_gradient: lambda x, z, w: em.likelihood_gradient(C, x, w),
    em.maximum_likelihood: lambda x, z, w: em.maximum_likelihood(V, x, w),
    noise.averaged_loss: lambda x, z, w: noise.averaged_loss(V, x, T, w),
    noise.averaged_gradient: lambda x, z, w: noise.averaged_gradient(V, x, T, w),
    power.sample_force: lambda x, z, w: power.sample_force(V, x, w),
    power.top_eigenvector: lambda x, z, w: np.abs(power.top_eigenvector(x, w)),
    information.at_truth: lambda x, z, w: np.stack(information.at_truth(C, x, w)),
    information.jacobian_norms: lambda x, z, w: np.array(information.jacobian_norms(C, x, w)),
    starts.explicit_gradient: lambda x, z, w: starts.explicit_gradient(C[None], x, -C, w),
    starts.em_step: lambda x, z, w: starts.em_step(C[None], x, w),
}
PAIRS = {  # the same for the tied pair, where the code is another
    "literal loss": lambda x, z, w: objective.literal_loss(C, x, z, 0.3, w),
    "literal gradient": lambda x, z, w: objective.literal_gradient(V, x, z, 0.3, w),
    "explicit gradient": lambda x, z, w: objective.explicit_gradient(V, x, C, w),
    "implicit loss": lambda x, z, w: objective.implicit_loss(V, x, w),
    "implicit gradient": lambda x, z, w: objective.implicit_gradient(V, x, w),
    "G": lambda x, z, w: objective.G(V, x, w),
    "log likelihood": lambda x, z, w: em.log_likelihood(V, x, w),
    "likelihood gradient": lambda x, z, w: em.likelihood_gradient(V, x, w),
}
ROW_BY_ROW = {  # what they say of a point does not depend on the others
    "geometry.norm": geometry.norm,
    "mixture.log_density": lambda x: mixture.log_density(x, C),
    "mixture.responsibilities": lambda x: mixture.responsibilities(x, C).T,
    "mixture.posterior_mean": lambda x: mixture.posterior_mean(x, C),
    "mixture.score": lambda x: mixture.score(x, C),
    "many.information.shares": lambda x: np.concatenate(information.shares(C, x), axis=1),
}
MOVES_POINTS = {"mixture.diffuse", "generate.samplers.reverse_sde"}
MOVES_POINTS |= {"generate.samplers.probability_flow"}
WEIGHS_POINTS = {"many.cubature.importance"}
LEARNS = {"learn.descent.gmm_denoiser", "learn.descent.anneal"}  # on noise of their own
A_SAMPLE_A_RUN = {"pair.batch.redrawn", "pair.batch.averaged"}  # many small ones, all alike


def test_every_function_of_a_sample_takes_weights_or_goes_row_by_row():
    of_a_sample = {f for f in PUBLIC if {"x", "x0"} & set(parameters(f))}
    weighted = {f for f in of_a_sample if "weights" in parameters(f)}
    assert weighted == set(WEIGHTED)
    rest = {name_of(f) for f in of_a_sample - weighted}
    assert rest == set(ROW_BY_ROW) | MOVES_POINTS | WEIGHS_POINTS | LEARNS | A_SAMPLE_A_RUN
    for f in weighted:
        assert inspect.signature(f).parameters["weights"].default is None
        assert parameters(f)[-1] == "weights"


@pytest.mark.parametrize("name", ROW_BY_ROW)
def test_a_function_that_goes_row_by_row_does_not_see_the_others(name):
    f = ROW_BY_ROW[name]
    np.testing.assert_allclose(f(X)[3:5], f(X[3:5]), 0, 256 * EPS)


@pytest.mark.parametrize("f", [*WEIGHTED, *PAIRS], ids=lambda f: getattr(f, "__name__", f))
def test_weights_are_shares_and_a_point_of_weight_two_is_two_points(f):
    call = WEIGHTED.get(f) or PAIRS[f]
    again = np.repeat(X, COUNTS, axis=0), np.repeat(Z, COUNTS, axis=0)
    found = call(X, Z, COUNTS / COUNTS.sum())
    tol = 1e-6 if f is em.maximum_likelihood else 1e4 * EPS  # its optimiser stops at 1e-9
    np.testing.assert_allclose(found, call(*again, None), tol, tol)
    assert np.abs(found - call(X, Z, None)).max() > 1e-4
    # Without weights each point has 1/n; with them nothing is divided, so a sum of 2 counts twice.
    np.testing.assert_allclose(call(X, Z, np.full(12, 1 / 12)), call(X, Z, None), tol, tol)
    if f is information.jacobian_norms:  # 1 - K F is not linear in F
        return
    twice = call(X, Z, 2 * COUNTS / COUNTS.sum())
    np.testing.assert_allclose(twice, found * (1 if f in SCALE_FREE else 2), tol, tol)


# -- one time in a call ----------------------------------------------------------------------------


def test_a_parameter_is_at_time_zero_where_t_is_an_argument_or_says_that_it_is_not():
    for f in PUBLIC:
        named = parameters(f)
        if not {"t", "times"} & set(named):
            continue
        at_t = {name for name in named if name.endswith("_t")}
        at_zero = {"theta", "mu", "means", "size", "x0"} & set(named)
        assert not (at_t and at_zero), name_of(f)
        if at_zero - {"x0"}:
            text = inspect.getdoc(f) + inspect.getdoc(inspect.getmodule(f))
            assert re.search(r"time\s0|mu_i e\^\{-t\}", text), name_of(f)


# -- what stands in the package --------------------------------------------------------------------

KEPT = {  # used by one chapter or none, and here for a reason
    "objective.explicit_loss": "one of the objective's three forms",
    "objective.literal_loss": "one of the objective's three forms",
    "learn.power.high_noise_force": "Lemma 8's leading order",
    "learn.power.sample_force": "what Lemma 8's power iteration is on a sample",
    "many.cubature.gradient": "the population gradient of K centres, beside its moments and G",
    "many.cubature.G": "Lemma 12's term for K centres, beside the pair's",
    "many.cubature.expectation": "what every function of its room is made of",
    "pair.batch.fresh": "what a step is on fresh data, beside that on a kept sample",
    "learn.copies.price": "the noise of an entry, which the room's overlap is about",
    "learn.copies.parts": "signal and noises of the matrix, of which overlap is the limit",
    "learn.copies.second_moments": "the matrix on rows, whose law draw has",
    "learn.copies.draw": "the matrix from its law, where rows would be billions",
    "pair.noise.averaged_loss": "the function whose gradient and accuracy the room is about",
    "generate.samplers.probability_flow": "the reverse SDE's other half",
    "geometry.to_plane": "what angle, tangent and overlap are made of",
    "rules.scales": "every quadrature is in rules",
    "pair.noise.curvature": "the other half of the room's covariance, beside its variance",
    "generate.schemes.euler": "what the exponential scheme is measured against",
    "em.em_gradient": "the pair's field of the same name, on a sample",
    "many.cubature.importance": "what its room's anchors are made of",
    "pair.population.jacobians": "what norms are made of",
}


def code_of(path):
    if path.suffix == ".py":
        return path.read_text()
    cells = json.loads(path.read_text())["cells"]
    code = ("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    return "\n".join(line for line in "\n".join(code).splitlines() if not line.startswith("%"))


def used(code):
    """The public functions that a piece of code names, {"room.module.function"}."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an escape in a string is another test's business
        tree, known, found = ast.parse(code), {}, set()
    names = {name_of(f) for f in PUBLIC}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ddpm_gmm"):
            room = node.module.removeprefix("ddpm_gmm").lstrip(".")
            for alias in node.names:
                full = ".".join(part for part in (room, alias.name) if part)
                known[alias.asname or alias.name] = full
                found |= {full} & names
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found |= {f"{known.get(node.value.id)}.{node.attr}"} & names
    return found


def users():
    """For each public function, the chapters and the other modules that use it."""
    out = {name_of(f): set() for f in PUBLIC}
    for path in [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "notebooks").glob("*.py")]:
        for name in used(code_of(path)):
            out[name].add(path.stem.replace("_", "-"))
    for path in files():
        own = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for name in used(path.read_text()):
            if name.rpartition(".")[0] != own:
                out[name].add(path)
    return out


def test_a_function_of_the_package_has_two_users_or_a_reason():
    found = users()
    lonely = {
        name
        for name, by in found.items()
        if len(by) < 2 and not any(isinstance(u, Path) for u in by)
    }
    alone, used_now = sorted(lonely - set(KEPT)), sorted(set(KEPT) - lonely)
    rows = "KEPT in tests/ddpm_gmm/test_conventions.py"
    assert not alone, f"{alone}: move it beside its one notebook, or say in {rows} why it stays"
    assert not used_now, f"{used_now}: has two users now, take its row out of {rows}"


def test_no_function_is_public_and_hidden_from_inspection():
    # A bound name that is not a function (a partial, a lambda) would escape every test above.
    for name, own in rooms().items():
        assert all(inspect.getdoc(f) for f in own.values()), name
    assert {centres, cubature} <= {inspect.getmodule(f) for f in PUBLIC}
