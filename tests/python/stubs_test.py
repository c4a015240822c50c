"""Claims: the type stubs and the module have the same names, parameters and attributes; whatever is public
says what it is."""

import ast
import inspect
import pathlib
import unittest

import papilio
from papilio import _columns

FOLDER = pathlib.Path(papilio.__file__).parent


def parameters(function):
    """Of a function of a stub: names with their kinds and defaults, as inspect has them."""
    of = function.args
    found = {}
    positional = of.posonlyargs + of.args
    defaults = [None] * (len(positional) - len(of.defaults)) + of.defaults
    for argument, default in zip(positional, defaults):
        found[argument.arg] = (False, default)
    for argument, default in zip(of.kwonlyargs, of.kw_defaults):
        found[argument.arg] = (True, default)
    return {name: (keyword, None if default is None else ast.literal_eval(default), default is None)
            for name, (keyword, default) in found.items()}


def real_parameters(function):
    return {one.name: (one.kind == one.KEYWORD_ONLY,
                       None if one.default is one.empty else one.default, one.default is one.empty)
            for one in inspect.signature(function).parameters.values()}


def is_overload(node):
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)


class Stubs(unittest.TestCase):
    def compare(self, module, stub):
        tree = ast.parse((FOLDER / stub).read_text())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                with self.subTest(function=node.name):
                    self.assertEqual(parameters(node), real_parameters(getattr(module, node.name)))
            elif isinstance(node, ast.ClassDef):
                self.compare_class(getattr(module, node.name), node)
        return {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}

    def compare_class(self, real, node):
        told = {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}
        for name, method in told.items():
            with self.subTest(of=node.name, method=name):
                found = inspect.getattr_static(real, name)
                is_property = any(isinstance(one, ast.Name) and one.id == "property"
                                  for one in method.decorator_list)
                self.assertEqual(isinstance(found, property), is_property)
                if not is_property and not is_overload(method):
                    self.assertEqual(parameters(method), real_parameters(found))
        for name, value in vars(real).items():
            public = not name.startswith("_") or name in ("__init__", "__getitem__", "__array__")
            if public and name in vars(real) and (inspect.isfunction(value)
                                                  or isinstance(value, property)):
                if hasattr(real, "__dataclass_fields__") and name == "__init__":
                    continue
                self.assertIn(name, told, f"{node.name}.{name} is in no stub")
        fields = {one.target.id for one in node.body if isinstance(one, ast.AnnAssign)}
        if hasattr(real, "__dataclass_fields__"):
            self.assertEqual(fields, set(real.__dataclass_fields__))
        slots = {name for name in vars(real).get("__slots__", ()) if not name.startswith("_")}
        self.assertEqual(slots - fields, set(), node.name)

    def test_package(self):
        told = self.compare(papilio, "__init__.pyi")
        self.assertEqual(set(papilio.__all__), told | {"Column", "Columns"})

    def test_columns(self):
        self.compare(_columns, "_columns.pyi")

    def test_marked_as_typed(self):
        self.assertTrue((FOLDER / "py.typed").exists())


class Docs(unittest.TestCase):
    def test_everything_public_says_what_it_is(self):
        self.assertTrue(papilio.__doc__)
        for name in papilio.__all__:
            public = getattr(papilio, name)
            self.assertTrue(inspect.getdoc(public), name)
            if not inspect.isclass(public):
                continue
            for member, value in vars(public).items():
                if not member.startswith("_") and (inspect.isfunction(value)
                                                   or isinstance(value, property)):
                    self.assertTrue(inspect.getdoc(value), f"{name}.{member}")

    def test_every_parameter_is_explained(self):
        for name in papilio.__all__:
            function = getattr(papilio, name)
            if not inspect.isfunction(function):
                continue
            for parameter in inspect.signature(function).parameters:
                if name == "check" and parameter in ("path", "set", "profiles"):
                    continue  # "Takes what ``load`` takes."
                self.assertRegex(inspect.getdoc(function),
                                 rf"(?m)^ +(\w+, )*{parameter}(, \w+)*: ", f"{name}: {parameter}")


if __name__ == "__main__":
    unittest.main()
