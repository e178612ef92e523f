"""Questions made from an OpenAPI description: right ones, nearly right ones, and nonsense."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

NONSENSE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.just("\x00"), st.just("9" * 400),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)  # fmt: skip
MOMENTS = ("2022-08-01T00:00:00Z", "2023-06-30T07:00:00+07:00", "2023-06-30", "0001-01-01T00:00:00Z", "soon")
_RIGHT = 8
_PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-2, 40),
    "number": st.floats(-5, 60),
    "boolean": st.booleans(),
    "null": st.none(),
}


class Questions:
    """Strategies of what a description says may be asked.

    Attributes:
        schemas: the schemas by name.
        known: by the name of a field or parameter, values that mean something to the service.
    """

    def __init__(self, schemas: Mapping[str, Any], known: Mapping[str, Sequence[object]]) -> None:
        self.schemas, self.known = schemas, known

    def of(self, schema: Mapping[str, Any], name: str = "") -> st.SearchStrategy[Any]:
        """Mostly values of a schema, now and then nonsense."""
        right = self._right(schema, name)
        return st.integers(0, _RIGHT).flatmap(lambda drawn: right if drawn else NONSENSE)

    def body(self, operation: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        """The body of a question, None where it takes none; now and then with a field that nobody knows."""
        if "requestBody" not in operation:
            return st.none()
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        extra = st.dictionaries(st.sampled_from(["place", "hasard", ""]), NONSENSE, max_size=1)
        more = st.integers(0, _RIGHT).flatmap(lambda drawn: st.just({}) if drawn else extra)
        return st.tuples(self.of(schema), more).map(
            lambda both: {**both[0], **both[1]} if isinstance(both[0], dict) else both[0]
        )

    def parameters(self, operation: Mapping[str, Any], where: str) -> st.SearchStrategy[dict[str, str]]:
        """The parameters in the query or in the path, as texts; those of the path are all there."""
        told = {one["name"]: one for one in operation.get("parameters", []) if one["in"] == where}
        always = {name: self._text(one) for name, one in told.items() if where == "path" or one.get("required")}
        some = {name: self._text(one) for name, one in told.items() if name not in always}
        return st.fixed_dictionaries(always, optional=some)

    def _text(self, parameter: Mapping[str, Any]) -> st.SearchStrategy[str]:
        return self.of(parameter["schema"], parameter["name"]).map(lambda value: str(value) or "-")

    def _right(self, schema: Mapping[str, Any], name: str) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            return self._right(self.schemas[schema["$ref"].rsplit("/", 1)[1]], name)
        if "anyOf" in schema or "oneOf" in schema:
            kinds = schema.get("anyOf") or schema["oneOf"]
            return st.one_of([self._right(one, name) for one in kinds if one.get("type") != "null"])
        if "enum" in schema or "const" in schema:
            return st.sampled_from(schema.get("enum") or [schema["const"]])
        kind = schema.get("type")
        if kind == "object":
            examples = [self._here(one) for one in schema.get("examples", [])]
            return st.one_of(st.sampled_from(examples), self._object(schema)) if examples else self._object(schema)
        if kind == "array":
            return st.lists(self.of(schema.get("items", {}), name), min_size=schema.get("minItems", 0), max_size=3)
        if kind == "string":
            return self._string(schema, name)
        if kind in ("integer", "number") and name in self.known:
            return st.sampled_from(self.known[name])
        return _PLAIN.get(str(kind), NONSENSE)

    def _here(self, example: Mapping[str, Any]) -> dict[str, Any]:
        """An example of the description, with values that mean something to the service that is asked."""
        return {
            name: ([self.known[name][0]] if isinstance(value, list) else self.known[name][0])
            if name in self.known
            else value
            for name, value in example.items()
        }

    def _object(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        fields = {name: self.of(one, name) for name, one in schema.get("properties", {}).items()}
        needed = {name: fields[name] for name in schema.get("required", [])}
        others = sorted(set(fields) - set(needed))
        if not others:
            return st.fixed_dictionaries(needed)
        likely = others + [name for name in others if name in self.known] * _RIGHT
        some = st.lists(st.sampled_from(likely), max_size=2, unique=True)
        return some.flatmap(lambda drawn: st.fixed_dictionaries({**needed, **{name: fields[name] for name in drawn}}))

    def _string(self, schema: Mapping[str, Any], name: str) -> st.SearchStrategy[Any]:
        if schema.get("format") in ("date-time", "date"):
            return st.sampled_from(MOMENTS)
        known = st.sampled_from(self.known[name]) if name in self.known else st.nothing()
        return st.one_of(*[known] * 4, st.text(min_size=1, max_size=8))
