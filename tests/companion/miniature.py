"""A whole project in miniature, driven by the real Makefile and the real command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]

CLAIM = """
[{name}]
statement = "The square root of $4$ is two."
low = 1.9
high = 2.1
whose = "derived"
judge = "value"
control = "The square root of nine."
format = ".3f"
tolerance = 1e-9
"""

STORY = """# Tiny

The root is {claim}`tiny.root`, the control's {control}`tiny.root`.

:::{paper} Lemma 9
:::
"""
FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n"
LOOK = {"figure": {"name": "fig-tiny", "caption": "Two dots."}, "image": {"alt": "A line."}}
PARAMETERS = 'profile = "quick"\nseed = 1'
WORK = """from companion import record, sizes
from ddpm_gmm import geometry

size = sizes(profile, quick={"n": 4}, full={"n": 4})
record("tiny.root", geometry.norm([size.n**0.5]), control=3.0)
"""


SAME_VENV = [f"VENV={sys.prefix}", "-o", "environment"]


class Project:
    """A folder with everything that ``make book`` needs and one notebook of three cells."""

    def __init__(self, folder: Path):
        self.folder = folder

    def lay_down(self):
        """Write all of it; returns the project."""
        folder = self.folder
        for name in ("Makefile", "requirements.lock", "pyproject.toml", "_config.yml"):
            shutil.copy2(ROOT / name, folder)
        shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "book" / "_static", folder / "book" / "_static")
        for name in ("references.bib", "paper.toml"):
            shutil.copy(ROOT / "book" / name, folder / "book")
        (folder / "_toc.yml").write_text(
            "format: jb-book\nroot: book/index\n"
            "chapters:\n- file: notebooks/tiny\n"
            "- file: book/ledger\n- file: book/status\n- file: book/paper\n"
        )
        (folder / "book" / "map.toml").write_text(
            '[[row]]\nitem = "Tiny lemma"\nsays = "Roots."\nnotebooks = ["tiny"]\n'
        )
        generated_pages = (("index", "map"), *((n, n) for n in ("ledger", "status", "paper")))
        for page, generated in generated_pages:
            text = f"# The {page}\n\n```{{include}} _generated/{generated}.md\n```\n"
            (folder / "book" / f"{page}.md").write_text(text)
        (folder / "notebooks").mkdir()
        self.notebook("tiny", WORK)
        self.claims("root")
        return self

    def notebook(self, name, work, story=STORY, figure=None):
        """Write a notebook; ``figure`` is what the metadata of a figure's cell says of it."""
        cells = [
            nbformat.v4.new_markdown_cell(story),
            nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(work),
        ]
        if figure is not None:
            cells.append(nbformat.v4.new_code_cell(FIGURE, metadata={"mystnb": figure}))
        for number, cell in enumerate(cells):
            cell.id = f"cell-{number}"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(book, self.folder / "notebooks" / f"{name}.ipynb")
        line = f"- file: notebooks/{name}\n"
        if line not in self.read("_toc.yml"):
            self.append("_toc.yml", line)

    def claims(self, *names, notebook="tiny", edit=lambda text: text):
        text = 'item = "Tiny lemma"\n' + "".join(CLAIM.format(name=name) for name in names)
        (self.folder / "notebooks" / f"{notebook}.toml").write_text(edit(text))
        self.baselines({f"{notebook}.{name}": 2.0 for name in names})

    def baselines(self, new):
        """Write these over the baselines of both profiles; None takes one away."""
        (self.folder / "baselines").mkdir(exist_ok=True)
        for profile in ("quick", "full"):
            path = self.folder / "baselines" / f"{profile}.json"
            known = json.loads(path.read_text()) if path.exists() else {}
            kept = {id: value for id, value in (known | new).items() if value is not None}
            path.write_text(json.dumps(kept))

    def make(self, *words, **environment):
        """Run make here with the very environment that runs the test, which it must not renew."""
        return subprocess.run(
            ["make", *words, *SAME_VENV],
            cwd=self.folder,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def command(self, *words):
        """Run the companion's command line here."""
        return subprocess.run(
            [sys.executable, "-m", "companion.command", *words],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(self.folder / "src")},
            capture_output=True,
            text=True,
            check=False,
        )

    def append(self, path, text):
        (self.folder / path).write_text(self.read(path) + text)

    def read(self, path):
        return (self.folder / path).read_text(encoding="utf-8")
