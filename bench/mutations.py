"""Source text → its mutants, each one change away: what `bench.mutants` plants.

Comparisons (bound moved, contrary), + and -, * and /, & and |, and/or, not, conditions
turned, whole numbers ±1, True and False, min and max, any and all, `return` of nothing.
Left alone: annotations, decorators and the `strict` of `zip`, since type checkers read these or
they speak up only when something else is wrong; and texts.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.USub: ast.UAdd,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_UNTOUCHED = {"annotation", "returns", "decorator_list", "type_params"}
_LONGEST = 140
_NAMED = (ast.FunctionDef, ast.ClassDef)
_BLOCKS = (*_NAMED, ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.match_case)
#: Conditions whose contrary another change gives, or nearly.
_TURNED_ELSEWHERE = (ast.Compare, ast.BoolOp, ast.UnaryOp)

#: Of which node, which field gets which new value.
Change = tuple[ast.AST, str, Any]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a file. `lines`: those of its statement, none if it runs at import."""

    place: int
    line: int
    lines: range
    within: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.within}: {self.before} → {self.after}"


def mutants(source: str) -> list[Mutant]:
    """All mutants of a file, in its order."""
    found = []
    for place, ((node, name, new), above) in enumerate(_changes(ast.parse(source), ())):
        shown = _shown(node, above)
        old, before = getattr(node, name), _text(shown)
        setattr(node, name, new)
        after = _text(shown)
        setattr(node, name, old)
        lines = _lines((*above, node))
        names = [each.name for each in above if isinstance(each, _NAMED)]
        line = getattr(node, "lineno", lines.start)
        found.append(Mutant(place, line, lines, ".".join(names) or "module", before, after))
    return found


def mutated(source: str, place: int) -> ast.Module:
    """The file with that change made."""
    tree = ast.parse(source)
    (node, name, new), _ = list(_changes(tree, ()))[place]
    setattr(node, name, new)
    return ast.fix_missing_locations(tree)


def _changes(
    node: ast.AST, above: tuple[ast.AST, ...]
) -> Iterator[tuple[Change, tuple[ast.AST, ...]]]:
    for change in _of(node):
        yield change, above
    for name, value in ast.iter_fields(node):
        if name in _UNTOUCHED or (isinstance(node, ast.keyword) and node.arg == "strict"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _changes(child, (*above, node))


def _of(node: ast.AST) -> Iterator[Change]:
    yield from (*_of_signs(node), *_of_values(node), *_of_conditions(node))


def _of_signs(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare():
            for place, op in enumerate(node.ops):
                for other in _COMPARISONS[type(op)]:
                    yield node, "ops", [*node.ops[:place], other(), *node.ops[place + 1 :]]
        case ast.UnaryOp(op=ast.Not()):
            yield node, "operand", ast.UnaryOp(ast.Not(), node.operand)
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() | ast.UnaryOp():
            if (op := _OPERATORS.get(type(node.op))) is not None:
                yield node, "op", op()


def _of_values(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Constant(value=bool()):
            yield node, "value", not node.value
        case ast.Constant(value=int(value)):
            yield from ((node, "value", value + step) for step in (1, -1))
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            yield node, "func", ast.Name(_CALLS[name], ast.Load())
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield node, "value", ast.Constant(None)


def _of_conditions(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            if not isinstance(node.test, _TURNED_ELSEWHERE):
                yield node, "test", ast.UnaryOp(ast.Not(), node.test)
        case ast.comprehension():
            for place, test in enumerate(node.ifs):
                if not isinstance(test, _TURNED_ELSEWHERE):
                    turned = ast.UnaryOp(ast.Not(), test)
                    yield node, "ifs", [*node.ifs[:place], turned, *node.ifs[place + 1 :]]


def _shown(node: ast.AST, above: tuple[ast.AST, ...]) -> ast.AST:
    """The largest part of the statement around a change that is still a line to read."""
    shown = node
    for each in reversed(above):
        if isinstance(each, (ast.mod, *_BLOCKS)) or len(_text(each)) > _LONGEST:
            break
        if not isinstance(each, ast.arguments):
            shown = each
    return shown


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.If | ast.While):
        return f"if {ast.unparse(node.test)}"
    return ast.unparse(node)


def _lines(path: tuple[ast.AST, ...]) -> range:
    """The lines of the innermost statement, of a compound one those before its body."""
    inside = any(isinstance(each, ast.FunctionDef | ast.Lambda) for each in path[:-1])
    node = next(each for each in reversed(path) if isinstance(each, ast.stmt | ast.match_case))
    if not inside or isinstance(node, ast.FunctionDef):
        return range(0)
    first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    body = getattr(node, "body", None)
    return range(first, max(body[0].lineno, first + 1) if body else (node.end_lineno or first) + 1)
