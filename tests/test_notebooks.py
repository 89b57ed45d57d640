"""What the code of the notebooks promises: nothing is written twice, and no function is surprised.

The notebooks are read as text; nothing runs. Two promises:

- No two functions of ``notebooks/`` and ``src/`` hold the same logic, under any name. What a second
  place needs lives in ``src/ddpm_gmm`` (mathematics), in ``src/companion`` (the book's machinery),
  or in ``notebooks/<name>.py`` where one chapter alone uses it.
- A function of a notebook reads no name of the notebook that is bound more than once there: a cell
  can then be read, moved or run again by itself. What changes comes in as an argument.

**The same logic** is told by a normal form of the syntax tree (:class:`Normal`):

- the function's own name, signature, docstring and annotations go, the lines that only refuse bad
  arguments, and the difference between ``def f(x): return e`` and ``lambda x: e``;
- variables are numbered as they occur, be they arguments, locals, names of an enclosing function or
  the module's data: a global is an argument in disguise;
- a local that is bound once is replaced by its value: whether a step of a calculation has a name,
  and in which order steps stand that do not need each other, does not count;
- an imported name is what it stands for (``norm`` and ``geometry.norm`` are one), and a function of
  the notebook is its normal form, not its name;
- sums and products are sorted, ``a > b`` is ``b < a`` and ``2.0`` is ``2``. All other literals
  stay: another coefficient is another formula. An argument by keyword is not one by position.

It does not know that ``1 / cosh(u)**2`` is ``1 - tanh(u)**2``. :func:`near` lists pairs that share
many sub-expressions; a reader must judge those.

**Too small to count** (:func:`trivial`) is what has fewer than 7 expressions and statements (names
and literals are expressions, ``return`` is not counted), and a single call, or minus it, of names
and literals: adapters such as ``lambda v: gradient(v, x)`` and phrases such as ``1 - u**2``, no
longer than the call that would replace them. The least thing that has been worth a name, EM as a
gradient, ``theta - population.em_step(theta, mu)``, has 7: four notebooks gave it three names.

The checker of the certificates shares no code with the prover on purpose, and may say the same.
"""

import ast
import builtins
import hashlib
import json
import symtable
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEAST = 7  # expressions and statements

FUNCTIONS = ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda
COMPREHENSIONS = ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp
LESS = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
LOOPS = ast.For, ast.AsyncFor, ast.While
UNNAMED = {"listcomp", "setcomp", "dictcomp", "genexpr"}  # what symtable calls a comprehension
UNSEEN = {"ctx", "annotation", "returns", "decorator_list", "type_comment", "type_params", "kind"}


# -- reading ---------------------------------------------------------------------------------------


def own(node, often=1):
    """(child, 1 or 2) for all that belongs to the scope of ``node``: 2 inside a loop."""
    for child in ast.iter_child_nodes(node):
        yield child, often
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef, *COMPREHENSIONS)):
            yield from own(child, 2 if isinstance(child, LOOPS) else often)


@cache
def bound(node):
    """{name: lines} of the names that a scope binds; a line comes twice where it is in a loop."""
    out = defaultdict(list)
    for child, often in own(node):
        names = ()
        if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
            names = [child.id]
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = [child.name]
        elif isinstance(child, (ast.Import, ast.ImportFrom)):
            names = [a.asname or a.name.split(".")[0] for a in child.names]
        elif isinstance(child, ast.ExceptHandler) and child.name:
            names = [child.name]
        elif isinstance(child, ast.arg):
            names = [child.arg]
        for name in names:
            out[name] += often * [child.lineno]
    return out


@dataclass(eq=False)
class Module:
    """A notebook's code cells or a file: its text, and what a line of it is called."""

    name: str  # the notebook's path below notebooks/, or the name by which a file is imported
    text: str
    cells: list = field(default_factory=list)  # of a notebook: (its id, its first line)
    open: set = field(default_factory=set)  # functions whose normal form is being worked out

    @cached_property
    def tree(self):
        with warnings.catch_warnings():  # about escapes in strings: the linter's business
            warnings.simplefilter("ignore")
            return ast.parse(self.text)

    @cached_property
    def binds(self):
        return bound(self.tree)

    def cell(self, line):
        return next((id for id, first in reversed(self.cells) if first <= line), line)

    def place(self, line):
        return f"{self.name} cell {self.cell(line)}" if self.cells else f"{self.name}.py:{line}"

    @cached_property
    def stands_for(self):
        """{name: what an imported name, or a file's own function or class, stands for}."""
        out = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                out |= {a.asname: a.name for a in node.names if a.asname}
                plain = [a.name.split(".")[0] for a in node.names if not a.asname]
                out |= dict(zip(plain, plain, strict=True))
            elif isinstance(node, ast.ImportFrom):
                out |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        for node in self.tree.body if not self.cells else ():
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                out[node.name] = f"{self.name}.{node.name}"
        return out

    @cached_property
    def functions(self):
        """Every function and lambda, in order, with the functions around it."""
        out = []

        def visit(node, around):
            for child in ast.iter_child_nodes(node):
                inside = isinstance(child, FUNCTIONS)
                if inside:
                    out.append(Function(self, child, around))
                visit(child, (*around, child) if inside else around)

        visit(self.tree, ())
        return out

    @cached_property
    def by_name(self):
        return {f.node.name: f for f in self.functions if not f.around and f.name != "lambda"}


@dataclass(eq=False)
class Function:
    """A function, where it stands, and the functions that it stands in."""

    module: Module
    node: ast.AST
    around: tuple

    @property
    def name(self):
        return getattr(self.node, "name", "lambda")

    @cached_property
    def normal(self):
        return Normal(self)

    def __str__(self):
        return f"{self.module.place(self.node.lineno)} {self.name}"


def notebook(path):
    """The :class:`Module` of a notebook."""
    lines, cells = [], []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            cells.append((cell["id"], len(lines) + 1))
            lines += "".join(cell["source"]).split("\n")
    name = path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()
    return Module(name, "\n".join(lines) + "\n", cells)


def script(path, root):
    """The :class:`Module` of a Python file that is imported from ``root``."""
    parts = path.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path.read_text(encoding="utf-8"))


NOTEBOOKS = [
    notebook(path)
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]
SCRIPTS = [
    script(path, ROOT / root)
    for root in ("notebooks", "src")
    for path in sorted((ROOT / root).rglob("*.py"))
]


# -- the normal form -------------------------------------------------------------------------------


def body(node):
    """The statements of a function without its docstring; a lambda's expression as a list."""
    if isinstance(node, ast.Lambda):
        return [node.body]
    first = node.body[0]
    says = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return node.body[1:] if says and isinstance(first.value.value, str) else node.body


def size(statements):
    """The number of expressions and statements, ``return`` itself not counted."""
    parts = [n for s in statements for n in ast.walk(s) if not isinstance(n, ast.Return)]
    return sum(isinstance(n, (ast.expr, ast.stmt)) for n in parts)


def trivial(node):
    """Whether a function is too small to count, see the module's docstring."""
    statements = body(node)
    if size(statements) < LEAST:
        return True
    only = getattr(statements[0], "value", None) or statements[0]
    only = only.operand if isinstance(only, ast.UnaryOp) else only
    if len(statements) > 1 or not isinstance(only, ast.Call):
        return False
    told = [*only.args, *(k.value for k in only.keywords)]
    flat = ast.Name, ast.Constant, ast.Attribute, ast.Starred, ast.expr_context
    return all(isinstance(n, flat) for value in told for n in ast.walk(value))


def _changed(node):
    """Names whose objects a function changes: ``a[i] = ...``, ``a.b = ...``, ``a.append(...)``."""
    for child, _ in own(node):
        if isinstance(child, (ast.Subscript, ast.Attribute)):
            if not isinstance(child.ctx, ast.Load) and isinstance(child.value, ast.Name):
                yield child.value.id
        elif isinstance(child, ast.Expr) and isinstance(child.value, ast.Call):
            of = child.value.func
            if isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name):
                yield of.value.id


class Normal:
    """The normal form of a function: a tree of tuples (label, child, ...), in which values of
    locals are shared and not repeated, and its ``digest``."""

    def __init__(self, function):
        self.module, self._shapes, self._frames = function.module, {}, []
        for outer in function.around:
            self._frames.append({name: ("?", f"{id(outer)} {name}") for name in bound(outer)})
        self.tree = self._function(function.node)[-1]

    # The leaves of a tree: ("?", who) is a variable, (".", dotted name) is what an imported name
    # stands for, ("=", text) a literal.

    def _of(self, node):
        if isinstance(node, list):
            return ("[]", *map(self._of, node))
        if isinstance(node, ast.Constant):
            node = node.value
            if isinstance(node, float) and node.is_integer():
                node = int(node)
        if not isinstance(node, ast.AST):
            return ("=", repr(node))
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Attribute):
            value = self._of(node.value)
            if value[0] == ".":
                return (".", f"{value[1]}.{node.attr}")
            return ("attribute", ("=", node.attr), value)
        if isinstance(node, FUNCTIONS):
            return self._function(node)
        if isinstance(node, COMPREHENSIONS):
            made = [g.target for g in node.generators]
            names = {n.id for t in made for n in ast.walk(t) if isinstance(n, ast.Name)}
            self._frames.append({name: ("?", f"{id(node)} {name}") for name in names})
            out = self._plain(node)
            self._frames.pop()
            return out
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mult)):
            return (type(node.op).__name__, *sorted(self._operands(node), key=self.shape))
        if isinstance(node, ast.Compare) and type(node.ops[0]) in LESS and len(node.ops) == 1:
            less = (LESS[type(node.ops[0])].__name__,)
            return ("Compare", self._of(node.comparators[0]), ("[]", less), self._of(node.left))
        if isinstance(node, ast.Call):
            named = sorted((self._plain(k) for k in node.keywords), key=self.shape)
            return ("call", self._of(node.func), self._of(node.args), *named)
        return self._plain(node)

    def _plain(self, node):
        seen = [self._of(value) for name, value in ast.iter_fields(node) if name not in UNSEEN]
        return (type(node).__name__, *seen)

    def _operands(self, node):
        for side in (node.left, node.right):
            if isinstance(side, ast.BinOp) and isinstance(side.op, type(node.op)):
                yield from self._operands(side)
            else:
                yield self._of(side)

    def _name(self, name):
        for frame in reversed(self._frames):
            if name in frame:
                return frame[name]
        if name in self.module.stands_for:
            return (".", self.module.stands_for[name])
        if name in self.module.by_name and name not in self.module.open:
            self.module.open.add(name)
            digest = self.module.by_name[name].normal.digest
            self.module.open.discard(name)
            return (".", digest)
        if name in vars(builtins) and name not in self.module.binds:
            return (".", name)
        return ("?", name)

    def _function(self, node):
        lines = [line for line in body(node) if not self._only_checks(line)]
        # What does nothing but check is its checks.
        acts = size(lines) >= LEAST and not all(isinstance(line, ast.Assign) for line in lines)
        lines = lines if acts else body(node)
        self._frames.append({name: ("?", f"{id(node)} {name}") for name in bound(node)})
        told = [a.arg for a, _ in own(node.args) if isinstance(a, ast.arg)]
        again = bound(ast.Module(lines, []))
        times = Counter(told) + Counter({n: len(at) for n, at in again.items()})
        changing = {name for name, number in times.items() if number > 1} | set(_changed(node))
        told = [self._frames[-1][name] for name in told]
        kept = [self._of(line) for line in lines if not self._names_a_value(line, changing)]
        self._frames.pop()
        only = kept[0] if len(kept) == 1 else ("block", *kept)
        only = only[1] if only[0] == "Return" else only
        defaults = self._of([*node.args.defaults, *node.args.kw_defaults])
        return ("function", ("[]", *told), defaults, only)

    def _only_checks(self, line):
        """Whether a statement only refuses bad arguments."""
        if isinstance(line, ast.If):
            return not line.orelse and all(isinstance(inner, ast.Raise) for inner in line.body)
        if not isinstance(line, (ast.Assign, ast.Expr)):
            return False
        values = line.value.elts if isinstance(line.value, ast.Tuple) else [line.value]
        return all(
            isinstance(value, ast.Call)
            and str(self._of(value.func)[1]).startswith("ddpm_gmm.check.")
            for value in values
        )

    def _names_a_value(self, line, changing):
        """Where a statement gives a value its only name, remember the value in place of it."""
        frame = self._frames[-1]
        if isinstance(line, ast.FunctionDef) and line.name not in changing:
            frame[line.name] = self._function(line)
            return True
        if not (isinstance(line, ast.Assign) and len(line.targets) == 1):
            return False
        target, names = line.targets[0], [n.id for n in ast.walk(line) if isinstance(n, ast.Name)]
        if any(name in changing and name in frame for name in names):
            return False
        if isinstance(target, ast.Name):
            frame[target.id] = self._of(line.value)
            return True
        if not isinstance(target, ast.Tuple):
            return False
        if not all(isinstance(part, ast.Name) for part in target.elts):
            return False
        if isinstance(line.value, ast.Tuple) and len(line.value.elts) == len(target.elts):
            values = [self._of(part) for part in line.value.elts]
        else:
            whole = self._of(line.value)
            values = [("part", ("=", str(i)), whole) for i in range(len(target.elts))]
        frame.update(zip((part.id for part in target.elts), values, strict=True))
        return True

    def _hash(self, tree, known, leaf):
        """A digest of the tree, each shared part of it worked out once."""
        if id(tree) not in known:
            if tree[0] == "?":
                text = leaf(tree[1])
            else:
                parts = (p if isinstance(p, str) else self._hash(p, known, leaf) for p in tree)
                text = hashlib.sha256("\0".join(parts).encode()).hexdigest()
            known[id(tree)] = (text, tree)  # the tree is kept, so that its id stays its own
        return known[id(tree)][0]

    def shape(self, tree):
        """A digest that knows no variables: operands are sorted by it."""
        return self._hash(tree, self._shapes, lambda name: "?")

    @cached_property
    def digest(self):
        numbers = {}
        return self._hash(self.tree, {}, lambda name: f"?{numbers.setdefault(name, len(numbers))}")

    @cached_property
    def parts(self):
        """The shapes of the sub-expressions of some size, for :func:`near`."""
        found, todo, done = Counter(), [self.tree], set()
        while todo:
            tree = todo.pop()
            if isinstance(tree, str) or id(tree) in done or tree[0] in "?.=":
                continue
            done.add(id(tree))
            found[self.shape(tree)] += 1
            todo += tree[1:]
        return found


# -- nothing is written twice ----------------------------------------------------------------------


def side(function):
    """The house of a function of certify: the checker and the prover may say the same."""
    name = function.module.name
    if not name.startswith("ddpm_gmm.certify."):
        return None
    return "checker" if name.startswith("ddpm_gmm.certify.check") else "prover"


def copies(modules):
    """Groups of functions that hold the same logic; what stands inside of copies is left out."""
    groups = defaultdict(list)
    for module in modules:
        for function in module.functions:
            if not trivial(function.node):
                groups[function.normal.digest].append(function)
    found = []
    for group in groups.values():
        houses = {side(f) for f in group}
        if len(group) > 1 and not (len(group) == 2 and houses == {"checker", "prover"}):
            found.append(group)
    whole = {f.node for group in found for f in group}
    return [g for g in found if not all(whole & set(f.around) for f in g)]


def mend(group):
    known = [f for f in group if not f.module.cells and not f.around and f.name != "lambda"]
    home = next((f for f in known if f.module.name.startswith(("ddpm_gmm", "companion"))), None)
    if home is not None:
        return f"call {home.module.name}.{home.name}"
    if len({f.module for f in group}) == 1:
        return "keep one, and give it what differs as an argument"
    return "move it into src (ddpm_gmm if it is mathematics, else companion) and call it there"


def near(modules, share=0.6, least=12):
    """Pairs of functions that share many sub-expressions, as (share, one, other), most alike first.

    Shared over all, of the sub-expressions of both without their variables. A reader's tool: half
    of what it finds is chance.
    """
    functions = [f for m in modules for f in m.functions if not trivial(f.node)]
    functions = [f for f in functions if f.normal.parts.total() >= least]
    out = []
    for one, other in combinations(functions, 2):
        if one.node in other.around or other.node in one.around:
            continue
        a, b = one.normal.parts, other.normal.parts
        if min(a.total(), b.total()) >= share * max(a.total(), b.total()):
            alike = (a & b).total() / (a | b).total()
            if alike >= share:
                out.append((alike, one, other))
    return sorted(out, key=lambda row: -row[0])


@pytest.fixture(scope="module")
def twice():
    return copies([*NOTEBOOKS, *SCRIPTS])


@pytest.mark.parametrize(
    "module", [*NOTEBOOKS, *SCRIPTS], ids=lambda m: m.name if m.cells else f"{m.name}.py"
)
def test_no_function_is_written_elsewhere_as_well(module, twice):
    lines = [
        f"{' = '.join(map(str, group))}: {mend(group)}"
        for group in twice
        if any(f.module is module for f in group)
    ]
    assert not lines, "the same logic, written more than once:\n" + "\n".join(lines)


# -- no function is surprised ----------------------------------------------------------------------


def reads(table):
    """The global names that a function reads, those in its comprehensions included."""
    names = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    inner = (reads(t) for t in table.get_children() if t.get_name() in UNNAMED)
    return names.union(*inner)


def surprises(module):
    """(line, function, name) wherever a function reads a name that its notebook binds again."""
    again = {name for name, lines in module.binds.items() if len(lines) > 1}

    def visit(table):
        if table.get_type() == "function" and table.get_name() not in UNNAMED:
            for name in sorted(reads(table) & again):
                yield table.get_lineno(), table.get_name(), name
        for inner in table.get_children():
            yield from visit(inner)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(visit(symtable.symtable(module.text, module.name, "exec")))


@pytest.mark.parametrize("module", NOTEBOOKS, ids=lambda m: m.name)
def test_functions_read_only_names_that_are_bound_once(module):
    lines = []
    for line, function, name in surprises(module):
        cells = sorted({module.cell(at) for at in module.binds[name]})
        again = f"cells {', '.join(map(str, cells))}" if len(cells) > 1 else f"cell {cells[0]}"
        lines.append(f"{module.place(line)} {function} reads {name}, bound again in {again}")
    told = "make each an argument, or give every binding a name of its own:\n"
    assert not lines, told + "\n".join(lines)


# -- whether these tests can fail ------------------------------------------------------------------

FIRST = """
import numpy as np
from ddpm_gmm import geometry
mu = np.array([1.0, 0.0])
def part(v):
    return np.tanh(v @ mu) ** 2
def f(theta, t):
    u = np.exp(-t) * theta
    h = part(u)
    return geometry.norm(u - 2.0 * h * mu) / (1 + h)
"""
SECOND = """
from numpy import exp, tanh
from ddpm_gmm.geometry import norm
def g(truth):
    square = lambda x: tanh(x @ truth) ** 2
    def distance(time: float, start=None):
        \"\"\"With a docstring, annotations, a default and a closure.\"\"\"
        moved = start * exp(-time)
        return norm(moved - truth * 2 * tanh(moved @ truth) ** 2) / (tanh(moved @ truth) ** 2 + 1)
    return distance
"""
CHECKED = """
import numpy as np
from ddpm_gmm import check, geometry
def f(theta, t, mu):
    theta, mu = check.vectors(theta, mu)
    if t < 0:
        raise ValueError("t")
    u = theta * np.exp(-t)
    return geometry.norm(u - 2 * np.tanh(u @ mu) ** 2 * mu) / (1 + np.tanh(u @ mu) ** 2)
"""
WHOLE = FIRST.replace("part(u)", "np.tanh(u @ mu) ** 2")


def cell(text):
    return Module("planted", text, [("cell-0", 1)])


def planted(first, second):
    """The names of the functions in each group that two notebooks share."""
    return [{f.name for f in group} for group in copies([cell(first), cell(second)])]


GUARDS = """
def f(name, x):
    low, high = (float(end) for end in x)
    if not low <= high < {limit}:
        raise ValueError(name)
"""


def test_what_only_checks_is_told_by_its_checks():
    assert planted(GUARDS.format(limit=3), GUARDS.format(limit=4)) == []
    assert planted(GUARDS.format(limit=3), GUARDS.format(limit=3)) == [{"f"}]


def test_the_same_under_other_names_is_found():
    assert planted(WHOLE, SECOND) == [{"part", "lambda"}, {"f", "distance"}]
    assert planted(SECOND, CHECKED) == [{"f", "distance"}]
    renamed = FIRST.replace("part", "share").replace("theta", "v").replace("h =", "k =")
    assert planted(FIRST, renamed.replace("h ", "k ").replace("h)", "k)")) == [
        {"part", "share"},
        {"f"},
    ]


@pytest.mark.parametrize(
    "change",
    [
        ("2.0", "3.0"),
        ("u - 2", "u + 2"),
        ("tanh", "sin"),
        ("u - 2.0 * h * mu", "2.0 * h * mu - u"),
        ("h * mu", "h * u"),
    ],
    ids=["coefficient", "sign", "function", "order", "variable"],
)
def test_another_formula_is_not_the_same(change):
    assert {"f"} in planted(FIRST, FIRST)
    assert {"f"} not in planted(FIRST, FIRST.replace(*change))


def test_near_finds_a_changed_copy_and_no_stranger():
    longer = FIRST.replace("(1 + h)", "(1 + h) ** 0.5")
    rows = near([cell(FIRST), cell(longer)], least=8)
    assert {(one.name, other.name) for _, one, other in rows} == {("f", "f")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = 1\ndef f():\n    return a", False),
        ("a = 1\ndef f(a):\n    return a\na = 2", False),
        ("a = 1\na = 2\ndef f():\n    return a", True),
        ("for a in b: pass\ndef f():\n    return a", True),
        ("a = 1\na += 1\nf = lambda: a", True),
        ("a, b = 1, 2\ndef f():\n    return [a for _ in b]\nb = 3", True),
        ("def a(): pass\nf = [lambda: a() for _ in b]\na = 3", True),
        ("import a\ndef f():\n    def g():\n        return a\nimport c as a", True),
        ("f = [a for a in b]\ng = [lambda: a for a in b]", False),
    ],
)
def test_a_name_bound_again_is_found(text, found):
    assert bool(surprises(cell(text))) is found
