"""Why a value was refused, in words for people: pydantic speaks to programmers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# pydantic's type of error -> a sentence about the field; {names} come from the error's context
SENTENCES = {
    "missing": "is missing",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} character(s)",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "has characters that can't be used here, or too many",
    "literal_error": "must be {expected}",
    "dict_type": "this must be an object with named values",
    "model_attributes_type": "this must be an object with named values, sent as JSON",
    "model_type": "this must be an object with named values",
    "list_type": "must be a list",
}


def plain_message(error: Mapping[str, Any]) -> str:
    """The message of one row of ValidationError.errors()."""
    sentence = SENTENCES.get(str(error["type"]))
    if sentence is None:
        return str(error["msg"]).removeprefix("Value error, ")
    try:
        return sentence.format(**error.get("ctx", {}))
    except KeyError:  # another version of pydantic names the limit differently
        return str(error["msg"])
