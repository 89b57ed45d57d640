import pytest
from miniature import Project


@pytest.fixture
def project(tmp_path):
    """A whole project in miniature, driven by the real Makefile and the real command."""
    return Project(tmp_path)


def pytest_collection_modifyitems(items):
    """Whatever drives the real command in a whole project takes seconds."""
    for item in items:
        if {"project", "small_project"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
