"""The form of a flow in Prefect's dashboard: what must be given, then what is short, then folded groups."""

from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import Any

from pydantic import BaseModel


def form_signature(signature: Signature) -> Signature:
    """The signature that a form is made from: a group of fields may be None, and is shown folded."""
    shown = [_folded(one) if _is_group(one) else one for one in signature.parameters.values()]
    ordered = sorted(shown, key=lambda one: (one.default is not Parameter.empty, _is_long(one, signature)))
    keywords = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in ordered]
    return signature.replace(parameters=keywords)


def filled_in(given: Mapping[str, Any], signature: Signature) -> dict[str, Any]:
    """The parameters of a run without the groups that its form left folded: they have their defaults."""
    parameters = signature.parameters
    return {name: value for name, value in given.items() if value is not None or not _is_group(parameters[name])}


def _is_group(parameter: Parameter) -> bool:
    return isinstance(parameter.default, BaseModel)


def _is_long(parameter: Parameter, signature: Signature) -> bool:
    return _is_group(signature.parameters[parameter.name])


def _folded(parameter: Parameter) -> Parameter:
    return parameter.replace(annotation=parameter.annotation | None, default=None)
