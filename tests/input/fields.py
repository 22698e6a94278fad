"""Every text that the description of the internal API says may be sent, and a right request around each of them.

Read from the document itself, so that a field that is added is among them without a word here.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any
from urllib.parse import quote

import httpx

SHAPED = ("enum", "format")
PLAIN = r"^(?![\s\S]*[\x00-\x1f\x7f])"
UNWRITTEN = ("X-Reason",)
"""Headers that every operation that changes something takes, and the document tells of in words alone."""

ALSO = {
    "/v1/sessions": ("player", "currency", "game"),
    "/v1/provider-accounts/{slug}/certification": ("milliseconds",),
    "/v1/postings": ("provider_account", "round", "amount"),
}
"""What is optional by the schema, and wanted by the meaning of the rest."""

NEW = {"/v1/provider-accounts": "slug", "/v1/games": "code"}
"""What must be new in each request."""

PARTS = {"settings": "games"}
"""Of an object that takes some names only, one of them."""

Steps = tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """One place for a text: in the path, the query, a header or the body, where its steps lead to it."""

    place: str
    steps: Steps
    shaped: bool = False
    """Whether its schema admits no free text."""

    def __str__(self) -> str:
        return ".".join((self.place, *self.steps))


@dataclass(frozen=True)
class Operation:
    """One operation of the document, with every text in it."""

    method: str
    path: str
    parameters: list[Mapping[str, Any]]
    body: Mapping[str, Any] | None
    schemas: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """Its method and path, as the document has them."""
        return f"{self.method} {self.path}"

    def texts(self) -> list[Text]:
        """Every text that it takes."""
        found = [Text("header", (name,)) for name in UNWRITTEN if self.method != "GET"]
        for parameter in self.parameters:
            found.extend(self._below(parameter["schema"], (parameter["name"],), parameter["in"]))
        if self.body is not None:
            found.extend(self._below(self.body, (), "body"))
        return list(dict.fromkeys(found))

    def _below(self, schema: Mapping[str, Any], steps: Steps, place: str) -> Iterator[Text]:
        for one in self._forms(schema):
            if "string" in _types(one):
                shaped = any(word in one for word in SHAPED) or one.get("pattern", PLAIN) != PLAIN
                yield Text(place, steps, shaped)
            if "items" in one:
                yield from self._below(one["items"], (*steps, "[]"), place)
            if isinstance(one.get("additionalProperties"), dict):
                yield from self._below(one["additionalProperties"], (*steps, "*"), place)
                yield Text(place, (*steps, "~"))
            for name, inner in one.get("properties", {}).items():
                yield from self._below(inner, (*steps, name), place)

    def _forms(self, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if "$ref" in schema:
            yield from self._forms(self.schemas[schema["$ref"].rpartition("/")[2]])
            return
        yield schema
        for word in ("oneOf", "anyOf", "allOf"):
            for one in schema.get(word, ()):
                yield from self._forms(one)

    def request(
        self, http: httpx.AsyncClient, known: Mapping[str, Any], text: Text | None = None, said: str = ""
    ) -> httpx.Request:
        """The request with what it must have, rightly, and with these words in the place of a text."""
        known = {name: one for name, one in known.items() if name != NEW.get(self.path)}
        sent: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
        for parameter in self.parameters:
            if parameter.get("required"):
                sent[parameter["in"]][parameter["name"]] = right(parameter["name"], known)
        body = self._right(self.body, known) if self.body is not None else None
        if text is not None and text.place != "body":
            sent[text.place][text.steps[0]] = said
        elif text is not None and self.body is not None:
            body = self._with(body, self.body, text.steps, said, known)
        path = self.path.format(**{name: quote(str(one), safe="") for name, one in sent["path"].items()})
        return http.build_request(
            self.method, path, params=sent["query"] or None, headers=sent["header"], json=body
        )

    def narrowed(self, http: httpx.AsyncClient, known: Mapping[str, Any]) -> Iterator[httpx.Request]:
        """The right request with each of its optional parameters alone, and with each two of them."""
        optional = [each for each in self.parameters if not each.get("required")]
        for few in (*combinations(optional, 1), *combinations(optional, 2)):
            more = {each["name"]: self._right(each["schema"], known, each["name"]) for each in few}
            request = self.request(http, known)
            request.url = request.url.copy_merge_params(more)
            yield request

    def _right(self, schema: Mapping[str, Any], known: Mapping[str, Any], name: str = "") -> Any:
        (one, *_) = [form for form in self._forms(schema) if "$ref" not in form and _types(form) - {"null"}]
        if "array" in _types(one):
            return [self._right(one["items"], known, name)]
        if "object" in _types(one):
            properties = one.get("properties", {})
            names = {*one.get("required", ()), *properties.keys() & set(ALSO.get(self.path, ()))}
            return {each: self._right(properties[each], known, each) for each in sorted(names)}
        return one["enum"][0] if "enum" in one and name not in known else right(name, known)

    def _with(
        self,
        value: Any,
        schema: Mapping[str, Any],
        steps: Steps,
        said: str,
        known: Mapping[str, Any],
        part: str = "note",
    ) -> Any:
        """A right value in which these words stand where the steps lead."""
        if not steps:
            return said
        step, rest = steps[0], steps[1:]
        if step in {"*", "~"}:
            return {part: said} if step == "*" else {said: "x"}
        for one in self._forms(schema):
            if step == "[]" and "items" in one:
                first = value[0] if value else self._right(one["items"], known) if rest else None
                return [self._with(first, one["items"], rest, said, known)]
            if step in one.get("properties", {}):
                inner = one["properties"][step]
                first = (value or {}).get(step)
                if first is None and rest and rest[0] not in {"[]", "*", "~"}:
                    first = self._right(inner, known)
                within = self._with(first, inner, rest, said, known, PARTS.get(step, "note"))
                return {**(value or {}), step: within}
        raise AssertionError(f"nothing in the document leads to {step}")


def right(name: str, known: Mapping[str, Any]) -> Any:
    """A value that this name may have: one that there is, or one that there never was."""
    return known[name] if name in known else f"new-{secrets.token_hex(6)}"


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation that the document describes."""
    return [
        Operation(
            method.upper(),
            path,
            [*item.get("parameters", ()), *one.get("parameters", ())],
            one["requestBody"]["content"]["application/json"]["schema"] if "requestBody" in one else None,
            document["components"]["schemas"],
        )
        for path, item in document["paths"].items()
        for method, one in item.items()
        if "responses" in one
    ]


def _types(schema: Mapping[str, Any]) -> set[str]:
    told = schema.get("type", ())
    return {told} if isinstance(told, str) else set(told)
