"""What the kept text of an exchange must lose, written once: the values of a protocol's secret fields.

By text and not by meaning, because what was refused unread (a bad signature, half a body) is kept too, and a token
in it is as good as in any other.  It never raises and never parses.
"""

import re
from collections.abc import Callable, Iterable

STARS = "***"
IN_JSON, IN_FORM = rf'\1"{STARS}"', rf"\1{STARS}"
TEXT = r'"(?:[^"\\]++|\\.)*+'  # whose last quote may be cut off
FLAT = rf'(?:{TEXT}"|[^"\[\]{{}}])*+'
VALUE = rf'{TEXT}"?|\[{FLAT}\]|\{{{FLAT}\}}|[\[{{].*|[^\s,}}\]]+'
"""A value in JSON: text; a list or an object, which goes on to the end of all where another is in it; anything else."""

QUERY = re.compile(r"\A([A-Z]+ [^\s?]*\?)\S+")


def starred(*fields: str, query: bool = False, after: str | None = None) -> Callable[[str], str]:
    """Stars for the values of these fields, in JSON, in a form, and in a query, however their names are `spelled`.

    A text that was cut off within the value loses what there is of it.  With `query` the whole query of the request's
    line goes: where a secret travels in it, no spelling of its name may keep it.  What stands `after` this step of
    the line's path goes too.
    """
    names = tuple(field.lower() for field in fields)
    quoted = [f'"{name}"' for name in names]
    assigned = [f"{name}{mark}" for name in names for mark in "=[]"]
    in_json, in_form = _patterns(map(re.escape, names))
    in_encoded_json, in_encoded_form = _patterns(map(spelled, names))
    in_path = re.compile(rf"\A([A-Z]+ [^\s?]*/{spelled(after)}/)[^\s?]+", re.IGNORECASE) if after else None

    def scrub(text: str) -> str:
        if in_path:
            text = in_path.sub(rf"\1{STARS}", text, count=1)
        if query:
            text = QUERY.sub(rf"\1{STARS}", text, count=1)
        if "%" in text or "\\" in text:
            return in_encoded_form.sub(IN_FORM, in_encoded_json.sub(IN_JSON, text))
        # A name that can only stand for itself is looked for as it is: most texts hold none.
        lower = text.lower()
        if any(name in lower for name in quoted):
            text = in_json.sub(IN_JSON, text)
        if any(name in lower for name in assigned):
            text = in_form.sub(IN_FORM, text)
        return text

    return scrub


def _patterns(names: Iterable[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What finds the values of fields whose names match: in JSON, and in a form or a query."""
    any_name = "|".join(names)
    # What `forms.unfolded` takes apart: a name in brackets, or with some.  The next name ends the search for this one's
    # equals sign, so that no letter is looked at for two of them.
    within = rf"(?:(?!(?:[?\[]|%5b)(?:{any_name}))[^=&\s])*+"
    return (
        re.compile(rf'("(?:{any_name})"\s*:\s*)(?:{VALUE})', re.IGNORECASE | re.DOTALL),
        re.compile(
            rf"((?:^|[?&\s\[]|%5b)(?:{any_name})(?:(?=[\[\]]|%5[bd]){within})?=)[^&\s]+", re.IGNORECASE
        ),
    )


def spelled(name: str) -> str:
    r"""The pattern of a name as it may travel: each character as itself, as ``%XX`` or as ``\u00XX``, in any case.

    The three begin differently and none repeats, so that there is one way to match and nothing to try again.
    """
    return "".join(
        rf"(?:{re.escape(letter)}|(?:%|\\u00)(?:{ord(letter.lower()):02x}|{ord(letter.upper()):02x}))"
        for letter in name
    )
