"""What a result comes from: each change makes stale what depends on it, and nothing else."""

import os

import pytest
from miniature import STORY, WORK, Project

from companion import paths
from companion.sources import Sources


@pytest.fixture
def two(tmp_path, monkeypatch):
    """A project of two notebooks: tiny imports geometry, other only mixture.

    With a function that says what became stale since it was last asked: names of notebooks, and
    "site".
    """
    project = Project(tmp_path).lay_down()
    other = WORK.replace("geometry.norm([size.n**0.5])", "mixture.noise_scale(0) + 2")
    project.notebook("other", other.replace("import geometry", "import mixture"))
    for name, folder in (("ROOT", ""), ("NOTEBOOKS", "notebooks"), ("SOURCE", "src")):
        monkeypatch.setattr(paths, name, tmp_path / folder)
    before = {}

    def stale(profile="quick"):
        sources = Sources(profile)
        now = {name: sources.of_notebook(name) for name in paths.notebooks()}
        now |= {"site": sources.of_site([])}
        changed = {name for name, digest in now.items() if before.get(name) != digest}
        before.update(now)
        return changed

    assert stale() == {"tiny", "other", "site"} and stale() == set()
    return project, stale


def test_a_new_time_with_the_same_content_is_no_change(two):
    project, stale = two
    for path in ("notebooks/tiny.ipynb", "src/ddpm_gmm/geometry.py", "requirements.lock"):
        os.utime(project.folder / path)
    assert stale() == set()


@pytest.mark.parametrize(
    ("path", "text", "of"),
    [
        ("src/ddpm_gmm/geometry.py", "\nEXTRA = 1\n", {"tiny"}),
        ("src/ddpm_gmm/mixture.py", "\nEXTRA = 1\n", {"other"}),
        ("src/ddpm_gmm/check.py", "\nEXTRA = 1\n", {"tiny", "other"}),  # one step away
        ("src/ddpm_gmm/em.py", "\nEXTRA = 1\n", set()),  # nobody imports it
        ("src/ddpm_gmm/check.py", "\n# a remark\n", set()),
        ("src/companion/run.py", "\nEXTRA = 1\n", {"tiny", "other"}),
        ("requirements.lock", "# another lock\n", {"tiny", "other"}),
        ("book/index.md", "\nA sentence more.\n", set()),
        ("_config.yml", "# a remark\n", set()),
    ],
)
def test_only_what_depends_on_a_file_is_stale(two, path, text, of):
    project, stale = two
    project.append(path, text)
    assert stale() == {*of, "site"}


def test_a_contract_is_no_source_of_a_run(two):
    """Its claims reach the site by the rulings."""
    project, stale = two
    project.claims("root", edit=lambda s: s.replace("is two", "is 2"))
    assert stale() == set()


def test_prose_makes_no_result_stale(two):
    project, stale = two
    project.notebook("tiny", WORK, STORY + "\nA paragraph more.\n")
    assert stale() == {"site"}
    project.notebook("tiny", "# a remark\n" + WORK, STORY)
    assert stale() == {"site"}
    text = project.read("src/ddpm_gmm/geometry.py")
    assert text.count("Euclidean length") == 1
    docstring = text.replace("Euclidean length", "Length")
    (project.folder / "src/ddpm_gmm/geometry.py").write_text(docstring)
    assert stale() == {"site"}
    project.notebook("tiny", WORK + "\nMORE = 1\n", STORY)
    assert stale() == {"tiny", "site"}


def test_a_module_beside_the_notebook_is_one_of_its_sources(two):
    project, stale = two
    (project.folder / "notebooks" / "roots.py").write_text("def root(x):\n    return x**0.5\n")
    assert stale() == {"site"}
    project.notebook("tiny", WORK.replace("from ddpm_gmm import geometry", "import roots"))
    assert stale() == {"tiny", "site"}
    project.append("notebooks/roots.py", "\nMORE = 1\n")
    assert stale() == {"tiny", "site"}


def test_the_profile_is_one_of_them(two):
    assert two[1]("full") == {"tiny", "other", "site"}
