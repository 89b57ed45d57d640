"""What runs again after which change, and what a kill leaves behind."""

import os
import signal
import subprocess
import time

import pytest
from miniature import SAME_VENV, STORY, WORK


def ran(done):
    """Names of the notebooks that ran, and whether the site was built."""
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    notebooks = {line.split()[1] for line in lines if line.startswith("ran ")}
    return notebooks, "built the site" in lines


def append(project, path, text):
    (project.folder / path).write_text(project.read(path) + text)


@pytest.fixture
def two(project):
    """A project of two notebooks: tiny imports geometry, other only mixture."""
    project.notebook(
        "other",
        WORK.replace("tiny.root", "other.root")
        .replace("geometry", "mixture")
        .replace("mixture.norm([size.n**0.5])", "mixture.noise_scale(0) + 2"),
    )
    project.claims("root", notebook="other")
    append(project, "_toc.yml", "- file: notebooks/other\n")
    return project


def test_only_what_depends_on_a_change_runs_again(two):
    assert ran(two.make("book")) == ({"tiny", "other"}, True)
    assert ran(two.make("book")) == (set(), False)
    for path in ("notebooks/tiny.ipynb", "src/ddpm_gmm/geometry.py", "requirements.lock"):
        os.utime(two.folder / path)  # a new time with the same content is no change
    assert ran(two.make("book")) == (set(), False)
    append(two, "src/ddpm_gmm/geometry.py", "\nEXTRA = 1\n")
    assert ran(two.make("book")) == ({"tiny"}, True)
    append(two, "src/ddpm_gmm/check.py", "\nEXTRA = 1\n")  # both import it, one step away
    assert ran(two.make("book")) == ({"tiny", "other"}, True)
    two.notebook("tiny", WORK + "\nMORE = 1\n")
    assert ran(two.make("book")) == ({"tiny"}, True)
    append(two, "notebooks/tiny.toml", "# a remark only\n")
    assert ran(two.make("book")) == (set(), False)
    two.claims("root", edit=lambda s: s.replace("is two", "is 2"))
    assert ran(two.make("book")) == (set(), True)
    append(two, "book/index.md", "\nA sentence more.\n")
    assert ran(two.make("book")) == (set(), True)


def test_prose_runs_nothing_and_is_shown(two):
    two.notebook("tiny", WORK, STORY + "\nThe frist word.\n")
    assert ran(two.make("book")) == ({"tiny", "other"}, True)
    two.notebook("tiny", WORK + "\n# a remark\n", STORY + "\nThe first word.\n")
    assert ran(two.make("book")) == (set(), True)
    page = two.read("_build/html/notebooks/tiny.html")
    assert "The first word." in page and "a remark" in page and "2.000" in page
    text = two.read("src/ddpm_gmm/geometry.py")
    (two.folder / "src/ddpm_gmm/geometry.py").write_text(
        text.replace("Euclidean length", "Length") + "\n# a remark\n"
    )
    assert ran(two.make("book")) == (set(), True)


def test_a_page_of_checks_shares_the_contract_of_its_chapter(project):
    """A claim that moves from the chapter to its page of checks keeps its id."""
    project.claims("root", "other")
    (project.folder / "notebooks" / "checks").mkdir()
    project.notebook("checks/tiny", WORK.replace("tiny.root", "tiny.other"), "# Checks\n\nMore.")
    append(project, "_toc.yml", "- file: notebooks/checks/tiny\n")
    assert ran(project.make("book")) == ({"tiny", "checks/tiny"}, True)


def test_a_module_beside_the_notebook_is_one_of_its_sources(project):
    (project.folder / "notebooks" / "tiny_maths.py").write_text("def root(x):\n    return x**0.5\n")
    project.notebook(
        "tiny",
        WORK.replace("from ddpm_gmm import geometry", "from tiny_maths import root").replace(
            "geometry.norm([size.n**0.5])", "root(size.n)"
        ),
    )
    assert ran(project.make("book")) == ({"tiny"}, True)
    append(project, "notebooks/tiny_maths.py", "\nMORE = 1\n")
    assert ran(project.make("book")) == ({"tiny"}, True)


def test_the_last_good_site_comes_back_after_a_kill_between_the_two_renames(project):
    assert ran(project.make("book")) == ({"tiny"}, True)
    (project.folder / "_build/html").rename(project.folder / "_build/html.old")
    assert ran(project.make("book")) == (set(), False)
    assert (project.folder / "_build/html/notebooks/tiny.html").exists()


def test_the_lock_and_the_profile_are_inputs(project):
    assert ran(project.make("book")) == ({"tiny"}, True)
    assert ran(project.make("book", "PROFILE=full")) == ({"tiny"}, True)
    assert ran(project.make("book")) == (set(), True)  # quick is still there; the page shows full
    append(project, "requirements.lock", "# another lock\n")
    assert ran(project.make("book")) == ({"tiny"}, True)


def test_a_killed_build_goes_on_where_it_was(two):
    slow = "import time\ntime.sleep(8)\n" + WORK
    two.notebook("tiny", slow)
    command = ["make", "book", *SAME_VENV]
    process = subprocess.Popen(
        command, cwd=two.folder, start_new_session=True, stdout=subprocess.DEVNULL
    )
    done, running = (two.folder / "_build/run/quick" / n for n in ("other.ipynb", "tiny.ipynb"))
    deadline = time.monotonic() + 60
    while not done.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert done.exists() and not running.exists()
    assert not (two.folder / "_build/html").exists()
    assert ran(two.make("book")) == ({"tiny"}, True)


def test_baselines_change_only_by_an_explicit_command_that_prints_old_and_new(project):
    project.baselines({"tiny.root": 1.95})
    assert project.make("book").returncode != 0
    contract = project.read("notebooks/tiny.toml")
    done = project.make("baseline", "CLAIMS=tiny.root")
    assert done.returncode == 0, done.stderr
    assert "tiny.root: quick baseline 1.95 -> 2.0" in done.stdout
    assert project.read("baselines/quick.json") == '{\n "tiny.root": 2.0\n}\n'
    assert project.read("notebooks/tiny.toml") == contract
    assert project.make("book").returncode == 0
    done = project.make("baseline", "CLAIMS=tiny.nothing")
    assert done.returncode != 0 and "got 'tiny.nothing', must be an id" in done.stderr


def test_a_baseline_is_never_taken_from_a_claim_that_fails(project):
    project.notebook("tiny", WORK.replace("control=3.0", "control=2.0"))
    done = project.make("baseline")
    assert "tiny.root its control passed" in done.stderr and "->" not in done.stdout
