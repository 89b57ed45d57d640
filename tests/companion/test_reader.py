"""A reader's own run of a chapter, by the real command: `make notebook NAME=... PARAMS=...`."""

import fcntl
import json

import nbformat
import pytest
from miniature import LOOK, WORK

from companion import written
from companion.profiles import changed, sizes

READER = '\n[reader]\nn = { says = "what the root is taken of", low = 1, high = 9 }\n'


@pytest.fixture
def own(project):
    """The miniature, whose contract lets a reader change the size n."""
    project.claims("root", edit=lambda text: text + READER)
    return project


def files(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_it_runs_with_the_readers_values_and_touches_nothing_of_the_book(own):
    assert own.make("book").returncode == 0
    before = files(own.folder)
    done = own.make("notebook", "NAME=tiny", "PARAMS=seed=3 n=4")
    assert done.returncode == 0, done.stderr
    assert "held    tiny.root" in done.stdout and "1 of 1 claims held" in done.stdout
    after, run = files(own.folder), own.folder / "_build" / "notebook" / "tiny"
    changed = {p for p in before | after if before.get(p) != after.get(p)}
    assert changed == {run / "tiny.ipynb", run / "claims.json", run / "lock"}
    note = json.loads((run / "tiny.ipynb").read_text())["metadata"]["companion"]
    assert note["seed"] == "3" and note["profile"] == "quick n=4"


def test_a_claim_that_does_not_hold_there_is_named_with_its_value_and_bound(own):
    done = own.make("notebook", "NAME=tiny", "PARAMS=n=9")
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "claim tiny.root out of bound: 3.000 must be from 1.9 to 2.1" in done.stderr
    assert "FAILED  tiny.root" in done.stdout


def test_a_claim_that_is_stated_and_not_recorded_is_named(own):
    own.claims("root", "other", edit=lambda text: text + READER)
    done = own.command("notebook", "tiny")
    said = 'claim tiny.other missing: no notebook recorded it, must be one: record("tiny.other", '
    assert done.returncode == 1 and said in done.stderr and "1 of 2 claims held" in done.stdout


def test_the_baseline_is_not_asked(own):
    own.baselines({"tiny.root": 1.95})  # from which two has drifted
    assert own.make("notebook", "NAME=tiny", "PARAMS=n=4").returncode == 0


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("tiny", "m=4", "m: is no parameter of tiny, must be one of profile, seed, n"),
        ("tiny", "n=10", "n: got '10', must be a whole number from 1 to 9"),
        ("tiny", "n=2.5", "n: got '2.5', must be a whole number from 1 to 9"),
        ("tiny", "n=4 n=5", "n: got two values, must be given once"),
        ("tiny", "seed=-1", "seed: got '-1', must be a whole number from 0 to 9223372036854775807"),
        ("tiny", "seed=1 seed=1", "seed: got two values, must be given once"),
        ("tiny", "profile=slow", "profile: got 'slow', must be one of quick, full"),
        ("tiny", "n", "parameters: got 'n', must be NAME=VALUE"),
        ("tiny", "=3", "parameters: got '=3', must be NAME=VALUE"),
        ("tiny", "profile=full profile=quick", "profile: got two values, must be given once"),
        ("", "", "NAME: got '', must be one of tiny"),
        ("tinny", "", "NAME: got 'tinny', must be one of tiny"),
    ],
)
def test_what_cannot_be_is_one_line_that_names_it(own, name, words, said):
    done = own.command("notebook", name, *words.split())
    assert done.returncode == 1 and done.stderr == f"companion: {said}\n"
    assert not (own.folder / "_build" / "notebook").exists()


def test_a_number_of_any_length_is_refused_and_so_is_a_second_run_at_once(own):
    done = own.command("notebook", "tiny", "seed=" + 5000 * "9")
    assert done.returncode == 1 and done.stderr == (
        f"companion: seed: got '{39 * '9'}, must be a whole number from 0 to 9223372036854775807\n"
    )
    done = own.command("seeds", "--", "-1")
    assert done.stderr.startswith("companion: ROOTS: got '-1', must be a whole number from 0 to ")
    for folder, words in {"notebook/tiny": ["notebook", "tiny"], "seeds/quick": ["seeds"]}.items():
        at = own.folder / "_build" / folder
        at.mkdir(parents=True)
        with (at / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = own.command(*words)
        said = f"companion: {at}: another build is at work there, must be one at a time\n"
        assert done.returncode == 1 and done.stderr == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("low = 1", "low = 0", "reader: n: must have 1 <= low <= high"),
        ("low = 1", "low = 10", "reader: n: must have 1 <= low <= high"),
        ("low = 1,", "", "reader: n: must have low"),
        ("low = 1", "low = 0.5", "reader: n: low: got 0.5, must be a whole number"),
        ("high", "hihg", "reader: n: hihg: is no key, must be one of says, low, high, perhaps "),
        ("n = {", "n = 3 #", "reader: n: got 3, must be a table"),
        ("n = {", "n = [", "must be readable TOML"),
    ],
)
def test_a_contract_states_bounds_that_can_be_met(own, old, new, said):
    own.claims("root", edit=lambda text: text + READER.replace(old, new))
    done = own.command("notebook", "tiny")
    assert done.returncode == 1 and f"notebooks/tiny.toml: {said}" in done.stderr
    assert "Traceback" not in done.stderr


CHAPTER = "notebooks/tiny.ipynb"
UNTAGGED = "got 0 cells tagged 'parameters', must be one, and must set profile and seed"
UNSTATED = "cell cell-0: got {claim}`tiny.rot`, must be a claim of a contract, perhaps tiny.root"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"parameters"', '"other"', UNTAGGED),
        ("{claim}`tiny.root`", "{claim}`tiny.rot`", UNSTATED),
        ('"cells"', '"cells', "got a file that is no notebook, must be one (a conflict of a merge"),
    ],
)
def test_what_the_build_refuses_is_refused_before_it_runs(own, old, new, said):
    """Without the tag the book's own seed would run, and pass for the reader's."""
    text = own.read(CHAPTER)
    assert old in text
    (own.folder / CHAPTER).write_text(text.replace(old, new))
    for words in (["notebook", "tiny", "seed=3"], ["build"]):
        done = own.command(*words)
        assert done.returncode == 1, done.stderr
        assert done.stderr.startswith(f"companion: {CHAPTER}: {said}") and "ran" not in done.stdout


def test_a_fault_of_another_chapter_is_none_of_the_readers(own):
    (own.folder / "notebooks/other.ipynb").write_text("<<<<<<< ours\n")
    own.claims("root", notebook="other")
    assert own.command("notebook", "tiny").returncode == 0


def test_an_unknown_id_in_a_caption_is_named_and_one_that_is_shown_as_code_is_none(own):
    look = LOOK | {"figure": LOOK["figure"] | {"caption": "It is {control}`a.b`."}}
    own.notebook("tiny", WORK, "# ``{claim}`a.b` ``", look)
    said = (
        f"companion: {CHAPTER}: cell cell-3: got {{control}}`a.b`, must be a claim of a contract\n"
    )
    assert own.command("notebook", "tiny").stderr == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("m", "m: got None from sizes(profile, quick=...) in the notebook, must be a whole number"),
        ("n", "n: got 4 from sizes(profile, quick=...) in the notebook, must be a whole number"),
    ],
)
def test_a_size_that_is_not_the_books_own_is_refused(own, size, said):
    own.claims(
        "root", edit=lambda text: text + f'[reader]\n{size} = {{ says = "s", low = 5, high = 9 }}'
    )
    done = own.command("notebook", "tiny")
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith(
        f"companion: notebooks/tiny.toml: reader: {said} there, from 5 to 9"
    )


def test_sizes_are_read_in_each_way_to_write_them():
    def read(*cells):
        cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        return written.sizes(nbformat.v4.new_notebook(cells=cells))

    assert read("%magic\ns = sizes(profile, quick=dict(n=4, x=f()), full={'n': 5})") == {
        "quick": {"n": 4, "x": None},
        "full": {"n": 5},
    }
    assert read("(", "sizes(p, quick=dict(**dict(n=1), m=2))", "sizes(p, quick={**{'k': 3}})") == {
        "quick": {"n": 1, "m": 2, "k": 3}
    }
    assert read("size(p, quick={})") == {}


def test_the_sizes_of_a_profile_with_a_readers_own_among_them():
    both = {"quick": {"d": 4, "n": 10}, "full": {"d": 8, "n": 90}}
    assert vars(sizes("full", **both)) == {"d": 8, "n": 90}
    assert vars(sizes(changed("quick", {"d": 5}), **both)) == {"d": 5, "n": 10}
    assert changed("full", {}) == "full"
    for wrong in ("quick e=3", "quick d", "quick d=-3", "quick d=x"):
        with pytest.raises(ValueError, match="must be NAME=NUMBER with one of d, n"):
            sizes(wrong, **both)
    with pytest.raises(ValueError, match="must be one of quick, full"):
        sizes("", **both)
