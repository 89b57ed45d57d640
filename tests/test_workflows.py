"""What runs elsewhere: workflows keep to their schema, name what is here, and lose no evidence."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(path):
    return yaml.safe_load(path.read_text())["jobs"].items()


def steps(path):
    return [step for _, job in jobs(path) for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_a_workflow_keeps_to_the_schema_of_workflows(path):
    command = [Path(sys.prefix) / "bin" / "check-jsonschema", "--builtin-schema"]
    command += ["vendor.github-workflows", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_what_a_step_runs_is_here(path):
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.M)
    for step in steps(path):
        words = step.get("run", "")
        for script in re.findall(r"\.ci/\w+", words):
            assert (ROOT / script).stat().st_mode & 0o100, f"{script} cannot be run"
        for target in re.findall(r"\bmake (\w+)", words):
            assert target in targets, f"make {target}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_a_job_that_runs_the_book_keeps_its_evidence_whatever_happens(path):
    for name, job in jobs(path):
        if not any("make " in s.get("run", "") or ".ci/" in s.get("run", "") for s in job["steps"]):
            continue
        kept = [s for s in job["steps"] if s.get("if") == "always()"]
        assert kept and kept[0]["uses"].startswith("actions/upload-artifact@"), name
        assert "_build/*.log" in job["env"]["EVIDENCE"], name


def test_a_step_with_a_pipe_fails_with_its_first_command():
    for path in WORKFLOWS:
        for step in steps(path):
            if " | " in step.get("run", ""):
                assert step["shell"] == "bash", step["run"]  # with pipefail; the default is without


def test_every_push_needs_the_browser():
    assert ".ci/run" in [step.get("run") for step in steps(ROOT / ".github/workflows/book.yml")]
    text = (ROOT / ".ci" / "run").read_text()
    assert "export REQUIRE_BROWSER=1" in text and "pipefail" in text
