"""The shape of the house: who may import whom, how long a file may be, what an import needs."""

import ast
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import ddpm_gmm

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MOST = 250  # lines of a file


def imported(path):
    """The dotted names of ddpm_gmm and companion that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.startswith(("ddpm_gmm", "companion")))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT / "src").as_posix())
def test_no_file_is_too_long_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST, "split it by what it is for"


def test_the_mathematics_knows_nothing_of_books():
    """Which of its own rooms a module may enter is in ddpm_gmm/test_conventions.py."""
    for path in (ROOT / "src" / "ddpm_gmm").rglob("*.py"):
        found = [name for name in imported(path) if name.startswith("companion")]
        assert not found, f"{path.name} imports {found}"


def test_the_machinery_knows_no_mathematics():
    """Except that certificates are proved and checked by ``ddpm_gmm.certify``."""
    for path in (ROOT / "src" / "companion").rglob("*.py"):
        found = [name for name in imported(path) if name.startswith("ddpm_gmm")]
        assert not found or path.name == "certificates.py", f"{path.name} imports {found}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT / "src").as_posix())
def test_a_modules_first_line_says_what_it_is_for(path):
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert text, "has no docstring"
    first = text.splitlines()[0]
    assert first.endswith((".", "?", ":")) and "also" not in first.lower(), first


# -- the wheel -------------------------------------------------------------------------------------

NEEDED = "numpy", "scipy", "jaxtyping", "wadler_lindig"
ALL = """
import importlib, pkgutil
import ddpm_gmm
assert ddpm_gmm.__file__.startswith(WHEEL)
for module in pkgutil.walk_packages(ddpm_gmm.__path__, "ddpm_gmm.", onerror=lambda name: None):
    if not module.name.startswith("ddpm_gmm.certify"):
        importlib.import_module(module.name)
        print(module.name)
"""


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A folder of packages with this project's wheel, what the mathematics needs, and no more."""
    folder, packages = tmp_path_factory.mktemp("wheel"), Path(sysconfig.get_path("purelib"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as whole:
        whole.extractall(folder / "clean")
    for name in NEEDED:
        for part in packages.glob(f"{name}*"):  # the package, its metadata, its libraries
            (folder / "clean" / part.name).symlink_to(part)
    return str(folder / "clean")


def in_a_clean_room(clean, code):
    """Run a piece of code that finds these packages and no others."""
    code = f"import sys; sys.path.insert(0, {clean!r})\n" + code.replace("WHEEL", repr(clean))
    command = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


@pytest.mark.slow
def test_the_mathematics_needs_numpy_scipy_and_the_annotations(clean):
    done = in_a_clean_room(clean, ALL)
    assert done.returncode == 0, done.stderr
    assert "ddpm_gmm.pair.population" in done.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "needs", "extra"),
    [("ddpm_gmm.certify", "python-flint", "certify"), ("companion", "threadpoolctl", "book")],
)
def test_a_missing_extra_is_one_line_that_names_it(clean, name, needs, extra):
    done = in_a_clean_room(clean, f"import {name}")
    last = done.stderr.splitlines()[-1]
    assert last == f"ImportError: {name} needs {needs}: pip install 'ddpm-gmm-companion[{extra}]'"
    assert done.stderr.count("Traceback") == 1, "the cause is not for the user"


@pytest.mark.slow
def test_the_command_says_in_one_line_what_it_misses(clean):
    code = "import companion_command\nsys.exit(companion_command.main())"
    done = in_a_clean_room(clean, code)
    said = "companion needs threadpoolctl: pip install 'ddpm-gmm-companion[book]'\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.slow
def test_the_wheel_has_the_packages_version_and_the_command(clean):
    (metadata,) = Path(clean).glob("ddpm_gmm_companion-*.dist-info")
    assert f"\nVersion: {ddpm_gmm.__version__}\n" in (metadata / "METADATA").read_text()
    assert "companion = companion_command:main" in (metadata / "entry_points.txt").read_text()
