"""What runs again after which change, and what a kill leaves behind."""

import os
import signal
import subprocess
import time

from miniature import SAME_VENV, STORY, WORK


def ran(done):
    """Names of the notebooks that ran, and whether the site was built."""
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    notebooks = {line.split()[1] for line in lines if line.startswith("ran ")}
    return notebooks, "built the site" in lines


def test_a_change_runs_what_depends_on_it_and_a_second_build_runs_nothing(built_project):
    """What depends on what is in test_sources.py."""
    assert ran(built_project.make("book")) == (set(), False)
    (built_project.folder / "_build/html/index.html").unlink()  # it is whole, or it is built anew
    assert ran(built_project.make("book")) == (set(), True)
    assert (built_project.folder / "_build/html/index.html").exists()
    built_project.append("src/ddpm_gmm/geometry.py", "\nEXTRA = 1\n")
    built_project.append("notebooks/tiny.toml", "# a remark only\n")
    assert ran(built_project.make("book")) == ({"tiny"}, True)
    built_project.claims("root", edit=lambda s: s.replace("is two", "is 2"))
    assert ran(built_project.make("book")) == (set(), True)
    assert "is 2." in built_project.read("_build/html/notebooks/tiny.html")


def test_prose_runs_nothing_and_is_shown(built_project):
    built_project.notebook("tiny", WORK + "\n# a remark\n", STORY + "\nA paragraph more.\n")
    assert ran(built_project.make("book")) == (set(), True)
    page = built_project.read("_build/html/notebooks/tiny.html")
    assert "A paragraph more." in page and "a remark" in page and "2.000" in page


def test_a_page_of_checks_shares_the_contract_of_its_chapter(project):
    """A claim that moves from the chapter to its page of checks keeps its id."""
    project.claims("root", "other")
    (project.folder / "notebooks" / "checks").mkdir()
    project.notebook("checks/tiny", WORK.replace("tiny.root", "tiny.other"), "# Checks\n\nMore.")
    assert ran(project.make("book")) == ({"tiny", "checks/tiny"}, True)


def test_the_last_good_site_comes_back_after_a_kill_between_the_two_renames(built_project):
    (built_project.folder / "_build/html").rename(built_project.folder / "_build/html.old")
    assert ran(built_project.make("book")) == (set(), False)
    assert (built_project.folder / "_build/html/notebooks/tiny.html").exists()


def test_the_page_shows_the_profile_that_was_asked_for(built_project):
    assert ran(built_project.make("book", "PROFILE=full")) == ({"tiny"}, True)
    assert ran(built_project.make("book")) == (set(), True)  # quick is still there


def test_a_killed_build_goes_on_where_it_was(project):
    waiting = "import pathlib, time\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.1)\n"
    project.notebook("tiny", waiting + WORK)
    project.notebook("other", WORK.replace("tiny.root", "other.root"))
    project.claims("root", notebook="other")
    command = ["make", "book", *SAME_VENV]
    process = subprocess.Popen(
        command, cwd=project.folder, start_new_session=True, stdout=subprocess.DEVNULL
    )
    done, running = (project.folder / "_build/run/quick" / n for n in ("other.ipynb", "tiny.ipynb"))
    deadline = time.monotonic() + 120
    while not done.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert done.exists() and not running.exists()
    assert not (project.folder / "_build/html").exists()
    (project.folder / "notebooks" / "go").touch()
    assert ran(project.make("book")) == ({"tiny"}, True)


def test_baselines_change_only_by_an_explicit_command_that_prints_old_and_new(built_project):
    built_project.baselines({"tiny.root": 1.95})
    assert built_project.make("book").returncode != 0
    contract = built_project.read("notebooks/tiny.toml")
    done = built_project.make("baseline", "CLAIMS=tiny.root")
    assert done.returncode == 0, done.stderr
    assert "tiny.root: quick baseline 1.95 -> 2.0" in done.stdout
    assert built_project.read("baselines/quick.json") == '{\n "tiny.root": 2.0\n}\n'
    assert built_project.read("notebooks/tiny.toml") == contract
    assert built_project.make("book").returncode == 0
    done = built_project.make("baseline", "CLAIMS=tiny.nothing")
    assert done.returncode != 0 and "got 'tiny.nothing', must be an id" in done.stderr


def test_a_baseline_of_named_claims_runs_the_notebooks_of_their_contract_alone(project):
    project.claims("root", "other")
    (project.folder / "notebooks" / "checks").mkdir()
    project.notebook("checks/tiny", WORK.replace("tiny.root", "tiny.other"), "# Checks\n\nMore.")
    project.notebook("far", WORK.replace("tiny.root", "far.root"), "# Far")
    project.claims("root", notebook="far")
    project.baselines({"tiny.other": 1.95, "far.root": 1.95})
    done = project.make("baseline", "CLAIMS=tiny.other")
    assert ran(done) == ({"tiny", "checks/tiny"}, False) and "[2/2]" in done.stdout
    assert "tiny.other: quick baseline 1.95 -> 2.0" in done.stdout
    assert '"far.root": 1.95' in project.read("baselines/quick.json")
    assert ran(project.make("baseline", "CLAIMS=tiny.other far.root")) == ({"far"}, False)


def test_a_baseline_is_never_taken_from_a_claim_that_fails(project):
    project.notebook("tiny", WORK.replace("control=3.0", "control=2.0"))
    done = project.make("baseline")
    assert "tiny.root its control passed" in done.stderr and "->" not in done.stdout
