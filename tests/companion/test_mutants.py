"""One sign broken in the mathematics turns the book red, and the claim that saw it is named.

With one chapter of the real book, which uses the exact pair, the samples and the descent.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from miniature import SAME_VENV

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "right", "wrong"),
    [
        (
            "pair/population",
            "T[0] + m * T[1] + r**2 / 2 * T[2]",
            "T[0] + m * T[1] - r**2 / 2 * T[2]",
        ),
        ("objective", "_times(h + (1 - h**2)", "_times(h - (1 - h**2)"),
    ],
)
def test_a_broken_sign_is_seen_by_a_claim(module, right, wrong, tmp_path):
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "_config.yml", "_toc.yml"):
        shutil.copy2(ROOT / name, tmp_path)
    for name in ("src", "book"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "notebooks").mkdir()
    for path in (ROOT / "notebooks").glob("lemma[-_]08.*"):
        shutil.copy2(path, tmp_path / "notebooks")
    path = tmp_path / "src" / "ddpm_gmm" / f"{module}.py"
    text = path.read_text()
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong))
    done = subprocess.run(
        ["make", "book", *SAME_VENV], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    seen = re.findall(r"claim (\S+) (?:out of bound|drifted|its control passed)", done.stderr)
    assert seen, done.stdout + done.stderr
    assert not (tmp_path / "_build" / "html").exists()
