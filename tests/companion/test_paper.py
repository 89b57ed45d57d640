"""What may be called the paper's: one file, one box for each item, and nobody else says it."""

import re
from pathlib import Path

import pytest

from companion import paper
from companion.contract import Broken

ROOT = Path(__file__).resolve().parents[2]
ITEM = '[[item]]\nname = "Lemma 9"\nlabel = ""\nfrom = "index"\nsays = "It turns."\nplace = ""\n'
HEAD = 'arxiv = "https://arxiv.org/abs/1"\nneurips = "https://example.org"\n'


def read(folder, text):
    (folder / "paper.toml").write_text(text)
    return paper.read(folder)


def test_a_box_says_what_is_known_from_where_and_links_to_the_paper(tmp_path):
    box = read(tmp_path, HEAD + ITEM).box("Lemma 9")
    assert box.startswith("It turns.\n\n*From the paper's index: [arXiv](https://arxiv.org/abs/1)")
    assert "[NeurIPS](https://example.org)" in box and "</book/paper>" in box


def test_a_place_that_a_reader_filled_in_is_shown(tmp_path):
    own = ITEM.replace('"index"', '"the paper"').replace('place = ""', 'place = "page 7"')
    known = read(tmp_path, HEAD + own)
    assert "*From the paper itself, page 7:" in known.box("Lemma 9")
    assert "place in the paper: page 7." in known.table()


def test_an_item_that_is_not_there_has_no_box(tmp_path):
    assert read(tmp_path, HEAD + ITEM).box("Lemma 99") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + ITEM.replace('"index"', '"hearsay"'), "Invalid enum value 'hearsay'"),
        (HEAD + ITEM.replace("says", "said"), "unknown field `said`"),
        (HEAD + "[[item]\n", "Expected ']]'"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path, text, said):
    with pytest.raises(Broken) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith("book/paper.toml: ") and said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_item_of_the_index_is_in_the_file_in_its_order():
    names = [item.name for item in paper.read(ROOT / "book").item]
    assert names == [
        "The setting",
        *("Theorem 1", "Theorem 2", "Lemma 3", "Lemma 4", "Theorem 7", "Lemma 8", "Lemma 9"),
        *("Lemma 10", "Lemma 11", "Lemma 12", "Small separation", "Theorem 16", "Algorithm 1"),
    ]
    assert not re.search(r"\bwe\b|\bour\b|derived|observed", (paper.read(ROOT / "book").table()))


def pages():
    yield from (ROOT / "book").glob("*.md")
    yield from (ROOT / "notebooks").glob("*.ipynb")


def test_what_is_not_known_of_the_paper_is_said_on_one_page():
    said = [p.name for p in pages() if re.search(r"not known (here|to us)", p.read_text())]
    assert said == ["paper.md"]


def test_every_item_of_the_paper_that_has_a_chapter_is_in_its_box_there():
    chapters = {item.name: [] for item in paper.read(ROOT / "book").item}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for name in re.findall(r":::\{paper\} ([^\\\n]+)", path.read_text()):
            assert name in chapters, f"{path.name}: {name!r} must be an item of book/paper.toml"
            chapters[name].append(path.stem)
    wrong = {name: where for name, where in chapters.items() if len(where) != 1}
    assert not wrong, f"must be in its box, :::{{paper}} NAME, on one page: {wrong}"


def test_no_chapter_calls_anything_else_the_papers():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert "**The paper's" not in path.read_text(), path.name
