import shutil

import pytest
from filelock import FileLock
from miniature import Project


@pytest.fixture
def project(tmp_path):
    """A whole project in miniature, driven by the real Makefile and the real command."""
    return Project(tmp_path).lay_down()


@pytest.fixture(scope="session")
def finished(shared):
    """A miniature whose book was built, once for all processes of the suite."""
    folder = shared / "finished"
    with FileLock(shared / "finished.lock"):
        if not (folder / "_build" / "html").exists():
            folder.mkdir()
            done = Project(folder).lay_down().make("book")
            assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def built_project(finished, tmp_path):
    """A copy of the miniature whose book was built; where a project lies does not count."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def pytest_collection_modifyitems(items):
    """Whatever drives the real command in a whole project takes seconds."""
    for item in items:
        if {"project", "built_project"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
