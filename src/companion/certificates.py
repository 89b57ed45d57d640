"""Certificates: files that hold a proof. `make certify` makes them, :func:`check` rules on them.

A certificate says what is proved, on which boxes and with which bounds, and with what it was made;
its last field is a digest of all the others. The mathematics is in ``ddpm_gmm.certify``.
"""

import importlib.metadata
import json
import platform
import shutil
from concurrent.futures import Executor
from pathlib import Path

import flint
from tqdm import tqdm

from companion import paths
from companion import report as says
from companion.contract import Broken
from companion.sources import digest
from ddpm_gmm import certify
from ddpm_gmm.certify import check as checker

FOLDER = "certificates"
ACCEPTED = "accepted"  # under _build: what the checker found of what it accepted
BEYOND = "chain", "hand", "inequality"  # of the checker's modules: no verdict rests on them


def path(name: str) -> Path:
    return paths.CERTIFICATES / f"{name}.json"


def sealed(statement: dict, leaves) -> dict:
    """The certificate of a statement that its leaves prove."""
    certificate = {
        "statement": statement,
        "leaves": [[x for side in box for x in side] + [bound] for box, bound in leaves],
        "precision": certify.PRECISION,
        "versions": _versions(),
    }
    return certificate | {"sha256": certify.digest(certificate)}


def _versions() -> dict[str, str]:
    versions = {"python-flint": importlib.metadata.version("python-flint")}
    return versions | {"flint": flint.__FLINT_VERSION__}


def text(certificate: dict) -> str:
    """As JSON, a line for each leaf."""
    rest = {key: value for key, value in certificate.items() if key != "leaves"}
    leaves = ",\n".join(json.dumps(leaf) for leaf in certificate["leaves"])
    return json.dumps(rest, indent=1)[:-2] + f',\n "leaves": [\n{leaves}\n]}}\n'


def load(name: str) -> dict:
    """The certificate of this name, as it lies in the repository; it is not checked here."""
    if not path(name).exists():
        raise Broken(f"certificate: got {name!r}, must be a file in {FOLDER}/: make certify")
    return json.loads(path(name).read_text(encoding="utf-8"))


def make() -> None:
    """Prove every statement anew.

    Finished certificates wait in a folder named after what they are made from, and are taken up
    again when an earlier run was killed. All of them move to ``certificates/`` together, at the
    end.
    """
    statements = certify.statements()
    prover = (paths.SOURCE / "ddpm_gmm" / "certify" / "prove").glob("*.py")
    made_from = digest("".join(digest(p.read_bytes()) for p in sorted(prover)) + flint.__version__)[
        :12
    ]
    waiting = paths.BUILD / FOLDER / made_from
    with tqdm(total=len(statements), unit="proof", bar_format=BAR) as bar:
        for count, (name, statement) in enumerate(statements.items()):
            bar.set_description_str(f"{name:<32}")
            target = waiting / f"{name}.json"
            if not target.exists():

                def tell(share, count=count):
                    bar.update(count + share - bar.n)

                try:
                    leaves = certify.prove(statement, progress=tell)
                except certify.NotProved as error:
                    raise Broken(f"certificate {name}: {error}") from None
                paths.write(target, text(sealed(statement, leaves)))
            bar.update(count + 1 - bar.n)
    for old in paths.files(paths.CERTIFICATES, "*.json"):
        if old.stem not in statements:
            old.unlink()
    for name in statements:
        paths.write(path(name), (waiting / f"{name}.json").read_text(encoding="utf-8"))
    shutil.rmtree(waiting.parent)
    says.say(f"{len(statements)} certificates in {FOLDER}/; `make test` checks them")


def _rule(file: Path) -> tuple[str | None, dict | None, str | None]:
    """The digest of a file, and the independent checker's verdict, or what it has against it."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return None, None, f"cannot be read: {error.strerror}"
    try:
        return digest(content), certify.verify(json.loads(content)), None
    except certify.Rejected as why:
        return digest(content), None, f"rejected: {why}"
    except ValueError as error:
        return digest(content), None, f"rejected: not JSON: {error}"


def _rules() -> str:
    """A digest of all that a ruling rests on but the file: the checker's sources, Arb, Python."""
    sources = sorted(Path(checker.__file__).parent.rglob("*.py"))
    lines = [f"{digest(p.read_bytes())}  {p.name}" for p in sources if p.stem not in BEYOND]
    return digest("\n".join([*lines, str(_versions()), platform.python_version()]))


def _memory() -> Path:
    """Where the verdicts by today's rules are: a file each, named after the certificate's digest.

    A file each, so that processes that rule at the same time lose nothing of each other's.
    """
    return paths.BUILD / ACCEPTED / _rules()[:12]


def _remembered(memory: Path, file: Path) -> dict | None:
    """The verdict on a file's content, if it was accepted and what is kept of that is whole."""
    try:
        return json.loads((memory / digest(file.read_bytes())).read_bytes())
    except (OSError, ValueError):
        return None


def _keep(memory: Path, key: str, verdict: dict | None) -> None:
    if verdict is not None:  # a rejection is never kept
        paths.write(memory / key, json.dumps(verdict))


def _another(name: str, verdict: dict, statements: dict) -> str | None:
    """What is wrong where a sound certificate proves something else than its name says."""
    if name not in statements:
        return "proves none of the book's statements"
    if verdict["statement"] != statements[name]:
        return "proves another statement than the book's of this name"
    return None


def check(executor: Executor, names=None, told=None) -> dict[str, str | None]:
    """Let the independent checker rule on certificates.

    What it found of those that it accepted is remembered under ``_build`` by the digest of the
    file, for as long as nothing changes in the checker, so that only what is new is ruled on.

    Parameters
    ----------
    executor : does the work
    names : of the certificates; all files in ``certificates/`` if None
    told : callable or None; called with (name, fault) as the rulings come in

    Returns
    -------
    {name: fault}, None where the certificate proves the book's statement of this name
    """
    if names is None:
        names = (p.stem for p in paths.files(paths.CERTIFICATES, "*.json"))
    names = sorted(set(names))
    told = told or (lambda name, fault: None)
    memory, statements, faults = _memory(), certify.statements(), {}

    def settle(name, verdict, fault):
        faults[name] = fault or _another(name, verdict, statements)
        told(name, faults[name])

    new = []
    for name in names:
        verdict = _remembered(memory, path(name))
        if verdict is None:
            new.append(name)
        else:
            settle(name, verdict, None)
    new.sort(key=lambda name: -path(name).stat().st_size if path(name).exists() else 0)
    for name, found in zip(new, executor.map(_rule, map(path, new)), strict=True):
        key, verdict, fault = found
        _keep(memory, key, verdict)  # at once: who is killed goes on from there
        settle(name, verdict, fault)
    return {name: faults[name] for name in names}


def verdict(name: str) -> dict:
    """What the checker found of the certificate of this name: a number that a page may show.

    It rules on it now if it has not yet.

    Returns
    -------
    dict, see :func:`ddpm_gmm.certify.verify`

    Raises
    ------
    Broken : where it does not prove the book's statement of this name
    """
    memory, fault = _memory(), None
    found = _remembered(memory, path(name))
    if found is None:
        key, found, fault = _rule(path(name))
        _keep(memory, key, found)
    refuse({name: fault or _another(name, found, certify.statements())})
    return found


def refuse(faults: dict[str, str | None]) -> None:
    """Raise :class:`Broken` with a line for every certificate that has a fault."""
    wrong = [f"certificate {name}: {fault}" for name, fault in faults.items() if fault]
    if wrong:
        raise Broken("\n".join(wrong))


def report(executor: Executor) -> None:
    """Rule on every certificate, and say so."""
    files, memory = list(paths.files(paths.CERTIFICATES, "*.json")), _memory()
    before = {file for file in files if _remembered(memory, file)}
    with tqdm(total=len(files), unit="proof") as bar:

        def tell(name, fault):
            bar.update()
            if fault is None:
                says.say(f"accepted {name}")

        faults = check(executor, told=tell)
    anew = sum(_remembered(memory, file) is not None for file in {*files} - before)
    says.say(
        f"{sum(f is None for f in faults.values())} certificates accepted,"
        f" {anew} of them ruled on anew"
    )
    refuse(faults)


BAR = "{desc} {percentage:3.0f}%|{bar}| {n:.2f}/{total_fmt} [{elapsed}<{remaining}]"
