"""What the checker accepted is remembered, for exactly as long as nothing changes."""

import json
from concurrent.futures import Future
from functools import cache
from types import SimpleNamespace

import pytest

from companion import build, certificates, contract, paths
from ddpm_gmm import certify

VERIFY = certify.verify
NAMES = "contraction-em-0.625-rho-0.4375", "contraction-em-1-rho-0.5"  # the quickest


@cache
def really(text):
    """The checker's answer to a certificate that it accepts, asked for once in all these tests."""
    return VERIFY(json.loads(text))


@pytest.fixture
def two(tmp_path, monkeypatch):
    """A project with two certificates; asking it says which of them were ruled on, and how."""
    for name in NAMES:
        target = tmp_path / "certificates" / f"{name}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(certificates.path(name).read_bytes())
    monkeypatch.setattr(paths, "CERTIFICATES", tmp_path / "certificates")
    monkeypatch.setattr(paths, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(certify, "verify", lambda certificate: really(json.dumps(certificate)))
    ruled = []

    class Here:
        """In place of processes: this one, which can be watched."""

        def map(self, function, files):
            for file in files:
                ruled.append(file.stem)
                yield function(file)

    def ask(*names, told=None):
        ruled.clear()
        return certificates.check(Here(), names or None, told), sorted(ruled)

    ask.executor = Here()
    return tmp_path, ask


def rewrite(folder, name, change):
    path = folder / "certificates" / f"{name}.json"
    path.write_bytes(change(path.read_bytes()))


SOUND = dict.fromkeys(sorted(NAMES))


def test_what_was_accepted_is_not_ruled_on_again(two):
    _, ask = two
    assert ask() == (SOUND, sorted(NAMES))
    assert ask() == (SOUND, [])
    assert ask(NAMES[0]) == ({NAMES[0]: None}, [])


def test_who_is_killed_goes_on_from_there(two):
    _, ask = two

    def killed(name, fault):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(told=killed)
    faults, ruled = ask()
    assert faults == SOUND and len(ruled) == 1


def test_names_say_what_is_ruled_on(two):
    _, ask = two
    assert ask(NAMES[1]) == ({NAMES[1]: None}, [NAMES[1]])
    assert ask() == (SOUND, [NAMES[0]])


def test_a_verdict_is_what_the_checker_found(two):
    """Of a certificate on which it has not ruled, too; and then it is remembered."""
    folder, ask = two
    found = certificates.verdict(NAMES[0])
    file = folder / "certificates" / f"{NAMES[0]}.json"
    certificate = json.loads(file.read_text())
    assert found["statement"] == certificate["statement"] == certify.statements()[NAMES[0]]
    assert found["bound"] == max(leaf[-1] for leaf in certificate["leaves"])
    assert ask() == (SOUND, [NAMES[1]]), "this one was remembered"
    (kept,) = (p for p in (folder / "_build").rglob(certificates.digest(file.read_bytes())))
    kept.write_text(json.dumps(found | {"boxes": -1}))
    assert certificates.verdict(NAMES[0])["boxes"] == -1, "nor did it rule again"


@pytest.mark.parametrize("rest", ["", "{", "null"])
def test_an_acceptance_without_its_verdict_is_none(two, rest):
    """An empty file, as earlier versions kept it, or half of one."""
    folder, ask = two
    ask()
    for kept in (folder / "_build").rglob("*/*"):
        if kept.is_file():
            kept.write_text(rest)
    assert ask(NAMES[0]) == ({NAMES[0]: None}, [NAMES[0]])
    assert certificates.verdict(NAMES[1])["bound"] > 0


def test_a_leaf_less_and_there_is_no_verdict(two):
    """The largest bound would be the same; the digest is made anew, as a forger would."""
    folder, ask = two
    ask()
    path = folder / "certificates" / f"{NAMES[0]}.json"
    certificate = json.loads(path.read_bytes())
    least = min(range(len(certificate["leaves"])), key=lambda i: certificate["leaves"][i][-1])
    del certificate["leaves"][least]
    path.write_text(json.dumps(certificate | {"sha256": certify.digest(certificate)}))
    for _ in range(2):
        with pytest.raises(contract.Broken, match=f"^certificate {NAMES[0]}: rejected: leaves: no"):
            certificates.verdict(NAMES[0])


def test_what_is_not_there_has_no_verdict(two):
    with pytest.raises(contract.Broken, match=r"^certificate absent: cannot be read: "):
        certificates.verdict("absent")


def test_a_sound_certificate_under_another_name_has_no_verdict(two):
    folder, _ = two
    old = (folder / "certificates" / f"{NAMES[0]}.json").read_bytes()
    rewrite(folder, NAMES[1], lambda _: old)
    for _ in range(2):
        with pytest.raises(contract.Broken, match="proves another statement than the book's"):
            certificates.verdict(NAMES[1])


def test_the_build_rules_before_it_runs_a_notebook(monkeypatch):
    """So that no notebook has to rule on what the build is ruling on."""
    order, found = [], SimpleNamespace(unfit={"a": "new"}, seconds={}, executed={})
    ended = Future()
    ended.set_result(0.0)
    executor = SimpleNamespace(submit=lambda *_: order.append("run") or ended)
    monkeypatch.setattr(build.evidence, "collect", lambda _: found)
    monkeypatch.setattr(build, "certified", lambda _: order.append("rule"))
    build.renew(SimpleNamespace(profile="quick", of_notebook=lambda _: ""), executor)
    assert order == ["rule", "run"]


def test_one_byte_more_is_ruled_on_anew(two):
    folder, ask = two
    ask()
    rewrite(folder, NAMES[0], lambda content: content + b"\n")
    assert ask() == (SOUND, [NAMES[0]])


def test_a_rejection_is_never_remembered(two):
    folder, ask = two
    ask()
    rewrite(folder, NAMES[0], lambda content: content.replace(b".5", b".25"))
    for _ in range(2):
        faults, ruled = ask()
        assert ruled == [NAMES[0]] and faults[NAMES[1]] is None
        assert faults[NAMES[0]].startswith("rejected: sha256: ")


def test_what_is_no_certificate_is_a_fault(two):
    folder, ask = two
    rewrite(folder, NAMES[0], lambda content: content[:-9])
    rewrite(folder, NAMES[1], lambda content: b"\xff" + content)
    faults, _ = ask(*NAMES, "absent")
    assert faults[NAMES[0]].startswith("rejected: not JSON: ")
    assert faults[NAMES[1]].startswith("rejected: not JSON: ")
    assert faults["absent"].startswith("cannot be read: ")


def test_a_sound_certificate_under_another_name_is_a_fault(two):
    """Remembered or not: what counts is the book's statement of this name."""
    folder, ask = two
    ask()
    old = folder / "certificates" / f"{NAMES[0]}.json"
    (folder / "certificates" / "unheard-of.json").write_bytes(old.read_bytes())
    rewrite(folder, NAMES[1], lambda _: old.read_bytes())
    faults, ruled = ask()
    assert ruled == []
    assert faults["unheard-of"] == "proves none of the book's statements"
    assert faults[NAMES[1]] == "proves another statement than the book's of this name"
    assert faults[NAMES[0]] is None


def test_two_that_rule_at_once_lose_nothing_of_each_others(two):
    _, ask = two

    def meanwhile(name, fault):
        ask(*set(NAMES) - {name})

    ask(NAMES[0], told=meanwhile)
    assert ask() == (SOUND, [])


def test_a_change_in_the_checker_forgets_everything(two, monkeypatch, tmp_path):
    _, ask = two
    ask()
    sources = tmp_path / "check"
    sources.mkdir()
    for path in certificates.Path(certificates.checker.__file__).parent.glob("*.py"):
        (sources / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(certificates.checker, "__file__", str(sources / "__init__.py"))
    assert ask() == (SOUND, []), "the same sources, elsewhere"
    for name in certificates.BEYOND:  # no verdict rests on these
        (sources / f"{name}.py").write_text("")
    assert ask() == (SOUND, [])
    with (sources / "turning.py").open("a") as source:
        source.write("\n")
    assert ask() == (SOUND, sorted(NAMES))


def test_another_arb_forgets_everything(two, monkeypatch):
    _, ask = two
    ask()
    monkeypatch.setattr(certificates.flint, "__FLINT_VERSION__", "0")
    assert ask() == (SOUND, sorted(NAMES))


def test_the_report_names_what_was_rejected(two, capsys):
    folder, ask = two
    path = folder / "certificates" / f"{NAMES[0]}.json"
    certificate = json.loads(path.read_bytes())
    certificate["leaves"].pop()
    path.write_text(json.dumps(certificate | {"sha256": certify.digest(certificate)}))
    with pytest.raises(contract.Broken, match=f"^certificate {NAMES[0]}: rejected: leaves: no"):
        certificates.report(ask.executor)
    said = f"accepted {NAMES[1]}\n1 certificates accepted, 1 of them ruled on anew\n"
    assert capsys.readouterr().out == said
