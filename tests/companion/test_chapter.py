"""`make new` lays down a chapter that passes as it stands."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from miniature import ROOT, Project

from companion import chapter, paths

# The tests of `make check` that look at every notebook, or at what goes with one.
HELD = [
    "tests/test_repository.py",
    "tests/test_notebooks.py",
    "tests/test_figures_in_notebooks.py",
    "tests/test_pythons.py",
    "tests/companion/test_paper.py",
    "tests/ddpm_gmm/test_conventions.py::test_a_function_of_the_package_has_two_users_or_a_reason",
]
QUICK = "not notebooks and not browser and not slow"
NOT_COPIED = ".git", "_build", ".venv*", "__pycache__", ".*_cache", ".hypothesis"


@pytest.mark.slow
def test_what_is_laid_down_passes_what_holds_for_every_chapter(tmp_path):
    """In a copy of this very project: linter, compiler, anatomy, figures, contents and map."""
    folder = shutil.copytree(ROOT, tmp_path / "copy", ignore=shutil.ignore_patterns(*NOT_COPIED))
    for words in (
        ["companion_command", "new", "lemma-13", "--title=Is it so: at the truth?"],
        ["pytest", "-n0", "-q", "-p", "no:cacheprovider", "-m", QUICK, *HELD],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(folder / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_chapter_is_built_as_it_stands(built_project):
    done = built_project.make("new", "NAME=lemma-13", "TITLE=At the truth", "ITEM=A thirteenth")
    assert done.returncode == 0, done.stderr
    # The pages of a miniature have neither a bibliography nor a reference of functions.
    for path in ("notebooks/lemma-13.ipynb", "book/map.toml"):
        text = re.sub(r"\{(doc|py:func)\}`[^`]*`", "a link", built_project.read(path))
        text = re.sub(r"^functions = .*\n", "", text, flags=re.M)
        (built_project.folder / path).write_text(text)
    done = built_project.make("book")
    assert done.returncode == 0, done.stdout + done.stderr
    for claim in ("at-the-truth", "on-samples"):
        assert re.search(rf"held +lemma-13.{claim}", done.stdout)
    page = built_project.read("_build/html/notebooks/lemma-13.html")
    assert page.count("<figure") == 1 and page.count("claim-held") == 2
    assert "At the truth" in page and not re.search("the-(name|title|item|whose)", page)
    assert '<span class="claim-number"><a ' in page
    done = built_project.make("new", "NAME=lemma-13")
    assert done.returncode != 0 and "notebooks/lemma-13.ipynb is there already" in done.stderr


@pytest.mark.parametrize("name", ["Lemma 13", "lemma_13", "../lemma", "13", "", 300 * "a"])
def test_a_name_that_is_none_is_refused_before_anything_is_written(name):
    with pytest.raises(chapter.Broken, match=r"name: got .*, must be small letters and digits"):
        chapter.new(name, None, None)


@pytest.mark.parametrize("text", ['a "b"', "a\\b", "a\nb"])
def test_a_title_or_item_that_does_not_fit_is_refused_before_anything_is_written(text):
    for word, words in (("TITLE", (text, None)), ("ITEM", (None, text)), ("ITEM", ("A", text))):
        with pytest.raises(chapter.Broken) as broken:
            chapter.new("lemma-13", *words)
        must = "must be one line without double quotes and backslashes"
        assert str(broken.value) == f"{word}: got {text!r}, {must}"


@pytest.mark.parametrize(
    ("item", "whose", "says"),
    [
        ("Lemma 13", "*Beyond the paper's index. All of it is ours.*", "Beyond the paper: "),
        ("Lemma 8", "*A page on Lemma 8 of {cite:t}`shah2023`.*", "(Informal.) At high noise, "),
    ],
)
def test_only_what_is_known_of_the_paper_is_called_the_papers(
    tmp_path, monkeypatch, item, whose, says
):
    project = Project(tmp_path).lay_down()
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    chapter.new("new", None, item)
    assert whose in project.read("notebooks/new.ipynb")
    row = tomllib.loads(project.read("book/map.toml"))["row"][-1]
    assert row["item"] == item and row["says"].startswith(says) and row["notebooks"] == ["new"]


def test_it_comes_after_the_last_chapter_and_into_the_row_of_its_item():
    contents = (
        "parts:\n  - caption: One\n    chapters:\n      - file: notebooks/a\n        title: A\n"
        "  - caption: Two\n    chapters:\n      - file: book/ledger\n"
    )
    added = chapter._in_the_contents(contents, "b", "B")
    assert added == contents.replace(
        "title: A\n", 'title: A\n      - file: notebooks/b\n        title: "B"\n'
    )
    rows = '# kept\n[[row]]\nitem = "I"\nsays = "It."\nnotebooks = ["a"]\n'
    assert chapter._on_the_map(rows, "b", "I", "") == rows.replace('["a"]', '["a", "b"]')
    assert chapter._on_the_map(rows, "b", "J", "It, too.").startswith(rows + "\n[[row]]\n")
    windows = rows.replace("\n", "\r\n")
    assert chapter._on_the_map(windows, "b", "I", "") == rows.replace('["a"]', '["a", "b"]')
    with pytest.raises(chapter.Broken, match="got row in one piece"):
        chapter._on_the_map("row = []\n", "b", "I", "")
