"""What is wrong with a contract is said at once, a line each, and by name."""

import json
import re

import pytest
from miniature import CLAIM

from companion import contract, paths

GOOD = 'item = "Tiny lemma"\n' + CLAIM.format(name="root")


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write a contract beside a notebook of its name, and read it."""
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(paths, "BASELINES", tmp_path / "baselines")
    (tmp_path / "tiny.ipynb").touch()

    def write(text, name="tiny"):
        (tmp_path / f"{name}.toml").write_text(text)
        return contract.load()

    return write


def said(load, text, **more):
    with pytest.raises(contract.Broken) as broken:
        load(text, **more)
    return str(broken.value)


def test_ids_are_the_contracts_name_and_the_tables(load):
    claims = load(GOOD + CLAIM.format(name="other").replace("judge", 'item = "Elsewhere"\njudge'))
    assert list(claims) == ["tiny.root", "tiny.other"]
    assert [c.item for c in claims.values()] == ["Tiny lemma", "Elsewhere"]


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (
            lambda s: s.replace("high =", "hihg ="),
            "tiny.root: hihg: is no key, must be one of",
        ),
        (lambda s: s.replace("high =", "hihg ="), "item, perhaps high"),
        (lambda s: s.replace("low = 1.9\nhigh = 2.1\n", ""), "tiny.root: must have low or high"),
        (lambda s: s.replace("low = 1.9", "low = 2.2"), "tiny.root: low 2.2 must be < high 2.1"),
        (
            lambda s: s.replace('"derived"', '"mine"'),
            "whose: got 'mine', must be one of paper, derived",
        ),
        (
            lambda s: s.replace('"value"', '"intervall"'),
            "judge: got 'intervall', must be one of value, worst, interval, perhaps interval",
        ),
        (lambda s: s.replace('"value"', "3"), "judge: got 3, must be one of value, worst, "),
        (lambda s: s.replace("1e-9", "true"), "tiny.root: tolerance: got True, must be a number"),
        (
            lambda s: s.replace("1e-9", "0.21"),
            "tiny.root: tolerance 0.21 cannot fire inside the bound, which is 0.2 wide: make it",
        ),
        (lambda s: s.replace("1.9", '"1.9"'), "tiny.root: low: got '1.9', must be a number"),
        (lambda s: s.replace('control = "The', '# "The'), "tiny.root: must have control"),
        (lambda s: s.replace(".3f", ".3q"), "tiny.root: format:"),
        (lambda s: s.replace("1e-9", "0.0"), "tiny.root: tolerance 0 must be > 0, or be left out"),
        (lambda s: s.replace("1.9", "nan"), "tiny.root: low: got nan, must be finite"),
        (lambda s: s.replace("1e-9", "inf"), "tiny.root: tolerance: got inf, must be finite"),
        (
            lambda s: re.sub('control = ".*"', 'control = " "', s),
            "tiny.root: control: got ' ', must say it",
        ),
        (lambda s: s + "[root", "tiny.toml: must be readable TOML"),
        (lambda s: s + s, "tiny.toml: must be readable TOML"),
        (lambda s: "loose = 1\n" + s, "tiny.loose: got 1, must be a table"),
        (lambda s: s.replace("item", "itme"), "item: got None, must be a row of book/map.toml"),
        (lambda s: "long = 3\n" + s, "long: got 3, must be true or false"),
    ],
)
def test_what_is_wrong_is_named(load, edit, line):
    assert line in said(load, edit(GOOD))


def test_everything_that_is_missing_is_said_at_once(load):
    text = said(load, "[root]\nhigh = 2.1\n[other]\nlow = 1.0\ntolerance = -1.0\n")
    assert "tiny.root: must have statement, whose, judge, control, format" in text
    assert "tiny.other: must have statement, whose, judge, control, format" in text
    assert "tiny.other: tolerance -1 must be > 0" in text and "item: got None" in text


def test_a_contract_without_a_notebook_is_named(load):
    assert "tidy.toml: has no notebook of its name beside it" in said(load, GOOD, name="tidy")


def baselines(tmp_path, **values):
    contract.write_baselines("quick", {f"tiny.{name}": value for name, value in values.items()})


def test_a_tolerance_that_cannot_fire_inside_the_bound_is_refused_by_name(load, tmp_path):
    baselines(tmp_path, root=2.0)
    claims = load(GOOD.replace("1e-9", "0.0999"))
    assert contract.check_baselines(claims, "quick") == {"tiny.root": 2.0}
    with pytest.raises(contract.Broken, match=r"tiny\.root: tolerance 0\.1001 cannot fire"):
        contract.check_baselines(load(GOOD.replace("1e-9", "0.1001")), "quick")
    assert contract.check_baselines(load(GOOD.replace("tolerance = 1e-9", "")), "quick")


def test_a_baseline_of_no_claim_is_named(load, tmp_path):
    baselines(tmp_path, rout=1.0)
    with pytest.raises(contract.Broken, match=r"tiny\.rout: is no claim of any"):
        contract.check_baselines(load(GOOD), "quick")


def test_a_file_of_baselines_that_is_none_is_named(load, tmp_path):
    baselines(tmp_path, root=2.0)
    for content in (b"<<<<<<< ours", b'{"\xff": 1}'):
        (tmp_path / "baselines" / "quick.json").write_bytes(content)
        with pytest.raises(contract.Broken, match="must be what `make baseline` wrote"):
            contract.baselines("quick")


def test_baselines_have_a_stable_order_and_a_line_a_claim(load, tmp_path):
    baselines(tmp_path, b=1.0, a=0.1234567891)
    text = (tmp_path / "baselines" / "quick.json").read_text()
    assert text == '{\n "tiny.a": 0.1234567891,\n "tiny.b": 1.0\n}\n'
    assert json.loads(text) == contract.baselines("quick")
    assert contract.baselines("full") == {}
