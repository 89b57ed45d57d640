"""The certificates of the repository, each checked by the second program and by nothing else."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ddpm_gmm import certify

ROOT = Path(__file__).resolve().parents[1]
# In the group, since the build rules on them, too.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("book")]
FILES = {path.stem: path for path in sorted((ROOT / "certificates").glob("*.json"))}
STATEMENTS = certify.statements()


@pytest.fixture(scope="module")
def accepted():
    """What the real command accepts. In a process of its own, where nothing checks types."""
    command = [sys.executable, "-m", "companion.command", "check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    return re.findall(r"^accepted (.+)$", done.stdout, flags=re.M)


def test_there_is_one_certificate_for_each_statement():
    assert FILES.keys() == STATEMENTS.keys()


@pytest.mark.parametrize("name", FILES)
def test_certificate_proves_the_books_statement(name, accepted):
    assert name in accepted
    assert json.loads(FILES[name].read_text())["statement"] == STATEMENTS[name]


def test_what_was_ruled_on_is_not_ruled_on_again(accepted):
    """Where nothing changed, every build can afford to ask."""
    command = [sys.executable, "-m", "companion.command", "check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"{len(FILES)} certificates accepted, 0 of them ruled on anew" in done.stdout


@pytest.mark.parametrize("name", random.Random(230701178).sample(sorted(FILES), 12))
def test_one_number_changed_is_rejected(name):
    """Every number counts: of twelve certificates a random one is changed in its last digit."""
    text = FILES[name].read_text(encoding="utf-8")
    certificate = json.loads(text)
    leaf = random.Random(name).randrange(len(certificate["leaves"]))
    for at in range(len(certificate["leaves"][leaf])):
        changed = json.loads(text)
        number = changed["leaves"][leaf][at]
        changed["leaves"][leaf][at] = number * (1 + 2**-52) if number else 2.0**-52
        with pytest.raises(certify.Rejected, match="sha256"):
            certify.verify(changed)


@pytest.mark.parametrize("name", FILES)
def test_one_leaf_less_is_rejected(name):
    """Whichever it is, and with its digest made anew: no certificate has a leaf to spare."""
    certificate = json.loads(FILES[name].read_text(encoding="utf-8"))
    leaves = certificate["leaves"]
    del leaves[random.Random(name).randrange(len(leaves))]
    with pytest.raises(certify.Rejected, match=r"^sha256: "):
        certify.verify(certificate)
    message = "no leaf covers" if leaves else "at least one leaf"
    with pytest.raises(certify.Rejected, match=message):
        certify.verify(certificate | {"sha256": certify.digest(certificate)})


def test_files_are_small_and_say_what_made_them():
    for path in FILES.values():
        assert path.stat().st_size < 10**6
        certificate = json.loads(path.read_text())
        assert certificate["precision"] == certify.PRECISION
        assert certificate["versions"].keys() == {"python-flint", "flint"}
        assert certificate["sha256"] == certify.digest(certificate)


SMALL = '''

def statements():
    """Three small statements, the last of them slower."""
    contract = {"kind": "contraction", "map": "step", "rho": 0.5}
    return {
        "first": contract | {"mu": [1.0, 1.0], "kappa": 0.75},
        "second": contract | {"mu": [1.0, 1.0], "kappa": 0.7},
        "third": contract | {"mu": [1.0, 1.125], "kappa": LAST},
    }
'''


@pytest.fixture
def small_project(tmp_path):
    """The real Makefile and command, with three small statements."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "_config.yml"):
        shutil.copy2(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src")
    (tmp_path / "notebooks").mkdir()
    room = tmp_path / "src" / "ddpm_gmm" / "certify" / "__init__.py"

    def run(last):
        room.write_text(
            (ROOT / room.relative_to(tmp_path)).read_text() + SMALL.replace("LAST", last)
        )
        command = ["make", "certify", f"VENV={sys.prefix}", "-o", "environment"]
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return tmp_path, run


def waiting(folder, name, process):
    """The certificate of this name among those that wait for the others, when it is there."""
    deadline = time.monotonic() + 120
    while not (ready := sorted((folder / "_build").glob(f"certificates/*/{name}.json"))):
        assert process.poll() is None and time.monotonic() < deadline, process.stdout.read()
        time.sleep(0.02)
    return ready[0]


def test_make_certify_goes_on_after_being_killed(small_project):
    folder, run = small_project
    process = run("0.65")
    ready = waiting(folder, "second", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (folder / "certificates").exists(), "half of a set is never shown as a whole"
    mark = ready.read_text() + "\n\n"
    ready.write_text(mark)  # whoever makes it anew does not make these blank lines
    process = run("0.65")
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert "3 certificates in certificates/" in said and "100%" in said
    assert (folder / "certificates" / "second.json").read_text() == mark
    for path in (folder / "certificates").glob("*.json"):
        certificate = json.loads(path.read_text())
        assert certificate["sha256"] == certify.digest(certificate)


def test_a_second_make_certify_is_refused_and_disturbs_nothing(small_project):
    folder, run = small_project
    first = run("0.65")
    waiting(folder, "first", first)
    os.killpg(first.pid, signal.SIGSTOP)  # it stands still, at work
    second = run("0.65")
    said, _ = second.communicate()
    os.killpg(first.pid, signal.SIGCONT)
    assert second.returncode != 0 and "Traceback" not in said
    assert "_build: another build is at work there, must be one at a time" in said
    said, _ = first.communicate()
    assert first.returncode == 0 and "3 certificates in certificates/" in said


def test_an_interrupted_check_waits_for_no_proof(small_project):
    folder, run = small_project
    run("0.65").communicate()
    command = [sys.executable, "-m", "companion.command", "check"]
    settings = {"cwd": folder, "env": os.environ | {"PYTHONPATH": str(folder / "src")}}
    subprocess.run(command, **settings, capture_output=True, check=True)
    shutil.copy2(max(FILES.values(), key=lambda path: path.stat().st_size), folder / "certificates")
    process = subprocess.Popen(
        command,
        **settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in background
    )
    # These are remembered, and told at once; then the large one's turn comes.
    for name in ("first", "second", "third"):
        assert process.stdout.readline() == f"accepted {name}\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "companion: interrupted; " in said and "Traceback" not in said


def test_a_forged_certificate_is_named_by_the_command(small_project):
    """One bound lowered below the truth, and the digest made anew as a forger would."""
    folder, _ = small_project
    (folder / "certificates").mkdir()
    name = "contraction-em-1-rho-0.5-factor"
    certificate = json.loads(FILES[name].read_text())
    last = max(certificate["leaves"], key=lambda leaf: leaf[-1])
    last[-1] *= 0.9
    certificate["sha256"] = certify.digest(certificate)
    (folder / "certificates" / f"{name}.json").write_text(json.dumps(certificate))
    command = [sys.executable, "-m", "companion.command", "check"]
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"companion: certificate {name}: rejected: leaves[" in done.stderr
    assert f"accepted {name}" not in done.stdout and "Traceback" not in done.stderr


def test_make_certify_names_what_it_cannot_prove(small_project):
    folder, run = small_project
    process = run("0.6")  # at |mu| = 1 the factor is 0.636
    said, _ = process.communicate()
    assert process.returncode != 0
    assert "companion: certificate third: " in said and "not proved after" in said
    assert "Traceback" not in said
    assert not (folder / "certificates").exists()
