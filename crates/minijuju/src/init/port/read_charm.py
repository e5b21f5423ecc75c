"""Print as JSON what a charm in Python observes, as far as its source shows it: read_charm.py FOLDER.

It parses the source with Python's own parser, so that all syntax is supported. It does not run the charm.
"""

from __future__ import annotations

import ast
import json
import pathlib
import sys

if sys.version_info < (3, 10):
    sys.exit(f"this needs Python 3.10 or later, but python3 is {sys.version.split()[0]}")


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    files = [folder / "src" / "charm.py", *sorted((folder / "src").rglob("*.py"))]
    classes = []
    for path in dict.fromkeys(path for path in files if path.is_file()):
        name = str(path.relative_to(folder))
        try:
            module = ast.parse(path.read_bytes(), filename=name)
        except (SyntaxError, ValueError) as error:
            sys.exit(f"{name}:{getattr(error, 'lineno', None) or 1}: {getattr(error, 'msg', error)}")
        constants = string_constants(module.body)
        main_name = main_class(module)
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                classes.append((node.name == main_name, is_charm(node), name, node, constants))
    chosen = next((found for found in classes if found[0]), None) or next(
        (found for found in classes if found[1]), None
    )
    if chosen is None:
        sys.exit("src/charm.py: there is no charm: no class derives from CharmBase or is passed to main()")
    json.dump(ClassReader(*chosen[2:]).result(), sys.stdout)


def string_constants(body: list[ast.stmt]) -> dict[str, str]:
    """The constants with a string value."""
    found = {}
    for node in body:
        target, value = None, None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign):
            target, value = node.target, node.value
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            found[target.id] = value.value
    return found


def main_class(module: ast.Module) -> str | None:
    """The class that is passed to `ops.main(…)`, `main(…)` or `ops.main.main(…)`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name):
            if ast.unparse(node.func).split(".")[-1] == "main":
                return node.args[0].id
    return None


def is_charm(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).split(".")[-1].endswith("CharmBase") for base in node.bases)


class ClassReader:
    """Reads one class."""

    def __init__(self, file: str, node: ast.ClassDef, constants: dict[str, str]) -> None:
        self.file, self.node = file, node
        self.constants = constants | string_constants(node.body)
        self.observers: list[dict] = []
        self.unknown: list[dict] = []

    def result(self) -> dict:
        methods = [one for one in self.node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
        for base in self.node.bases:
            if ast.unparse(base).split(".")[-1] != "CharmBase":
                self.add_unknown(base, "a base class: see what it observes")
        for method in methods:
            self.read_statements(method.body)
        handlers = {one["handler"] for one in self.observers}
        for one in self.node.body:
            if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call):
                if ast.unparse(one.value.func).split(".")[-1] == "StoredState":
                    self.add_unknown(one, "stored state: see `Model::store` and `Model::stored`")
        for method in methods:
            if method.name == "__init__":
                self.add_objects(method)
            elif method.name not in handlers:
                self.add_unknown(method, "a method that is not a handler", f"def {method.name}")
        found = {
            method.name: {"doc": (ast.get_docstring(method) or "").split("\n\n")[0], "line": method.lineno}
            for method in methods
        }
        self.unknown.sort(key=lambda one: one["line"])
        return {
            "class": self.node.name,
            "doc": (ast.get_docstring(self.node) or "").split("\n\n")[0],
            "file": self.file,
            "observers": self.observers,
            "methods": {name: found[name] for name in found if name in handlers},
            "unknown": self.unknown,
        }

    def add_unknown(self, node: ast.AST, reason: str, text: str | None = None) -> None:
        self.unknown.append({"line": node.lineno, "text": text or ast.unparse(node), "reason": reason})

    def read_statements(self, body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.For) and self.unroll(node):
                continue
            calls = [node.value] if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else []
            for call in calls:
                if isinstance(call.func, ast.Attribute) and call.func.attr == "observe":
                    self.observe(call, node)
            for inner in ("body", "orelse", "finalbody"):
                self.read_statements(getattr(node, inner, []))
            for handler in getattr(node, "handlers", []):
                self.read_statements(handler.body)

    def unroll(self, node: ast.For) -> bool:
        """`for event in (self.on.start, …): self.framework.observe(event, …)`, as one call for each event."""
        if not isinstance(node.iter, ast.List | ast.Tuple | ast.Set):
            return False
        names = [one.id for one in getattr(node.target, "elts", [node.target]) if isinstance(one, ast.Name)]
        for element in node.iter.elts:
            values = element.elts if isinstance(element, ast.Tuple) and len(names) > 1 else [element]
            if len(values) != len(names):
                return False
        for element in node.iter.elts:
            values = element.elts if isinstance(element, ast.Tuple) and len(names) > 1 else [element]
            substitution = Substitution(dict(zip(names, values, strict=True)))
            copies = ast.parse(ast.unparse(node.body)).body
            for copy in copies:
                for inner in ast.walk(copy):
                    if hasattr(inner, "lineno"):
                        inner.lineno = element.lineno
            self.read_statements([substitution.visit(copy) for copy in copies])
        return True

    def observe(self, call: ast.Call, node: ast.stmt) -> None:
        keywords = {word.arg: word.value for word in call.keywords}
        event = call.args[0] if call.args else keywords.get("bound_event")
        handler = call.args[1] if len(call.args) > 1 else keywords.get("observer")
        name = event and self.event_name(event)
        method = handler.attr if isinstance(handler, ast.Attribute) and ast.unparse(handler.value) == "self" else None
        if name is None:
            self.add_unknown(node, "an event that is not a named event of the charm")
        elif method is None:
            self.add_unknown(node, "a handler that is not a method of the charm")
        else:
            self.observers.append({"event": name, "handler": method, "line": node.lineno})

    def event_name(self, node: ast.expr) -> str | None:
        """`self.on.db_relation_changed`, `self.on["db"].relation_changed`, `getattr(self.on, "start")`."""
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self.on":
            return node.attr
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Subscript):
            name = self.string_value(node.value.slice)
            if ast.unparse(node.value.value) == "self.on" and name is not None:
                return f"{name.replace('-', '_')}_{node.attr}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr" and len(node.args) == 2:
            name = self.string_value(node.args[1])
            if ast.unparse(node.args[0]) == "self.on" and name is not None:
                return name.replace("-", "_")
        return None

    def string_value(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            return self.constants.get(node.id)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            return self.constants.get(node.attr)
        return None

    def add_objects(self, init: ast.FunctionDef) -> None:
        """Add the objects that the charm creates, mainly libraries."""
        for node in ast.walk(init):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                if any(isinstance(target, ast.Attribute) for target in node.targets):
                    self.add_unknown(node, "an object of the charm, such as a library")


class Substitution(ast.NodeTransformer):
    """Replaces names with values."""

    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node)


main()
