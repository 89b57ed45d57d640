"""One door, two houses that share nothing, and no state that a result depends on."""

import ast
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ddpm_gmm
from ddpm_gmm import certify

ROOM = Path(inspect.getfile(certify)).parent
HOUSES = "prove", "check"
STATEMENTS = "contraction", "expansion", "turning", "unit_step", "length", "landing"


def python(code, cwd=None):
    """What a fresh interpreter prints, and what it complains of."""
    environment = os.environ | {"PYTHONPATH": str(Path(ddpm_gmm.__file__).parents[1])}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout, done.stderr


def imports(path):
    """Every module that a file names in an import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "a relative import: whose?"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):  # nor in another way
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
            assert getattr(called, "id", called) not in ("__import__", "import_module")


@pytest.mark.parametrize("house", HOUSES)
def test_a_house_imports_nothing_of_the_other(house):
    files = sorted((ROOM / house).rglob("*.py"))
    assert {f"{name}.py" for name in STATEMENTS} < {path.name for path in files}
    allowed = [f"ddpm_gmm.certify.{house}."] + ["ddpm_gmm.check"] * (house == "prove")
    for path in files:
        for name in imports(path):
            assert not name.startswith("companion")
            if name.startswith("ddpm_gmm"):
                assert name.startswith(tuple(allowed)), f"{path.name} imports {name}"


def test_no_ruling_on_a_certificate_needs_the_chain_or_the_hand_proofs():
    """So that a change in these leaves the verdicts as they are."""
    beyond = {"chain", "hand", "inequality"}
    for path in (ROOM / "check").rglob("*.py"):
        if path.stem not in beyond:
            assert not beyond & {name.split(".")[-2] for name in imports(path) if "." in name}
            assert not beyond & {name.split(".")[-1] for name in imports(path)}


def test_no_file_is_long():
    for path in ROOM.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250, path


def test_the_door_offers_what_a_reader_needs():
    assert {"prove", "statements", "verify", "digest", "NotProved", "Rejected"} < set(
        certify.__all__
    )
    assert callable(certify.prove) and callable(certify.verify)
    assert {s["kind"] for s in certify.statements().values()} == set(STATEMENTS)
    assert all((ROOM / house / f"{name}.py").exists() for house in HOUSES for name in STATEMENTS)


def test_without_python_flint_one_line_says_what_to_install():
    block = "import sys; sys.modules['flint'] = None\n"
    out, err = python(block + "import ddpm_gmm; print(True)")
    assert out == "True\n" and not err
    _, err = python(block + "import ddpm_gmm.certify")
    told = "ddpm_gmm.certify needs python-flint: pip install 'ddpm-gmm-companion[certify]'"
    assert err.splitlines()[-1] == f"ImportError: {told}"
    assert err.count("Traceback") == 1, "and not how it was found out"
    out, err = python("import sys, ddpm_gmm; print('flint' in sys.modules)")
    assert out == "False\n" and not err


# A bound and the leaves that it leads to, with 20 bits before or not. In the prover the step near
# mu needs the moments' rule, far from it the tilted integrals; in the checker likewise.
PROVER = """
from flint import arb, ctx
from ddpm_gmm.certify.prove import KINDS, balls, boxes
near = {{"kind": "contraction", "map": "step", "mu": [0.75, 0.75], "rho": 0.25, "kappa": 0.75}}
far = {{"kind": "contraction", "map": "EM", "mu": [4.0, 4.0], "rho": 0.5, "kappa": 0.25}}
for bits in {bits}:
    with ctx.workprec(bits):
        found = [balls.at_most(k, arb(8), arb(0.25)).str(40, more=True) for k in range(1, 13)]
        for statement in (near, far):
            try:
                found.append(boxes.prove(KINDS["contraction"], statement, 60))
            except boxes.NotProved as error:
                found.append(error.bound)
print(found)
"""
CHECKER = """
from flint import ctx
from ddpm_gmm.certify.check import KINDS
near = [(0.75, 0.75), (0.75, 0.8), (0.2, 0.21)]
far = [(4.0, 4.1), (0.75, 0.8), (0.2, 0.21)]
for bits in {bits}:
    with ctx.workprec(bits):
        found = [KINDS["contraction"].bound({{"map": "step"}}, box) for box in (near, far)]
        found = [[x.str(40, more=True) for x in bounds] for bounds in found]
print(found)
"""


@pytest.mark.parametrize("code", [PROVER, CHECKER], ids=HOUSES)
def test_precision_of_an_earlier_call_changes_nothing(code, tmp_path):
    """In fresh interpreters, and in a folder that knows nothing of the project."""
    (alone, _), (after, _) = (python(code.format(bits=bits), tmp_path) for bits in ([80], [20, 80]))
    assert alone == after != ""
    rough, err = python(code.format(bits=[20]), tmp_path)
    assert rough != alone and not err, "a test that cannot fail"


def test_a_certificate_is_proved_and_verified_from_any_folder(tmp_path):
    code = """
import json
from ddpm_gmm import certify
statement = {"kind": "contraction", "map": "EM", "mu": [1.0, 1.0], "rho": 0.25, "kappa": 0.75}
leaves = [[x for side in box for x in side] + [bound] for box, bound in certify.prove(statement)]
made = {"statement": statement, "leaves": leaves, "precision": 80, "versions": {}}
print(json.dumps(certify.verify(made | {"sha256": certify.digest(made)})))
"""
    out, err = python(code, tmp_path)
    verdict = json.loads(out)
    assert not err and verdict["statement"]["kind"] == "contraction"
    assert 0 < verdict["bound"] <= verdict["statement"]["kappa"]
    assert verdict["boxes"] >= verdict["leaves"] > 0
