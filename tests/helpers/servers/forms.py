"""The form of a deployment in Prefect's dashboard, filled in and submitted as a person does it."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tests.helpers.servers.browser import picture

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.helpers.servers.up import Up

PROPERTY = "contains(concat(' ', @class, ' '), ' schema-form-property ')"
TYPES: dict[type, tuple[str, ...]] = {str: ("str", "path"), int: ("int",), list: ("list",)}
"""What the buttons are called that choose the type of a field."""
PATIENCE = 90_000
"""Milliseconds: a write that Prefect's database does not take is given up after 60 seconds."""


def submit_form(page: "Page", up: "Up", name: str, given: dict[str, Any]) -> str:
    """Open the form of ``flow/deployment``, fill in what is ``given``, and submit it; the run's id."""

    def filled_in() -> None:
        page.goto(f"{up.prefect_url}/deployments/deployment/{up.deployment(name)['id']}/run")
        for field, value in given.items():
            fill(field_named(page, field), value)
        picture(page, f"form-{name.partition('/')[2]}")

    return submitted(page, filled_in)


def field_named(place: "Page | Locator", name: str) -> "Locator":
    """A field, or a group of fields, by its name; those within a group are called in words."""
    label = re.compile(rf"^({name}|{name.replace('_', ' ').title()})( \(Optional\))?$")
    header = place.locator(".schema-form-property__label").get_by_text(label)
    return header.locator(f"xpath=ancestor::div[{PROPERTY}][1]").last


def fill(field: "Locator", value: Any) -> None:
    """Give a field a value: text, a number, a list, or the fields of a group; JSON where it asks for that."""
    own = field.locator("> .p-label__body")
    own.locator("fieldset").first.wait_for()
    choices = own.locator("> .p-button-group").get_by_role("button")
    if choices.count():
        names = TYPES.get(type(value), ())
        wanted = [one for one in choices.all() if one.inner_text() in names or isinstance(value, dict)]
        wanted[0].click()
    if isinstance(value, list):
        for number, item in enumerate(value):
            own.get_by_role("button", name="Add item").click()
            own.locator(".schema-form-property-array-item").nth(number).locator("textarea, input").first.fill(
                str(item)
            )
    elif isinstance(value, dict) and not choices.count():
        own.locator("textarea").fill(json.dumps(value))
    elif isinstance(value, dict):
        for name, part in value.items():
            fill(field_named(own, name), part)
    else:
        own.locator("textarea, input").first.fill(str(value))


def submitted(page: "Page", filled_in: Callable[[], object]) -> str:
    """Fill in and submit the form of a run, again where a busy server refused, as a person would; the run's id."""
    from playwright.sync_api import TimeoutError as NoAnswer

    for _ in range(3):
        filled_in()
        with suppress(NoAnswer):
            with page.expect_response(re.compile("/create_flow_run$"), timeout=PATIENCE) as answer:
                page.get_by_role("button", name="Submit").click(timeout=PATIENCE)
            if answer.value.ok:
                return str(answer.value.json()["id"])
        print("not submitted:", page.locator("body").inner_text())
    raise AssertionError("the form was submitted three times and no run began")
