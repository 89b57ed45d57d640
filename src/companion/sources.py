"""What a result comes from, as one digest: the code that counts, and none of the prose.

Of Python the syntax tree is hashed, without comments, docstrings and layout; of a notebook its code
cells. A typo mended in a comment, a docstring or a paragraph therefore makes no result stale. The
site shows comments, docstrings and paragraphs, so they count for the site, and for it alone.
"""

import hashlib
import os
import platform
import subprocess
from functools import cache, cached_property
from pathlib import Path

from companion import paths, syntax, written
from companion.contract import decoded


def digest(data: str | bytes) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _modules() -> list[Path]:
    """Every file of our own that may be imported."""
    return [p for home in (paths.SOURCE, paths.NOTEBOOKS) for p in paths.files(home, "**/*.py")]


def _files(name: str) -> set[Path]:
    """The files of our own that are run when a module of this dotted name is imported."""
    found, parts = set(), name.split(".")
    for depth in range(1, len(parts) + 1):
        for home in (paths.SOURCE, paths.NOTEBOOKS):
            stem = home.joinpath(*parts[:depth])
            found |= {stem.with_suffix(".py"), stem / "__init__.py"}
    return {path for path in found if path.is_file()}


class Sources:
    """The digests of one build: every file is read once, however many results need it.

    Parameters
    ----------
    profile : str
    """

    def __init__(self, profile: str):
        self.profile = profile
        self.bytes = cache(Path.read_bytes)
        self.code = cache(self._code)
        self._needs = cache(self._needed)
        self.notebook = cache(self._notebook)
        self._own = cache(self._owned)
        self.check = cache(self._check)

    def _text(self, path: Path) -> str:
        return decoded(path, self.bytes(path))

    def _code(self, path: Path) -> str:
        """The digest of what counts for a result in this file."""
        return digest(syntax.bare(self._text(path)) if path.suffix == ".py" else self.bytes(path))

    def _notebook(self, name: str):
        """The notebook as it is written, an nbformat node."""
        return written.parse(name, self.bytes(paths.notebook(name)))

    def _check(self, *names: str) -> None:
        """Refuse what in ``notebooks/``, or of these, is no notebook of the book."""
        written.check(names or paths.notebooks(), self.notebook)

    def _needed(self, path: Path) -> set[Path]:
        return set().union(*map(_files, syntax.imported(self._text(path))))

    def modules(self, code: str) -> set[Path]:
        """The files of our own that a piece of code imports, directly or not."""
        found, ahead = set(), set().union(*map(_files, syntax.imported(code)))
        while ahead:
            path = ahead.pop()
            if path not in found:
                found.add(path)
                ahead |= self._needs(path)
        return found

    def listing(self, files, of) -> str:
        return "".join(f"{of(path)}  {paths.shown(path)}\n" for path in sorted(set(files)))

    @cached_property
    def common(self) -> str:
        """What every run comes from: what runs it, the pinned packages, the profile, Python."""
        names = ("run.py", "kernel.py", "conditions.py", "records.py")
        runner = [paths.SOURCE / "companion" / name for name in names]
        lock = paths.ROOT / "requirements.lock"
        return f"{self.profile} {platform.python_version()}\n" + self.listing(
            [lock, *runner], self.code
        )

    def _owned(self, name: str) -> str:
        """What the executed notebook comes from, but for what all of them come from.

        Its code, the modules that this imports, the certificates where it reads them.
        """
        cells = [syntax.python(cell.source) for cell in code_cells(self.notebook(name))]
        code = "\n".join(python for python, _ in cells)
        try:
            files = self.modules(code)
        except SyntaxError:  # it will fail when it runs; until then it depends on everything
            files = set(_modules())
        if paths.SOURCE / "companion" / "certificates.py" in files:
            files |= set(paths.files(paths.CERTIFICATES, "*.json"))
        own = "\n".join(syntax.bare(python) + magic for python, magic in cells)
        return f"{self.listing(files, self.code)}\n{own}"

    def code_of(self, name: str) -> str:
        """The digest of the notebook's code on any machine, whatever runs it there."""
        return digest(self._own(name))[:16]

    def of_notebook(self, name: str, seed: int | None = None) -> str:
        """The digest of all that the executed notebook comes from, with the root seed if given."""
        return digest(f"{self.common}\n{self._own(name)}" + ("" if seed is None else f" {seed}"))

    def of_site(self, results: list[str]) -> str:
        """What the site comes from: the text of every page, the source it shows, the results."""
        files = [paths.ROOT / "_config.yml", paths.ROOT / "_toc.yml"]
        files += [p for p in paths.files(paths.ROOT / "book", "**/*") if p.is_file()]
        files += paths.BASELINES.glob("seeds-*.json")
        files += [paths.notebook(name) for name in paths.notebooks()]
        files += _modules()
        pages = self.listing(files, lambda path: digest(self.bytes(path)))
        return digest("\n".join([self.common, commit(), pages, *results]))


def commit() -> str:
    """The commit at hand, with "-dirty" where the tree differs from it; "unknown" without one.

    Without git, where git refuses the folder, and in a folder that is not git's but lies inside one
    that is, as an unpacked archive may.
    """

    def git(*words):
        # Not the repository of a hook or a script that calls us.
        theirs = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
        ours = {k: v for k, v in os.environ.items() if k not in theirs}
        return subprocess.run(
            ["git", *words], cwd=paths.ROOT, env=ours, capture_output=True, text=True, check=False
        )

    try:
        if git("ls-files", "--error-unmatch", "_config.yml").returncode:
            return "unknown"
        answer = git("describe", "--always", "--dirty", "--abbrev=12")
    except OSError:
        return "unknown"
    return answer.stdout.strip() or "unknown"
