"""The house's rules as functions over source text: each gives what it finds wrong.

`test_planted_breaches.py` proves that each finds what it is for; the other tests of this
folder run them over the product.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

LONGEST_FUNCTION, LONGEST_FILE, LONGEST_TEMPLATE_LINE = 50, 310, 160


def imports(source: str) -> set[str]:
    """Every module that a file imports, as dotted names with what is taken from them."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports by full name only"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def starts(module: str, *prefixes: str) -> bool:
    return any(module == p or module.startswith(f"{p}.") for p in prefixes)


def reads(source: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every name that is read, an alias as what it stands for."""
    tree = ast.parse(source)
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom):
            known |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = ast.unparse(node)
            first, dot, rest = name.partition(".")
            yield node.lineno, f"{known.get(first, first)}{dot}{rest}"


def foreign(source: str, allowed: Iterable[str], *, never: Iterable[str] = ()) -> list[str]:
    """What is imported of the product beside the allowed, and of others what never may be."""
    found = imports(source)
    beyond = [m for m in found if starts(m, "pro_app") and not starts(m, *allowed)]
    return sorted([*beyond, *(m for m in found if starts(m, *never))])


def rooms_in_ground(source: str, rooms: Iterable[str]) -> list[str]:
    """The rooms that a ground file imports."""
    taken = [f"pro_app.{room}" for room in rooms]
    return sorted(m for m in imports(source) if starts(m, *taken))


_CLOCK = re.compile(
    r"(^|\.)(datetime|date)\.(now|today|utcnow|fromtimestamp)$"
    r"|^time\.(time|monotonic|perf_counter|process_time|localtime|ctime|strftime)(_ns)?$"
)


def clock(source: str) -> list[tuple[int, str]]:
    """Where the clock is read, under whatever name."""
    return [(line, name) for line, name in reads(source) if _CLOCK.search(name)]


_ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv")


def environment(source: str) -> list[str]:
    """Where the environment is read, or taken from `os` to be read."""
    return sorted({name for _, name in reads(source) if starts(name, *_ENVIRONMENT)}) + sorted(
        m for m in imports(source) if starts(m, *_ENVIRONMENT)
    )


_COMMITS = re.compile(r"\.(commit|rollback|exec_driver_sql|executescript|begin_nested)$")
_DATABASES = ("sqlalchemy", "sqlite3", "psycopg", "flask_sqlalchemy")


def sql(source: str) -> list[str]:
    """Where something outside of the store writes SQL, or ends a transaction."""
    taken = [m for m in imports(source) if starts(m, *_DATABASES)]
    return sorted(
        [m for m in taken if not starts(m, "sqlalchemy.exc")]
        + [f"{line}: {name}" for line, name in reads(source) if _COMMITS.search(name)]
    )


def secrets(source: str) -> list[str]:
    """What makes chance, ids or hashes of passwords."""
    makers = ("secrets", "uuid", "random", "argon2", "os.urandom")
    made = {name for _, name in reads(source) if name == "os.urandom"}
    return sorted({m for m in imports(source) if starts(m, *makers)} | made)


def printing(source: str) -> list[str]:
    return sorted(m for m in imports(source) if starts(m, "weasyprint"))


def optional_sites(source: str) -> list[str]:
    """Sites that may be None, have a default, or are no `Sites` where a reader's are meant."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            defaults = [None] * (len(positional) - len(node.defaults)) + [*node.defaults]
            pairs = [*zip(positional, defaults, strict=True)]
            pairs += [*zip(node.kwonlyargs, node.kw_defaults, strict=True)]
            for argument, default in pairs:
                if argument.arg == "sites":
                    found += _wrong_sites(argument.annotation, default, argument.lineno)
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "sites":
            found += _wrong_sites(node.annotation, node.value, node.lineno)
        elif isinstance(node, ast.keyword) and node.arg == "sites":
            none = isinstance(node.value, ast.Constant) and node.value.value is None
            found += [f"{node.value.lineno}: None"] if none else []
    return found


def _wrong_sites(annotation: ast.expr | None, default: ast.expr | None, line: int) -> list[str]:
    said = ast.unparse(annotation) if annotation else ""
    wrong = "None" in said or "Optional" in said or default is not None
    return [f"{line}: {said}"] if wrong else []


#: What an occasion holds beside who acts.
_OF_AN_OCCASION = frozenset({"study", "instrument", "now", "today", "time_zone"})


def loose_occasion(source: str) -> list[str]:
    """Functions that take apart what one occasion holds: who acts, whose patients, when, of what.

    A day that is asked about comes with it, since the reader chooses that.
    """
    found = []
    for node in _functions(source):
        arguments = {a.arg: a.annotation for a in [*node.args.args, *node.args.kwonlyargs]}
        kinds = {ast.unparse(kind) for kind in arguments.values() if kind is not None}
        who = kinds & {"Actor", "Sites"}
        rest = _OF_AN_OCCASION & arguments.keys()
        asked = {"as_of", "known_at"} & arguments.keys()
        if len(who) == 2 or (who and rest) or ("Sites" in who and asked):
            found.append(f"{node.lineno}: {node.name}")
    return found


#: A limit of every door → the one file that sets it.
LIMITS = {"LONGEST_TEXT": "core/refused.py", "EARLIEST": "core/possible.py"}


def second_limits(source: str) -> list[str]:
    """Where a file sets a limit for itself that stands for every door."""
    return [
        f"{node.lineno}: {ast.unparse(target)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if ast.unparse(target).lstrip("_") in LIMITS
    ]


#: What a class that says "not done" was once called, each with a meaning of its own.
_REFUSALS = re.compile(
    r"^(Refused|Refusal|Problem|Hindrance|NotTaken|NotKept|NotDone|NotDecided|NotVoid)$"
)


def second_refusals(source: str) -> list[str]:
    """Classes that say once more why something was not done."""
    return [
        f"{node.lineno}: {node.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and _REFUSALS.match(node.name)
    ]


def long_functions(source: str) -> list[str]:
    found = []
    for node in _functions(source):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > LONGEST_FUNCTION:
            found.append(f"{node.lineno}: {node.name} has {lines} lines")
    return found


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def long_file(source: str) -> list[str]:
    lines = source.count("\n")
    return [f"{lines} lines"] if lines > LONGEST_FILE else []


def long_template_lines(source: str) -> list[int]:
    lines = enumerate(source.splitlines(), start=1)
    return [number for number, line in lines if len(line) > LONGEST_TEMPLATE_LINE]


_ONE_SEX = re.compile(
    r"(?<![a-z])(she|her|hers|herself|he|his|him|himself|woman|women)(?![a-z])|她", re.IGNORECASE
)
#: Codes that stand in records, trails and exports, which nobody may rewrite.
_STORED_CODES = re.compile(r"\b(HER_MESSAGE|SHE_CALLED)\b")


def one_sex(source: str) -> list[str]:
    """The words that take a patient, or one of the staff, for a woman or for a man."""
    plain = _STORED_CODES.sub("", source)
    return [found.group() for found in _ONE_SEX.finditer(plain)]


_LIMIT = re.compile(
    r"(?<!the )\b(\d+|two|three|four|five|ten|fifteen|thirty) (to \d+ )?(small |or more )?"
    r"(minutes|hours|days|weeks|times|tries|characters|letters|digits|lines)\b",
    re.IGNORECASE,
)


def stated_limits(sentence: str) -> list[str]:
    """The limits that a sentence states by itself: they come from the constant that decides."""
    return [found.group() for found in _LIMIT.finditer(sentence)]


_VAGUE = re.compile(r"(^|[/_-])(utils?|helpers?|managers?|common|misc)([/_.-]|$)", re.IGNORECASE)


def vague_name(path: str) -> list[str]:
    """A file or folder that says nothing of what is in it."""
    return [path] if _VAGUE.search(path) else []


_JS_IMPORT = re.compile(
    r"""^\s*(?:import|export)\s+(?:[\w*{}\s,]+?\s+from\s+)?["']([^"']+)["']""", re.MULTILINE
)
_JS_LATER = re.compile(r"""\bimport\(\s*["']([^"']+)["']\s*\)(?!\.)""")


def js_imports(source: str) -> list[str]:
    """What a module imports, at once or later; types in comments are no imports."""
    plain = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", source, flags=re.DOTALL)
    return _JS_IMPORT.findall(plain) + _JS_LATER.findall(plain)


def js_circles(modules: Mapping[str, str]) -> list[str]:
    """The circles among modules, as the names on the way round: name → source."""
    edges = {name: [_resolved(name, each) for each in js_imports(s)] for name, s in modules.items()}
    circles = []

    def walk(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            circles.append(" → ".join((*way[way.index(name) :], name)))
            return
        for after in edges.get(name, ()):
            walk(after, (*way, name))

    for name in sorted(modules):
        walk(name, ())
    return circles


def js_foreign(name: str, source: str) -> list[str]:
    """What a module of static/patient or static/staff takes from elsewhere but static/shared."""
    own = name.split("/")[0]
    taken = [_resolved(name, each) for each in js_imports(source)]
    return [each for each in taken if each.split("/")[0] not in (own, "shared")]


def _resolved(name: str, imported: str) -> str:
    """`./x.js` in patient/y.js is patient/x.js; what is no relative name stays as it is."""
    if not imported.startswith("."):
        return imported
    parts = name.split("/")[:-1]
    for part in imported.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
