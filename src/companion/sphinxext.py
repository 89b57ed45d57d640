"""Sphinx's side of the claims: the card in a notebook's output, and numbers in prose.

``{claim}`lemma-08.remainder-order``` writes the measured value, ``{control}`` its control's, both
formatted as its contract says and linked to the ledger. An unknown id is a warning, which the
build treats as an error. ``{paper} Lemma 8`` is the box of what is known of that item.
"""

import gc
import re
import sys
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from myst_nb.core.render import MimeData, MimeRenderPlugin
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from companion.pages import card, label, readable
from companion.paper import Paper, read
from companion.records import MIME
from companion.rulings import Ruling, Rulings

logger = logging.getLogger(__name__)


@cache
def paper(source_dir: str) -> Paper:
    """What the stage knows of the paper."""
    return read(Path(source_dir) / "book")


@cache
def rulings(source_dir: str) -> dict[str, Ruling]:
    """The rulings that the stage holds, {id: ruling}."""
    return {r.id: r for r in Rulings.read(Path(source_dir) / "claims.json").rulings}


class ClaimRenderer(MimeRenderPlugin):
    """Renders what :func:`companion.record` put into an output as the claim's card."""

    mime_priority_overrides = (("*", MIME, 1),)

    @staticmethod
    def handle_mime(renderer, data, inline):
        if inline or data.mime_type != MIME:
            return None
        known = rulings(str(renderer.renderer.sphinx_env.srcdir))
        text = card(known[data.content["claim"]])
        return renderer.render_markdown(MimeData("text/markdown", text, line=data.line))


class ClaimNumber(SphinxRole):
    """The value of a claim, or of its control."""

    def __init__(self, of: str):
        self.of = of

    def run(self):
        ruling = rulings(str(self.env.srcdir)).get(self.text)
        number = getattr(ruling, self.of, None)
        if number is None:
            logger.warning("no claim has a value under %r", self.text, location=self.get_location())
            return [nodes.inline(text="?")], []
        shown = readable(ruling.claim.show(number))
        link = addnodes.pending_xref(
            "",
            nodes.inline("", shown),
            refdomain="std",
            reftype="ref",
            refexplicit=True,
            reftarget=label(ruling.id),
            refdoc=self.env.docname,
            refwarn=True,
        )
        # Of what is inside a reference Sphinx keeps the text alone, so the class goes around it.
        return [nodes.inline("", "", link, classes=["claim-number"])], []


class PaperBox(SphinxDirective):
    """``{paper} Lemma 8``: a box with what is known of that item of the paper, and links to it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        name = self.arguments[0]
        text = paper(str(self.env.srcdir)).box(name)
        if text is None:
            logger.warning("no item %r in book/paper.toml", name, location=self.get_location())
            return []
        box = nodes.admonition(classes=["paper"])
        box += nodes.title(text=f"{name} in the paper")
        self.state.nested_parse(StringList(text.splitlines()), self.content_offset, box)
        return [box]


def _badge(mark):
    def role(name, rawtext, text, lineno, inliner, options=None, content=None):
        return [nodes.inline(text=text, classes=["status", f"status-{mark}"])], []

    return role


def _formulas(app, what, name, obj, options, lines):
    """In our docstrings a bar is a norm and a star a product or an unpacking, never markup."""
    lines[:] = ["``".join(_escape(line.split("``"))) for line in lines]


def _escape(parts):
    return [re.sub(r"([|*])", r"\\\1", p) if i % 2 == 0 else p for i, p in enumerate(parts)]


def setup(app):
    if not (Path(app.srcdir) / "claims.json").exists():
        # Sphinx and jupyter-book would wrap any other error in their own; this is one line.
        sys.exit("companion: this folder has no results to show: make book runs it all and builds")
    # The build makes millions of nodes and drops hardly any: collecting cycles takes a third of its
    # time and frees next to nothing.
    gc.disable()
    app.connect("autodoc-process-docstring", _formulas, priority=100)  # before numpydoc adds markup
    for of, name in (("value", "claim"), ("control", "control")):
        app.add_role(name, ClaimNumber(of))
    app.add_directive("paper", PaperBox)
    for mark in ("held", "partly", "none"):
        app.add_role(mark, _badge(mark))
    return {"version": "1", "parallel_read_safe": True}
