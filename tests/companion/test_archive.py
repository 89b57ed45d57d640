"""What `make archive` packs, by the real Makefile, in a project of one notebook."""

import shutil
import tarfile

from miniature import ROOT

ASIDE = "README.md", "LICENSE", "CITATION.cff", ".zenodo.json"


def test_the_archive_holds_the_book_and_all_that_it_is_said_from(project):
    for name in ASIDE:
        shutil.copy(ROOT / name, project.folder)
    (project.folder / "certificates").mkdir()
    (project.folder / "_build/run/quick").mkdir(parents=True)
    (project.folder / "_build/run/quick/old.failed.ipynb").write_text("what failed once")
    done = project.make("archive")
    assert done.returncode == 0, done.stderr
    with tarfile.open(project.folder / "_build" / "ddpm-gmm-companion.tar.gz") as archive:
        names = set(archive.getnames())
    assert {
        *ASIDE,
        "_build/html/index.html",
        "_build/run/quick/tiny.ipynb",
        "_build/claims.json",
        "certificates",
        "baselines/quick.json",
        "requirements.lock",
    } <= names
    assert "_build/run/quick/old.failed.ipynb" not in names


def test_no_archive_is_made_of_a_book_that_does_not_hold(project):
    project.notebook("tiny", "1 / 0")
    assert project.make("archive").returncode != 0
    assert not (project.folder / "_build" / "ddpm-gmm-companion.tar.gz").exists()
