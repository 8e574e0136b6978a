"""The form of a flow in Prefect's dashboard: what must be given, then what is short, then folded groups."""

import re
from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import Any

from pydantic import BaseModel

OPTION = re.compile(
    r"(?P<command>\bgreenlightning [a-z][^;,]*)|(?P<asked>\bwith |\bto )?--(?P<name>[a-z][a-z-]*)\b"
)
"""An option of the command line, or a whole command, whose options stay."""
FIELDS = {"batch": "batches", "cost": "costs", "from": "landed_from", "id": "identifiers", "out": "output"}
"""Options whose fields have another name."""
OPTIONS = re.compile(r"--([a-z][a-z-]*)")
ASKED = ("dataset", "id", "reason")
"""Options whose fields a form asks for by itself."""
COMMAND = re.compile(r"\bgreenlightning (?:quarantine )?([a-z]+)")
DEPLOYED = frozenset({"accept", "discard", "forget", "ingest", "label", "learn", "promote", "report", "retrain"})
DEPLOYED |= {"federate", "rollback", "score", "train"}
"""Commands that are deployments, too."""


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


def for_form(text: str, signature: Signature) -> str:
    """A remedy for whoever filled in the form: the field beside an option, the deployment beside a command."""
    places = {
        field: f"{field} of the group {name}" if field != name else field
        for name, parameter in reversed(list(signature.parameters.items()))
        for field in (*(type(parameter.default).model_fields if _is_group(parameter) else ()), name)
    }

    def named(found: re.Match[str]) -> str:
        if found["command"]:
            return found[0]
        field = found["name"].replace("-", "_")
        place = places.get(FIELDS.get(found["name"], field)) or places.get(field)
        if place is None:
            return found[0]
        return f"{found['asked'] or ''}the field {place} (on the terminal: --{found['name']})"

    return OPTION.sub(named, text) + _forms(text)


def _forms(text: str) -> str:
    """The deployments that do what the commands in ``text`` do, each with the fields that its options fill in."""
    forms = {}
    for found in OPTION.finditer(text):
        name = COMMAND.match(found["command"] or "")
        if name and name[1] in DEPLOYED:
            options = [one for one in OPTIONS.findall(found["command"]) if one not in ASKED]
            fields = [FIELDS.get(one, one).replace("-", "_") for one in options]
            forms[name[1]] = f"{name[1]}, field {' and '.join(fields)}" if fields else name[1]
    return f" (here: the form of the deployment {' or '.join(forms.values())})" if forms else ""
