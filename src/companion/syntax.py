"""Python as the build reads it: the tree that counts, without comments, docstrings and layout."""

import ast
import warnings

MAGIC = ("%", "!")  # lines that only IPython understands


def parsed(code: str) -> ast.Module:
    """The syntax tree, the same whatever its reader has made of Python's warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except ValueError as error:  # a byte of zero, before Python 3.12
            raise SyntaxError(str(error)) from None


def bare(code: str) -> str:
    """The syntax tree of a piece of Python without its docstrings; the text if it has none."""
    try:
        tree = parsed(code)
    except SyntaxError:
        return code
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
            ):
                node.body = rest
    return ast.dump(tree)


def imported(code: str) -> set[str]:
    """Every dotted name that a piece of code may import a module by."""
    names = set()
    for node in ast.walk(parsed(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def python(source: str) -> tuple[str, str]:
    """A cell's Python, and the lines that are none."""
    lines = source.splitlines()
    magic = [line for line in lines if line.lstrip().startswith(MAGIC)]
    return "\n".join(line for line in lines if line not in magic), "\n".join(magic)
