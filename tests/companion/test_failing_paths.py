"""Every way to fail, by the real command, in a project of one notebook."""

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from miniature import LOOK, WORK

from companion import command


def fails(done, *said):
    text = done.stdout + done.stderr
    assert done.returncode != 0, text
    for part in said:
        assert part in text, text
    assert "Traceback" not in text, text


def test_every_way_in_which_a_run_fails_is_named_in_one_line(project):
    """The other ways in which a claim fails are in test_ruling.py."""
    failing = {
        "raising": "1 / 0",
        "dying": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "wrong": WORK.replace("norm([size.n**0.5])", "norm([3])"),
        "silent": "pass",
    }
    for name, work in failing.items():
        project.notebook(name, work.replace("tiny.", f"{name}."))
        project.claims("root", notebook=name)
    fails(
        project.make("book"),
        "raising: cell cell-2 raised ZeroDivisionError: division by zero",
        "claim raising.root missing",
        "dying: its kernel died",
        "claim dying.root missing",
        "claim wrong.root out of bound: 3.000 must be from",
        "claim silent.root missing: no notebook recorded it",
    )
    run = project.folder / "_build/run/quick"
    assert (run / "raising.failed.ipynb").exists() and not (run / "raising.ipynb").exists()
    assert (run / "tiny.ipynb").exists() and not (project.folder / "_build/html").exists()


@pytest.mark.parametrize("words", [["build"], ["notebook", "tiny"], ["seeds", "--", "1"]])
def test_a_process_that_the_system_kills_is_one_line(project, words):
    project.notebook("tiny", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
    done = project.command(*words)
    fails(done, "companion: a process at work was killed, most likely for want of memory;")
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr


def test_an_interrupt_is_one_line_and_waits_for_no_notebook(project):
    begun = project.folder / "notebooks" / "begun"
    project.notebook("tiny", "import pathlib, time\npathlib.Path('begun').touch()\ntime.sleep(600)")
    process = subprocess.Popen(
        [sys.executable, "-m", "companion.command", "build"],
        cwd=project.folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(project.folder / "src")},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in background
    )
    deadline = time.monotonic() + 120
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal sends it
    said = process.communicate(timeout=120)[1]
    assert said.startswith("companion: interrupted; ") and said.count("\n") == 1, said
    assert process.returncode == 130 and begun.exists()


def test_a_run_ends_with_its_executor():
    """A thread that is left may be closing its pipe as Python ends, and be a traceback there."""
    before = {*threading.enumerate()}
    jobs = argparse.Namespace(jobs=1)
    command._at_work(jobs, lambda executor: executor.submit(abs, -1).result())
    assert {*threading.enumerate()} <= before


CONFLICT = b"<<<<<<< ours\nroot: book/index\n=======\n"


BROKEN = [
    ("_toc.yml", CONFLICT, "must be readable YAML: line 2: "),
    ("_config.yml", b"title: caf\xe9\n", "must be text in UTF-8: "),
    ("_config.yml", b"", "must have keys and values"),
    ("book/map.toml", CONFLICT, "must be TOML, with its rows: "),
    ("book/map.toml", b"", "must be TOML, with its rows: "),
    ("book/map.toml", b"# caf\xe9\n", "must be text in UTF-8: "),
    ("src/ddpm_gmm/geometry.py", b"# caf\xe9\n", "must be text in UTF-8: "),
    ("_build", b"", "got no folder, must be one"),
]
EACH = """
import sys
from pathlib import Path
from companion import command
sys.path.append(sys.argv[1])
from test_failing_paths import BROKEN
for path, data, _ in BROKEN:
    file = Path(path)
    good = file.read_bytes() if file.is_file() else None
    (Path("_build") / "lock").unlink(missing_ok=True)
    if Path("_build").is_dir():
        Path("_build").rmdir()  # fails where anything was run
    file.write_bytes(data)
    assert command.main(["build"]) == 1
    if "map" in path:
        assert command.main(["new", "lemma-13"]) == 1
    file.unlink() if good is None else file.write_bytes(good)
"""


def test_a_file_that_cannot_be_read_is_named_before_anything_runs(project):
    done = subprocess.run(
        [sys.executable, "-c", EACH, Path(__file__).parent],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(project.folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wanted = [f"{path}: {said}" for path, _, said in BROKEN for _ in range(1 + ("map" in path))]
    said = done.stderr.replace(f"{project.folder}/", "").splitlines()
    for line, start in zip(said, wanted, strict=True):
        assert line.startswith(f"companion: {start}"), line


def test_a_function_that_the_map_names_and_the_package_has_not_is_told_before_anything_runs(
    project,
):
    """The package is read and not imported."""
    project.append("book/map.toml", 'functions = ["pair.population.gradient", "certify.prove"]\n')
    project.notebook("tiny", "1 / 0")
    fails(project.make("book"), "cell cell-2 raised ZeroDivisionError")
    text = project.read("book/map.toml").replace("gradient", "gradeint")
    (project.folder / "book/map.toml").write_text(text)
    said = (
        "companion: book/map.toml: Tiny lemma: got 'pair.population.gradeint', must be a function"
        " of ddpm_gmm, perhaps pair.population.gradient\n"
    )
    assert project.command("build").stderr == said
    assert project.command("new", "lemma-13").stderr == said
    project.append("src/ddpm_gmm/geometry.py", "\ndef (:\n")
    fails(project.command("build"), "src/ddpm_gmm/geometry.py: line ", ": must be Python: ")


def test_a_contract_that_is_not_one_is_refused_before_anything_runs(project):
    """What else is wrong with a contract, and how that is said, is in test_contract.py."""
    project.claims("root", edit=lambda s: s.replace("high =", "hihg ="))
    fails(project.make("book"), "tiny.root: hihg: is no key, must be one of ")
    assert not (project.folder / "_build/run").exists()


def test_a_stale_run_is_refused(built_project):
    built_project.append("src/ddpm_gmm/geometry.py", "\nEXTRA = 1\n")
    done = built_project.command("judge")
    fails(done, "claim tiny.root missing: the executed copy of tiny is stale")


@pytest.mark.parametrize("how", ["make", "command"])
def test_an_unknown_profile_exits_with_two(project, how):
    if how == "make":
        done = project.make("book", "PROFILE=fast")
    else:
        done = project.command("--profile", "fast", "judge")
    assert done.returncode == 2
    assert "profile: got 'fast', must be one of quick, full" in done.stderr


def test_a_folder_that_is_no_project_exits_with_two(project):
    (project.folder / "_config.yml").unlink()
    shutil.rmtree(project.folder / "notebooks")
    done = project.command("judge")
    assert done.returncode == 2 and "must be in a project" in done.stderr


def test_a_notebook_that_the_contents_do_not_name_is_told_before_anything_runs(project):
    contents = project.folder / "_toc.yml"
    contents.write_text(project.read("_toc.yml").replace("- file: notebooks/tiny\n", ""))
    done = project.make("book")
    fails(done, "_toc.yml: has no line '- file: notebooks/tiny', must list every notebook")
    assert not (project.folder / "_build/run").exists()


def test_a_figure_without_its_words_is_refused_with_its_cell_and_what_it_lacks(project):
    lacks = "notebooks/tiny.ipynb: cell cell-3 gives a figure, must have in its metadata, under "
    project.notebook("tiny", WORK, figure={})
    for words in (["book"], ["notebook", "NAME=tiny"]):
        fails(project.make(*words), f"{lacks}mystnb, figure.name and figure.caption and image.alt")
    assert not (project.folder / "_build/html").exists()
    project.notebook("tiny", WORK, figure=LOOK | {"image": {}})
    fails(project.make("book"), f"{lacks}mystnb, image.alt")
    project.notebook("tiny", WORK, figure=LOOK)
    assert project.make("book").returncode == 0


def test_a_file_that_is_no_notebook_is_named(project):
    (project.folder / "notebooks/tiny.ipynb").write_text("<<<<<<< ours\n")
    fails(project.make("book"), "notebooks/tiny.ipynb: got a file that is no notebook, must be one")


def test_two_builds_at_once_are_one_too_many(project):
    (project.folder / "_build").mkdir()
    with (project.folder / "_build/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fails(project.make("book"), "another build is at work there, must be one at a time")


def test_without_git_the_book_is_built_and_says_that_the_commit_is_unknown(built_project, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "sh", "touch"):
        (tools / name).symlink_to(shutil.which(name))
    built_project.append("src/ddpm_gmm/geometry.py", "\nEXTRA = 1\n")
    done = built_project.make("book", PATH=str(tools))
    assert done.returncode == 0, done.stderr
    assert "`unknown`" in built_project.read("_build/stage/book/_generated/status.md")


def test_a_page_that_sphinx_refuses_leaves_the_last_good_site(built_project):
    before = built_project.read("_build/html/notebooks/tiny.html")
    built_project.append("book/index.md", "\nA number {claim}`tiny.nothing`.\n")
    story = "# Tiny\n\nA {doc}`missing` page and a changed text.\n"
    story += "\n:::{paper} Lemma 99\n:::\n"
    built_project.notebook("tiny", WORK, story)
    done = built_project.make("book")
    fails(done, "no claim has a value under 'tiny.nothing'", "the last good site stays")
    fails(done, "no item 'Lemma 99' in book/paper.toml")
    assert "\x1b" not in done.stderr
    assert built_project.read("_build/html/notebooks/tiny.html") == before
    fails(built_project.make("book"), "the last good site stays")  # and it is not taken for done


def test_a_page_that_lacks_an_image_is_refused(built_project):
    page = built_project.folder / "book" / "index.md"
    page.write_text(built_project.read("book/index.md") + '\n<img src="gone.png" alt="gone">\n')
    fails(built_project.make("book"), "book/index.html: image gone.png is missing")
    assert "gone.png" not in built_project.read("_build/html/book/index.html")


def test_the_work_is_done_where_nobody_can_be_told(project):
    """Both streams are full: the chapter is run to its end all the same."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "companion.command", "notebook", "--", "tiny"],
            cwd=project.folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(project.folder / "src")},
            stdout=full,
            stderr=full,
            check=False,
        )
    assert done.returncode == 0
    assert (project.folder / "_build/notebook/tiny/claims.json").exists()
