import pytest
from miniature import Project


@pytest.fixture
def project(tmp_path):
    """A whole project in miniature, driven by the real Makefile and the real command."""
    return Project(tmp_path)
