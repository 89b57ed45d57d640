"""`make new` lays down a chapter that passes as it stands."""

import json
import re

import pytest

from companion import chapter


def test_a_new_chapter_is_built_as_it_stands(built_project):
    done = built_project.make("new", "NAME=lemma-13")
    assert done.returncode == 0, done.stderr
    # The pages of a miniature have neither a bibliography nor a reference of functions.
    for path in ("notebooks/lemma-13.ipynb", "book/map.toml"):
        text = re.sub(r"\{(cite:t|py:func)\}`[^`]*`", "a link", built_project.read(path))
        text = re.sub(r"^functions = .*\n", "", text, flags=re.M)
        (built_project.folder / path).write_text(text)
    done = built_project.make("book")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"held +lemma-13.at-the-truth", done.stdout)
    page = built_project.read("_build/html/notebooks/lemma-13.html")
    assert page.count("<figure") == 1 and 'class="claim-held' in page.replace(
        "claim claim", "claim"
    )
    assert 'item = "Lemma 13"' in built_project.read("book/map.toml")
    done = built_project.make("new", "NAME=lemma-13")
    assert done.returncode != 0 and "notebooks/lemma-13.ipynb is there already" in done.stderr


@pytest.mark.parametrize("name", ["Lemma 13", "lemma_13", "../lemma", "13", "", 300 * "a"])
def test_a_name_that_is_none_is_refused_before_anything_is_written(name):
    with pytest.raises(chapter.Broken, match=r"name: got .*, must be small letters and digits"):
        chapter.new(name, None, None)


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
    assert chapter._on_the_map(rows, "b", "I") == rows.replace('["a"]', '["a", "b"]')
    assert chapter._on_the_map(rows, "b", "J").startswith(rows)


def test_its_notebook_has_no_outputs_and_named_cells():
    notebook = json.loads(chapter.nbformat.writes(chapter._notebook("a", "A", "I")))
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert not any(cell.get("outputs") for cell in notebook["cells"])
