"""What `make archive` packs, by the real Makefile, in a project of one notebook."""

import os
import shutil
import subprocess
import sys
import tarfile

from miniature import ROOT

ASIDE = "README.md", "LICENSE", "CITATION.cff", ".zenodo.json"


def test_the_archive_holds_the_book_and_all_that_it_is_said_from(project):
    for name in ASIDE:
        shutil.copy(ROOT / name, project.folder)
    run = project.folder / "_build/run/quick"
    (run / "tiny.kernel").mkdir(parents=True)
    for name in ("old.failed.ipynb", "gone.ipynb", "tiny.kernel/history.sqlite"):
        (run / name).write_text("what is left of what is no more")
    (project.folder / "baselines").mkdir(exist_ok=True)
    (project.folder / "baselines/._quick.json").write_text("a desktop's note")
    done = project.make("archive")
    assert done.returncode == 0, done.stderr
    with tarfile.open(project.folder / "_build" / "ddpm-gmm-companion.tar.gz") as archive:
        names = set(archive.getnames())
    assert not [n for n in names if "gone" in n or "old" in n or ".kernel" in n or "._" in n]
    assert {
        *ASIDE,
        "_build/html/index.html",
        "_build/run/quick/tiny.ipynb",
        "_build/claims.json",
        "baselines/quick.json",
        "requirements.lock",
    } <= names
    before = (project.folder / "_build/ddpm-gmm-companion.tar.gz").read_bytes()
    (project.folder / "_build/claims.json").write_bytes(os.urandom(2_000_000))
    command = [sys.executable, "-m", "companion.command", "archive"]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 2000; exec "$@"', "sh", *command],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(project.folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    assert "what is finished stays" in done.stderr
    assert (project.folder / "_build/ddpm-gmm-companion.tar.gz").read_bytes() == before
    assert not list((project.folder / "_build").glob("*.new"))


def test_no_archive_is_made_of_a_book_that_does_not_hold(project):
    project.notebook("tiny", "1 / 0")
    assert project.make("archive").returncode != 0
    assert not (project.folder / "_build" / "ddpm-gmm-companion.tar.gz").exists()
