"""Every page of the built site, as a reader's browser sees it, with no network but loopback."""

import functools
import http.server
import re
import threading
from pathlib import Path

import nbformat
import pytest
import yaml
from playwright.sync_api import sync_playwright

from companion import paths, rulings

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
pytestmark = [pytest.mark.notebooks, pytest.mark.browser, pytest.mark.xdist_group("book")]


def listed_pages():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [c["file"] for part in contents["parts"] for c in part["chapters"]]
    return [f"{name}.html" for name in [contents["root"], *chapters]]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def served(built):
    """Address of the site, served on loopback."""
    assert built.returncode == 0, built.said
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def context(chromium):
    """A reader's browser, which keeps what it has fetched from one page to the next."""
    with sync_playwright() as playwright:
        arguments = [
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-component-update",
        ]
        opened = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield opened.new_context(viewport={"width": 1400, "height": 1000})
        opened.close()


# What is still to come after the load event. Not "networkidle": it waits for half a second without
# any request, favicon included, and was seen to wait in vain on a busy machine.
SETTLED = """async () => {
    await document.fonts.ready;
    if (window.MathJax) await MathJax.startup.promise;
    await new Promise(done => requestIdleCallback(done, {timeout: 2000}));
}"""


@pytest.fixture
def visit(context):
    """Open an address; returns the page and a list that fills with everything that went wrong."""
    pages = []

    def open_page(address, lands_on=None):
        page, wrong = context.new_page(), []
        pages.append(page)

        def gate(route):
            url = route.request.url
            if url.startswith(("http://127.0.0.1:", "file://", "data:")):
                route.continue_()
            else:
                wrong.append(f"asks the network for {url}")
                route.abort()

        page.route("**/*", gate)
        page.on("console", lambda m: m.type in ("error", "warning") and wrong.append(m.text))
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.on("requestfailed", lambda r: wrong.append(f"failed: {r.url}"))
        page.on("response", lambda r: r.status >= 400 and wrong.append(f"{r.status}: {r.url}"))
        page.goto(address)  # waits for the load event: styles, scripts, images
        page.wait_for_url(lands_on or address)  # and for that of the page that it sends one to
        page.evaluate(SETTLED)
        return page, wrong

    yield open_page
    for page in pages:
        page.close()


def promised(page):
    """The numbers of figures and of claims' cards that a chapter's page must show."""
    name = Path(page).with_suffix("").relative_to("notebooks").as_posix()
    cells = nbformat.read(paths.notebook(name), as_version=4).cells
    figures = sum("mystnb" in cell.metadata for cell in cells)
    whole = rulings.Rulings.read(paths.RULINGS)
    return figures, sum(ruling.notebook == name for ruling in whole.rulings)


LOOK = """() => {
    const all = q => [...document.querySelectorAll(q)];
    const article = document.querySelector("article");
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    let text = "";
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!parent.closest("pre, code, script, style, mjx-container"))
            text += walker.currentNode.data + " ";
    }
    return {
        sources: all(".math").length,
        rendered: all("mjx-container").length,
        errors: all("mjx-merror, [data-mjx-error]").length,
        broken: all("img").filter(i => i.naturalWidth === 0).map(i => i.src),
        mute: all("figure img").filter(i => !(i.alt || "").trim()).map(i => i.src),
        figures: all("figure img").length,
        claims: all(".claim").length,
        text: text,
    };
}"""


# From a folder: one page of each kind, since only the way to fetch what a page asks for differs.
FROM_A_FOLDER = ["book/index.html", "notebooks/lemma-09.html", "book/ledger.html"]


@pytest.mark.parametrize(
    ("name", "how"),
    [(name, "http") for name in listed_pages()] + [(name, "file") for name in FROM_A_FOLDER],
)
def test_page_is_whole(name, how, served, visit):
    base = served if how == "http" else f"file://{SITE}"
    page, wrong = visit(f"{base}/{name}")
    seen = page.evaluate(LOOK)
    assert wrong == []
    assert seen["broken"] == [] and seen["mute"] == []
    assert seen["errors"] == 0 and seen["rendered"] == seen["sources"]
    assert len(seen["text"].split()) > 80, "an empty page"
    stray = re.search(
        r".{30}(\$\S|\{(prf|ref|py|cite|claim|control|doc)[:}]|:::).{0,30}", seen["text"]
    )
    assert stray is None, f"unrendered markup: {stray and stray[0]}"
    if name.startswith("notebooks/"):
        figures, claims = promised(name)
        assert seen["figures"] == figures and seen["claims"] == claims


def test_the_front_door_leads_to_the_landing_page(served, visit):
    page, wrong = visit(f"{served}/index.html", lands_on="**/book/index.html")
    assert wrong == []
    assert page.locator("table tr").count() >= 14  # the map: one row for each item, and a head


def test_every_link_inside_the_site_leads_somewhere(served):
    """Every href to a file of the site exists, and so does its anchor."""
    anchors = {}
    for path in SITE.rglob("*.html"):
        anchors[path] = set(re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8")))
    for path in SITE.rglob("*.html"):
        for href in re.findall(r'<a[^>]*\bhref="([^"]+)"', path.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", href):
                continue
            name, _, anchor = href.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.exists(), f"{path.name}: {href}"
            if anchor and target.suffix == ".html":
                assert anchor in anchors[target], f"{path.name}: {href}"


def test_the_number_of_a_claim_is_underlined_as_the_landing_page_says(served, visit):
    page, _ = visit(f"{served}/book/index.html")
    assert page.locator("article", has_text="with a dotted underline").count() == 1
    style = "a => [getComputedStyle(a).textDecorationLine, getComputedStyle(a).textDecorationStyle]"
    seen = page.locator(".claim-number a").evaluate_all(f"all => all.map({style})")
    assert seen and all(look == ["underline", "dotted"] for look in seen)


def test_search_finds_a_lemma(served, visit):
    page, wrong = visit(f"{served}/search.html?q=power+iteration")
    page.wait_for_selector("ul.search li")
    assert page.locator("ul.search li a", has_text="High noise").count() >= 1
    assert wrong == []
