"""Build the site beside the old one and put it in place only when it is whole."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

from companion import conditions, contract, evidence, pages, paper, paths, report, seeds
from companion.contract import Broken
from companion.evidence import Evidence
from companion.rulings import Rulings
from companion.sources import Sources, digest

MATHJAX = "tex-svg-full.js"
MADE_FROM = ".made-from"  # in the site: the digest of what it was made from, and its files
SETTINGS = "_config.yml", "_toc.yml"
OLD = paths.SITE.with_name("html.old")


def mathjax() -> Path:
    """The one-file MathJax bundle inside the pinned package sphinx-mathjax-offline."""
    for file in importlib.metadata.files("sphinx-mathjax-offline") or ():
        if file.name == MATHJAX:
            return Path(file.locate())
    raise Broken(
        f"sphinx-mathjax-offline: its {MATHJAX} is missing: run make clean, then make book"
    )


def stage(sources: Sources, found: Evidence, whole: Rulings) -> None:
    """Lay out what Sphinx reads: pages, notebooks with their outputs, generated pages, rulings."""
    book = paths.STAGE / "book"
    shutil.rmtree(paths.STAGE, ignore_errors=True)
    shutil.copytree(paths.ROOT / "book", book, ignore=shutil.ignore_patterns(".*"))
    for name in SETTINGS:
        shutil.copy(paths.ROOT / name, paths.STAGE)
    shutil.copy(paths.RULINGS, paths.STAGE)
    (book / "_static" / "mathjax").mkdir(parents=True)
    shutil.copy(mathjax(), book / "_static" / "mathjax")
    faults = []
    for name, executed in found.executed.items():
        target = paths.STAGE / "notebooks" / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        page = evidence.page(sources.notebook(name), executed)
        faults += evidence.unlabelled(name, page.cells)
        nbformat.write(page, target)
    if faults:
        raise Broken("\n".join(faults))
    generated = book / "_generated"
    generated.mkdir()
    code = {name: sources.code_of(name) for name in paths.notebooks()}
    for name, text in (
        ("ledger", pages.ledger(whole.rulings)),
        ("map", pages.paper_map(pages.load_map(), whole.rulings)),
        ("status", pages.status(found.runs())),
        ("paper", paper.read(paths.ROOT / "book").table()),
        ("seeds", pages.other_seeds(seeds.read(sources.profile), code)),
    ):
        (generated / f"{name}.md").write_text(text, encoding="utf-8")


def _unlisted(contents: dict) -> list[str]:
    """A line for every notebook that the contents do not name; one without a contract is a copy."""
    known, own = json.dumps(contents), {p.stem for p in paths.files(paths.NOTEBOOKS, "*.toml")}
    return [
        f"_toc.yml: has no line '- file: notebooks/{name}', must list every notebook"
        for name in paths.notebooks()
        if paths.contract_of(name) in own and f'"notebooks/{name}"' not in known
    ]


def refuse() -> None:
    """Refuse settings and a map that cannot be used, before anything runs: Sphinx names no file."""
    faults = []
    for name in SETTINGS:
        try:
            settings = yaml.safe_load(contract.read(paths.ROOT / name))
            if not isinstance(settings, dict):
                faults.append(f"{name}: must have keys and values")
            elif name == "_toc.yml":
                faults += _unlisted(settings)
        except yaml.YAMLError as error:
            where = getattr(error, "problem_mark", None)
            line = f"line {where.line + 1}: " if where else ""
            what = getattr(error, "problem", None) or error
            faults.append(f"{name}: must be readable YAML: {line}{what}".splitlines()[0])
        except Broken as error:
            faults.append(str(error))
    if faults:
        raise Broken("\n".join(faults))
    pages.load_map()


def check(site: Path) -> None:
    """Refuse a page that lacks one of its images: Sphinx does not notice all of them."""
    for page in sorted(site.rglob("*.html")):
        for source in re.findall(r'<img[^>]*\bsrc="([^"]+)"', page.read_text(encoding="utf-8")):
            if not source.startswith("data:") and not (page.parent / source).exists():
                raise Broken(f"{page.relative_to(site)}: image {source} is missing")


def _sizes(site: Path) -> dict[str, int]:
    """Every file of the site, and how long it is."""
    files = (p for p in sorted(site.rglob("*")) if p.is_file() and p.name != MADE_FROM)
    return {p.relative_to(site).as_posix(): p.stat().st_size for p in files}


def _stands(made_from: str) -> bool:
    """Whether the site was made from this, and all of it is there."""
    try:
        known, sizes = json.loads((paths.SITE / MADE_FROM).read_bytes())
        whole = all((paths.SITE / f).stat().st_size == size for f, size in sizes.items())
        return whole and known == made_from
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def recover() -> None:
    """Put the last good site back where a build was killed between its two renames."""
    if OLD.exists() and not paths.SITE.exists():
        OLD.rename(paths.SITE)


def _swap(new: Path) -> None:
    shutil.rmtree(OLD, ignore_errors=True)
    if paths.SITE.exists():
        paths.SITE.rename(OLD)
    new.rename(paths.SITE)
    shutil.rmtree(OLD, ignore_errors=True)


def _sphinx(draft: Path) -> None:
    """Build what is staged, with warnings as errors."""
    log = paths.BUILD / "site.log"
    # Not the script of this name: its first line names the place where it was installed.
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build"]
    command += [str(paths.STAGE), "--path-output", str(draft), "-W", "-n", "--keep-going"]
    done = subprocess.run(
        command,
        env=conditions.environment(paths.STAGE),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)  # its colours
    log.write_text(said, encoding="utf-8")
    if done.returncode:
        for line in said.splitlines():
            if re.search(r"WARNING|ERROR|Error", line) and "frozen modules" not in line:
                report.complain(line.replace(f"{paths.STAGE}/", ""))
        raise Broken(f"site: Sphinx refused it, the last good site stays ({paths.shown(log)})")


def renew(sources: Sources, found: Evidence, whole: Rulings) -> bool:
    """Stage, build, check, swap, if anything that the site shows is new; says whether it was."""
    results = [f"{name} {run['finished']}" for name, run in found.runs().items()]
    made_from = sources.of_site([*results, digest(whole.text())])
    if _stands(made_from):
        return False
    report.say("building the site")
    stage(sources, found, whole)
    draft = paths.BUILD / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    _sphinx(draft)
    site = draft / "_build" / "html"
    check(site)
    paths.write(site / MADE_FROM, json.dumps([made_from, _sizes(site)]))
    _swap(site)
    shutil.rmtree(draft, ignore_errors=True)
    return True
