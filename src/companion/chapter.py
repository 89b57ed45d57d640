"""A new chapter: a notebook, its contract, its line in the contents and its row on the map.

What is laid down passes every test as it stands. It is a chapter in small, to be written over.
"""

import re

import nbformat
import tomlkit

from companion import pages, paths, report
from companion.contract import Broken, read
from companion.written import NAME

LONGEST = 60  # characters of a name: of the 64 of a cell's id, what its number leaves

STORY = """# <title>

*<item> of {cite:t}`shah2023`.*

The question of this page, in two sentences; and the answer, in two."""

STATEMENT = """## The statement

Say what is known of the paper's statement, and nothing else as the paper's; then ours.

:::{prf:theorem} <title>
:nonumber:
:label: <name>-statement

The population gradient of the pair $\\{\\mu, -\\mu\\}$ vanishes at $\\theta = \\mu$.
:::"""

WHY = """## Why it is true

The proof. Here: the objective is $\\tfrac12\\mathbb{E}|s_\\theta - s_\\mu|^2$ up to a constant, and
smallest where the two scores agree."""

PARAMETERS = """profile = "quick"  # or "full"
seed = 230701178  # of every random number on this page"""

SETUP = """import numpy as np

from companion import figures, record, sizes
from ddpm_gmm import geometry
from ddpm_gmm.pair import population

figures.use()
size = sizes(profile, quick=dict(points=60), full=dict(points=240))"""

EXACT = """## The exact check

At the truth the gradient is {claim}`<name>.at-the-truth`; a tenth beyond it, where the control
looks, it is {control}`<name>.at-the-truth`."""

RECORD = """mu = np.array([1.0, 0.0])


def slope(theta):
    return geometry.norm(population.gradient(theta, mu))


record("<name>.at-the-truth", slope(mu), control=slope(1.1 * mu))
along = np.linspace(0, 2, size.points)[:, None] * mu
slopes = slope(along)"""

SAMPLED = """## The sampled check

The same on samples, with error bars."""

FIGURE = """fig, ax = figures.panels()
figures.line(ax, along[:, 0], slopes, "exact", "exact")
figures.frame(ax, r"$\\theta$ along the truth, $|\\mu| = 1$", "size of the gradient")
figures.show()"""

CLOSE = """## Where it stops being true

The edge of the statement, with what is seen beyond it.

## What this page claims

Which sentences are the paper's, which are derived here, and which are only observed here.

## Functions used

{py:func}`ddpm_gmm.pair.population.gradient`"""

CONTRACT = """item = "<item>"  # a row of book/map.toml

[at-the-truth]
# One plain sentence; a fitted order or rate states its range.
statement = "The size of the population gradient at $\\\\theta = \\\\mu$, for $|\\\\mu| = 1$."
# The bound: low, high or both, chosen from the mathematics before the run.
high = 1e-12
# Whose bound it is: paper, derived, certified or observed.
whose = "derived"
# value: one number; worst: every seed; interval: the 99 % interval of the seeds' mean.
judge = "value"
# What is made wrong on purpose; the same measurement must then fail the bound.
control = "The gradient at $1.1\\\\mu$."
format = ".1e"
# tolerance = 1e-13, where drift inside the bound matters: then `make baseline`.
"""


def _filled(text: str, name: str, title: str, item: str) -> str:
    for word, value in (("<name>", name), ("<title>", title), ("<item>", item)):
        text = text.replace(word, value)
    return text


def _notebook(name: str, title: str, item: str):
    def filled(text):
        return _filled(text, name, title, item)

    figure = {
        "figure": {"name": f"{name}-slope", "caption": "The gradient vanishes at the truth."},
        "image": {"alt": "A curve that touches zero at theta = mu.", "width": "100%"},
    }
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [
        markdown(filled(STORY)),
        markdown(filled(STATEMENT)),
        markdown(filled(WHY)),
        code(PARAMETERS, metadata={"tags": ["parameters"]}),
        code(SETUP),
        markdown(filled(EXACT)),
        code(filled(RECORD)),
        markdown(filled(SAMPLED)),
        code(FIGURE, metadata={"mystnb": figure}),
        markdown(filled(CLOSE)),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"{name}-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _in_the_contents(text: str, name: str, title: str) -> str:
    """The contents with the chapter after the last one that is there."""
    entry = re.compile(r"^( *)- file: notebooks/\S+\n(?:\1  .*\n)*", re.M)
    entries = list(entry.finditer(text))
    if not entries:
        raise Broken("_toc.yml: has no line '- file: notebooks/NAME', after which a chapter goes")
    last, indent = entries[-1], entries[-1][1]
    line = f'{indent}- file: notebooks/{name}\n{indent}  title: "{title}"\n'
    return text[: last.end()] + line + text[last.end() :]


def _on_the_map(text: str, name: str, item: str) -> str:
    """The map with the chapter in the row of its item, which is made if there is none."""
    document = tomlkit.parse(text)
    for row in document["row"]:
        if row["item"] == item:
            row.setdefault("notebooks", tomlkit.array()).append(name)
            return tomlkit.dumps(document)
    return text.rstrip("\n") + (
        f'\n\n[[row]]\nitem = "{item}"\nsays = "What the item says, in one sentence."\n'
        f'notebooks = ["{name}"]\nfunctions = ["pair.population.gradient"]\n'
    )


def new(name: str, title: str | None, item: str | None) -> None:
    """Lay down the chapter ``name``; refuse, before anything is written, what cannot be one."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        must = f"small letters and digits joined by hyphens, at most {LONGEST}"
        raise Broken(f"name: got {name!r:.80}, must be {must}")
    item = item or name.replace("-", " ").capitalize()
    title = title or item
    if '"' in item + title or "\\" in item + title:
        raise Broken("title, item: must have no double quotes and no backslashes")
    files = {
        paths.notebook(name): nbformat.writes(_notebook(name, title, item)) + "\n",
        paths.NOTEBOOKS / f"{name}.toml": _filled(CONTRACT, name, title, item),
    }
    for path in files:
        if path.exists():
            raise Broken(f"name: got {name!r}, must be new: {paths.shown(path)} is there already")
    contents, rows = paths.ROOT / "_toc.yml", paths.ROOT / "book" / "map.toml"
    files[contents] = _in_the_contents(read(contents), name, title)
    pages.load_map()  # refused where it is none
    files[rows] = _on_the_map(read(rows), name, item)
    for path, text in files.items():
        paths.write(path, text)
        report.say(f"wrote {paths.shown(path)}")
    report.say("make book shows it; make test holds it; now write the chapter")
