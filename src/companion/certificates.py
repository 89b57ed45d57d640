"""Certificates: files that hold a proof. `make certify` makes them, `make test` checks them.

A certificate says what is proved, on which boxes and with which bounds, and with what it was made;
its last field is a digest of all the others. The mathematics is in ``ddpm_gmm.certify``.
"""

import importlib.metadata
import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import flint
from tqdm import tqdm

from companion import paths, report
from companion.contract import Broken
from companion.sources import digest
from ddpm_gmm import certify
from ddpm_gmm.certify import verifier

FOLDER = "certificates"


def path(name: str) -> Path:
    return paths.CERTIFICATES / f"{name}.json"


def sealed(statement: dict, leaves) -> dict:
    """The certificate of a statement that its leaves prove."""
    certificate = {
        "statement": statement,
        "leaves": [[x for side in box for x in side] + [bound] for box, bound in leaves],
        "precision": certify.PRECISION,
        "versions": {
            "python-flint": importlib.metadata.version("python-flint"),
            "flint": flint.__FLINT_VERSION__,
        },
    }
    return certificate | {"sha256": verifier.digest(certificate)}


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
    sources = (paths.SOURCE / "ddpm_gmm" / "certify").glob("*.py")
    provers = (path for path in sources if not path.stem.startswith("verifier"))
    made_from = digest(
        "".join(digest(p.read_bytes()) for p in sorted(provers)) + flint.__version__
    )[:12]
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
    for old in (paths.CERTIFICATES).glob("*.json"):
        if old.stem not in statements:
            old.unlink()
    for name in statements:
        paths.write(path(name), (waiting / f"{name}.json").read_text(encoding="utf-8"))
    shutil.rmtree(waiting.parent)
    report.say(f"{len(statements)} certificates in {FOLDER}/; `make test` checks them")


def ruling(name: str) -> str | None:
    """What the independent checker has against a certificate; None if it proves its statement."""
    try:
        verifier.verify(load(name))
    except verifier.Rejected as why:
        return str(why)
    except ValueError as error:
        return f"not JSON: {error}"
    return None


def check() -> None:
    """Let the independent checker rule on every certificate, with as many processes as cores."""
    names = sorted(p.stem for p in (paths.CERTIFICATES).glob("*.json"))
    largest_first = sorted(names, key=lambda name: -path(name).stat().st_size)
    faults = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rulings = pool.map(ruling, largest_first)
        for name, fault in tqdm(
            zip(largest_first, rulings, strict=True), total=len(names), unit="proof"
        ):
            if fault:
                faults.append(f"certificate {name}: rejected: {fault}")
            else:
                report.say(f"accepted {name}")
    if faults:
        raise Broken("\n".join(faults))


BAR = "{desc} {percentage:3.0f}%|{bar}| {n:.2f}/{total_fmt} [{elapsed}<{remaining}]"
