"""Build the site beside the old one and put it in place only when it is whole."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from companion import house, pages
from companion.claims import Broken, Rulings
from companion.run import NOTE, evidence

MATHJAX = "tex-svg-full.js"


def mathjax() -> Path:
    """The one-file MathJax bundle inside the pinned package sphinx-mathjax-offline."""
    for file in importlib.metadata.files("sphinx-mathjax-offline") or ():
        if file.name == MATHJAX:
            return Path(file.locate())
    raise Broken(
        f"sphinx-mathjax-offline: its {MATHJAX} is missing: run make clean, then make book"
    )


def stage(profile: str) -> None:
    """Lay out what Sphinx reads: pages, executed notebooks, generated pages, rulings."""
    book = house.STAGE / "book"
    shutil.rmtree(house.STAGE, ignore_errors=True)
    shutil.copytree(house.ROOT / "book", book)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(house.ROOT / name, house.STAGE)
    shutil.copy(house.RULINGS, house.STAGE)
    (book / "_static" / "mathjax").mkdir(parents=True)
    shutil.copy(mathjax(), book / "_static" / "mathjax")
    notebooks, unfit = evidence(profile)
    for fault in unfit.values():
        raise Broken(f"site: {fault}: run make book")
    (house.STAGE / "notebooks").mkdir()
    for name, notebook in notebooks.items():
        nbformat.write(notebook, house.STAGE / "notebooks" / f"{name}.ipynb")
    rulings = Rulings.read(house.RULINGS).rulings
    generated = book / "_generated"
    generated.mkdir()
    for name, text in (
        ("ledger", pages.ledger(rulings)),
        ("map", pages.paper_map(pages.load_map(), rulings)),
        ("status", pages.status({n: nb.metadata[NOTE] for n, nb in notebooks.items()})),
    ):
        (generated / f"{name}.md").write_text(text, encoding="utf-8")


def check(site: Path) -> None:
    """Refuse a page that lacks one of its images: Sphinx does not notice all of them."""
    for page in sorted(site.rglob("*.html")):
        for source in re.findall(r'<img[^>]*\bsrc="([^"]+)"', page.read_text(encoding="utf-8")):
            if not source.startswith("data:") and not (page.parent / source).exists():
                raise Broken(f"{page.relative_to(site)}: image {source} is missing")


def _swap(new: Path) -> None:
    old = house.SITE.with_name("html.old")
    shutil.rmtree(old, ignore_errors=True)
    if house.SITE.exists():
        house.SITE.rename(old)
    new.rename(house.SITE)
    shutil.rmtree(old, ignore_errors=True)


def build(profile: str) -> None:
    """Stage, build with warnings as errors, check, swap. The old site stays if anything fails."""
    stage(profile)
    draft, log = house.BUILD / "draft", house.BUILD / "site.log"
    shutil.rmtree(draft, ignore_errors=True)
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(house.STAGE)]
    command += ["--path-output", str(draft), "-W", "-n", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        for line in (done.stdout + done.stderr).splitlines():
            if re.search(r"WARNING|ERROR|Error", line) and "frozen modules" not in line:
                house.complain(line.replace(f"{house.STAGE}/", ""))
        raise Broken(
            f"site: Sphinx refused it, the last good site stays ({log.relative_to(house.ROOT)})"
        )
    site = draft / "_build" / "html"
    check(site)
    _swap(site)
    shutil.rmtree(draft, ignore_errors=True)
