"""One file for whoever keeps the book: what it says, and all that it says it from."""

import os
import tarfile

from companion import build, paths, report
from companion.contract import Broken

ARCHIVE = paths.BUILD / "ddpm-gmm-companion.tar.gz"
BESIDE = ("requirements.lock", ".zenodo.json", "CITATION.cff", "LICENSE", "README.md")


def make(profile: str) -> None:
    """Pack the site, the executed notebooks of the book as it is, rulings, proofs and lock.

    The file appears when it is whole; what is left of chapters that are gone stays outside.
    """
    files = [p for p in sorted(paths.SITE.rglob("*")) if p.is_file()]
    files += [paths.executed(profile, name) for name in paths.notebooks()]
    files += [paths.RULINGS, *paths.files(paths.CERTIFICATES, "*.json")]
    files += paths.files(paths.BASELINES, "*.json")
    files += [paths.ROOT / name for name in BESIDE]
    with build.alone():
        for path in files:
            if not path.is_file():
                raise Broken(f"{paths.shown(path)}: is missing, must be there for the archive")
        draft = ARCHIVE.with_name(f"{ARCHIVE.name}.new")
        try:
            with tarfile.open(draft, "w:gz") as archive:
                for path in files:
                    archive.add(path, path.relative_to(paths.ROOT))
            os.replace(draft, ARCHIVE)
        finally:
            draft.unlink(missing_ok=True)  # where the disk was full
    report.say(paths.shown(ARCHIVE))
