"""From a strawberry input to the pydantic schema that REST uses: the rules exist once."""

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import strawberry
from pydantic import BaseModel, ValidationError
from strawberry.utils.str_converters import to_camel_case

from crmkit.kernel.errors import Fault, Invalid
from crmkit.web.problems import fault_code

M = TypeVar("M", bound=BaseModel)


def checked(schema: type[M], given: object) -> M:
    """The input, validated; what the caller left out stays unset, what is null stays null.

    Raises Invalid with a fault for each offending field, its pointer in the input's own names.
    """
    try:
        return schema.model_validate(_given(given))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [Fault(_pointer(f["loc"]), fault_code(f["type"]), _said(f["msg"])) for f in found]
        raise Invalid("the input breaks a rule", faults=faults) from None


def _given(value: Any) -> Any:
    if isinstance(value, list):
        return [_given(item) for item in value]
    if not is_dataclass(value):
        return value
    named = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: _given(each) for name, each in named if each is not strawberry.UNSET}


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


def _pointer(location: tuple[str | int, ...]) -> str:
    return "".join(
        f"/{to_camel_case(part) if isinstance(part, str) else part}" for part in location
    )
