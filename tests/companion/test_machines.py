"""Whatever a machine is like, a result or one clear line, and nothing lost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from miniature import ROOT, SAME_VENV, Project

from companion import paths, sources

HERE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
WHO = ["-c", "user.name=x", "-c", "user.email=x@localhost"]


def lines(done):
    """What the build complained of, line by line."""
    assert done.returncode != 0 and "Traceback" not in done.stdout + done.stderr, done.stderr
    said = (line for line in done.stderr.splitlines() if line.startswith("companion: "))
    return [line.removeprefix("companion: ") for line in said]


# -- git -------------------------------------------------------------------------------------------


def git(folder, *words):
    done = subprocess.run(
        ["git", *WHO, *words], cwd=folder, env=os.environ | HERE, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def commit(folder, **more):
    """The commit that a build in this folder tells."""
    with pytest.MonkeyPatch.context() as here:
        here.setattr(paths, "ROOT", folder)
        for name, value in (HERE | more).items():
            here.setenv(name, value)
        return sources.commit()


@pytest.fixture
def archive(tmp_path):
    """What makes a folder a project, unpacked inside a repository that has a commit of its own."""
    if not shutil.which("git"):
        pytest.skip("no git on this machine: nothing to be mistaken for")
    (tmp_path / "outer.txt").write_text("another project\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "outer.txt")
    git(tmp_path, "commit", "-qm", "outer")
    inner = tmp_path / "inner"
    (inner / "notebooks").mkdir(parents=True)
    (inner / "_config.yml").write_text("title: inner\n")
    return inner


def test_an_archive_inside_another_repository_has_no_commit(archive):
    assert commit(archive) == "unknown"


def test_a_repository_of_its_own_tells_its_commit_whoever_calls(archive):
    git(archive, "init", "-q")
    git(archive, "add", "_config.yml")
    git(archive, "commit", "-qm", "inner")
    own = git(archive, "rev-parse", "--short=12", "HEAD")
    assert commit(archive) == own
    assert commit(archive, GIT_DIR=str(archive.parent / ".git")) == own  # from another's hook
    (archive / "_config.yml").write_text("title: changed\n")
    assert commit(archive) == own + "-dirty"


def test_a_part_of_a_larger_repository_tells_that_ones_commit(archive):
    git(archive.parent, "add", "inner/_config.yml")
    git(archive.parent, "commit", "-qm", "both")
    assert commit(archive) == git(archive.parent, "rev-parse", "--short=12", "HEAD")


def test_a_folder_that_git_refuses_and_a_git_that_fails_have_no_commit(archive, tmp_path):
    git(archive.parent, "add", "inner/_config.yml")
    assert commit(archive, GIT_TEST_ASSUME_DIFFERENT_OWNER="1") == "unknown"
    broken = tmp_path / "tools" / "git"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert commit(archive, PATH=str(broken.parent)) == "unknown"
    broken.chmod(0o644)
    assert commit(archive, PATH=str(broken.parent)) == "unknown"


# -- disks -----------------------------------------------------------------------------------------


def limited(project, blocks):
    """`make book` where no file can grow beyond so many blocks, as on a disk that is full."""
    command = f"ulimit -f {blocks}; exec make book " + " ".join(SAME_VENV)
    return subprocess.run(
        ["sh", "-c", command], cwd=project.folder, capture_output=True, text=True, check=False
    )


def test_a_full_disk_is_said_and_what_was_finished_stays(project):
    said = lines(limited(project, 2))  # too little for an executed notebook
    assert said[0].startswith("tiny: could not be run: [Errno"), said
    assert "claim tiny.root missing: notebook tiny has not been run in profile quick" in said
    said = lines(limited(project, 1000))  # enough for it, too little for the site
    assert len(said) == 1 and "what is finished stays, and the next run goes on" in said[0], said
    done = project.make("book")
    assert done.returncode == 0, done.stderr
    assert "ran " not in done.stdout and "built the site" in done.stdout
    assert not list((project.folder / "_build").rglob("*.new"))


def test_a_folder_with_braces_in_its_name_with_hidden_files_and_a_full_standard_output(tmp_path):
    """An editor's locks, a desktop's notes; and nobody who can be told."""
    folder = tmp_path / "a{b}"
    folder.mkdir()
    project = Project(folder).lay_down()
    for name in ("notebooks/._tiny.ipynb", "notebooks/._tiny.py", "book/._index.md"):
        (folder / name).write_bytes(b"\0\5\26\7\xff")
    (folder / "certificates").mkdir()
    for name in ("notebooks/.#tiny.toml", "notebooks/.#tiny.py", "book/.#map.toml"):
        (folder / name).symlink_to("me@machine.1:2")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            ["make", "book", *SAME_VENV],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    said = "standard output: No space left on device; the work goes on without it"
    assert {*done.stderr.splitlines()} == {f"companion: {said}"}
    assert "2.000" in project.read("_build/html/notebooks/tiny.html")


def test_a_folder_whose_name_is_no_text_is_refused(tmp_path):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.makedirs(folder)
    shutil.copy(ROOT / "_config.yml", os.fsdecode(folder))
    os.mkdir(folder + b"/notebooks")
    os.symlink(ROOT / "src", os.fsdecode(folder) + "/src")
    done = Project(Path(os.fsdecode(folder))).command("judge")
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert "caf\\udce9', must have a path in UTF-8" in done.stderr


def test_a_checkout_has_the_same_bytes_whatever_git_makes_of_line_ends(archive):
    git(archive, "init", "-q")
    shutil.copy(ROOT / ".gitattributes", archive)
    git(archive, "add", ".")
    git(archive, "commit", "-qm", "inner")
    (archive / "_config.yml").unlink()
    git(archive, "-c", "core.autocrlf=true", "checkout", "-q", "_config.yml")
    assert (archive / "_config.yml").read_bytes() == b"title: inner\n"


def read_only(folder, *command):
    """Run a command where the folder cannot be written, whoever runs it."""
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
    space = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    probe = [*space, "sh", "-c", script, folder, "true"]
    try:
        possible = subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        possible = False
    if not possible:
        pytest.skip("this machine lets nobody mount a folder read-only")
    whole = [*space, "sh", "-c", script, folder, *command]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


def test_a_read_only_tree_is_said(project):
    (said,) = lines(read_only(project.folder, "make", "book", *SAME_VENV))
    assert said.startswith(f"{project.folder}/_build: Read-only file system"), said
    (project.folder / "_build").mkdir()
    (said,) = lines(read_only(project.folder, "make", "baseline", *SAME_VENV))
    assert said.startswith(f"{project.folder}/_build/lock: Read-only file system"), said
    done = read_only(project.folder, sys.executable, "-I", "src/companion/venv.py", ".venv")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("make: .venv: ") and "Read-only file system" in done.stderr


# -- what is not there -----------------------------------------------------------------------------


def test_jupyter_book_by_hand_is_told_what_to_run(project):
    tool = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "."]
    where = os.environ | {"PYTHONPATH": str(project.folder / "src")}
    done = subprocess.run(
        tool, cwd=project.folder, env=where, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0 and "Traceback" not in done.stdout + done.stderr
    assert "companion: this folder has no results to show: make book" in done.stderr


@pytest.mark.parametrize(
    ("missing", "words", "how"),
    [
        ("tomlkit", ["new", "lemma-13"], "pip install 'ddpm-gmm-companion[book]'"),
        ("flint", ["check"], "pip install 'ddpm-gmm-companion[book]'"),
        ("msgspec", ["check"], "make clean, then make book"),  # in an environment that make made
    ],
)
def test_a_missing_package_is_one_line_that_names_it(project, missing, words, how):
    if "make" in how:
        (project.folder / ".locked").touch()
    code = f"import sys; sys.modules[{missing!r}] = None; import companion_command as c"
    code += f"; sys.prefix = {str(project.folder)!r}"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; sys.exit(c.main())", *words],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(project.folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == f"companion: needs {missing}: {how}\n"
