"""Break one operator of the mathematics at a time, and see which breaks no test sees.

`make mutants` takes a seeded sample of forty operators of ``src/ddpm_gmm``, certify included. A
mutant is dead when a test fails: those of its own module are tried first, then all that import it,
directly or not, and need no run of a notebook. The survivors are listed with their line; the exit
status is 1 if there are any.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from companion.sources import Sources

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("src", "ddpm_gmm")
SEED = 230701178
HANGS = 1800  # seconds: who takes longer does not end, and is seen
OTHER = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.USub: ast.UAdd,
}


def operators(tree):
    """The nodes that have an operator to be broken, in the order of the walk."""
    for node in ast.walk(tree):
        op = node.ops[0] if isinstance(node, ast.Compare) else getattr(node, "op", None)
        if type(op) in OTHER:
            yield node


def mutants():
    """Every mutant, as (file, number of the operator in it)."""
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from ((path.relative_to(ROOT), i) for i, _ in enumerate(operators(tree)))


def broken(file, number):
    """The text of the file with that operator replaced, and what was done, in words."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    node = list(operators(tree))[number]
    before = ast.unparse(node)
    if isinstance(node, ast.Compare):
        node.ops[0] = OTHER[type(node.ops[0])]()
    else:
        node.op = OTHER[type(node.op)]()
    return ast.unparse(tree), f"{file}:{node.lineno}: {before}  ->  {ast.unparse(node)}"


def concerned(file):
    """The test files that import the file, directly or not, by themselves or by a helper."""
    of, found = Sources("quick"), []
    for home in ("ddpm_gmm", "notebooks"):
        helpers = (ROOT / "tests" / home).glob("[!t]*.py")
        known = "\n".join(path.read_text(encoding="utf-8") for path in helpers)
        for path in sorted((ROOT / "tests" / home).rglob("test_*.py")):
            if ROOT / file in of.modules(f"{known}\n{path.read_text(encoding='utf-8')}"):
                found.append(path.relative_to(ROOT))
    return found


def fails(folder, tests):
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, *tests], cwd=folder, capture_output=True, check=False, timeout=HANGS
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode == 1 or done.returncode > 5


def dead(mutant):
    """Whether a test fails, and what was done."""
    file, number = mutant
    text, words = broken(file, number)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name in ("src", "tests", "notebooks"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("pyproject.toml", "_config.yml"):
            shutil.copy(ROOT / name, folder)
        (folder / "certificates").symlink_to(ROOT / "certificates")
        (folder / file).write_text(text, encoding="utf-8")
        below = file.relative_to(PACKAGE)
        own = sorted((folder / "tests" / "ddpm_gmm" / below.parent).glob(f"test_*{below.stem}.py"))
        return any(fails(folder, tests) for tests in (own, concerned(file)) if tests), words


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=40)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    chosen = random.Random(args.seed).sample(list(mutants()), args.number)
    survivors = []
    with ThreadPoolExecutor(args.jobs) as pool:
        for count, (died, words) in enumerate(pool.map(dead, chosen), 1):
            print(f"[{count}/{len(chosen)}] {'dead' if died else 'SURVIVES'}  {words}", flush=True)
            if not died:
                survivors.append(words)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants died")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
