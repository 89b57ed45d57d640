"""Whatever the site carries that is not ours has its licence on the page of notices."""

import fnmatch
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "book" / "notices.md").read_text(encoding="utf-8")


@pytest.mark.notebooks
@pytest.mark.xdist_group("book")
def test_every_file_that_the_site_carries_has_a_row(built):
    folder = ROOT / "_build" / "html" / "_static"
    assert folder.exists(), built.said
    rows = re.findall(r"^\|([^|]*)\|", PAGE.partition("| files in `_static`")[2], flags=re.M)
    patterns = {pattern for row in rows for pattern in re.findall(r"`([^`]+)`", row)}
    carried = {path.name for path in folder.iterdir()}
    assert not {name for name in carried if not any(fnmatch.fnmatch(name, p) for p in patterns)}
    assert not {p for p in patterns if not fnmatch.filter(carried, p)}, "is not on the site"


def test_every_data_set_has_a_row_with_its_source():
    """Whatever a chapter takes from scikit-learn's `load_...`."""
    text = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "notebooks").rglob("*.ipynb"))
    used = set(re.findall(r"\bdatasets\.((?:load|fetch)_\w+)", text))
    rows = dict(re.findall(r"`(load_\w+|fetch_\w+)` \|[^|]*\|(.*)\|", PAGE))
    assert used and used == rows.keys()
    assert all(re.search(r"https://doi\.org/10\.", source) for source in rows.values())


def test_the_mathjax_that_is_named_is_the_one_that_is_there():
    from companion import site

    text = site.mathjax().read_text(encoding="utf-8")
    (version,) = re.findall(r'VERSION=void 0,\w+\.VERSION="([\d.]+)"', text)
    assert f"MathJax {version}," in PAGE
