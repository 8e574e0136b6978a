"""Notifications: one automation of Prefect that sends what happens to a notification block of Prefect."""

from typing import Literal, cast
from urllib.parse import urlsplit
from uuid import UUID

from prefect.automations import Automation
from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.settings import PREFECT_API_URL
from pydantic import SecretStr

from greenlightning.errors import InputError, ServerError
from tasks.data.events import PROMOTED, QUARANTINED, RED

Happening = Literal["promoted", "quarantined", "red", "failed"]
EVENTS: dict[Happening, tuple[str, ...]] = {
    "promoted": (PROMOTED,),
    "quarantined": (QUARANTINED,),
    "red": (RED,),
    "failed": tuple(f"prefect.flow-run.{state}" for state in ("Failed", "Crashed", "TimedOut")),
}
NAME = "greenlightning"
SLACK = "hooks.slack.com"
SUBJECT = "{{ event.payload.subject or (flow_run.name ~ ': ' ~ flow_run.state.name) }}"
BODY = "{{ event.payload.text or flow_run.state.message }}"
"""Our own events say it themselves; of a failure the run is asked."""


def notify(to: str, happenings: tuple[Happening, ...]) -> str:
    """Send the happenings to a URL, or to a saved block named ``TYPE/NAME``; the name of the automation.

    A later call replaces the automation.
    """
    if not PREFECT_API_URL.value():
        raise ServerError("No Prefect server runs that could send notifications", "Run: greenlightning up")
    block = _saved_webhook(to) if urlsplit(to).scheme in ("http", "https") else _existing(to)
    automation = Automation(
        name=f"Notify {_where(to)}",
        description=f"Sends {', '.join(happenings)} to the block {NAME if '://' in to else to}.",
        trigger=EventTrigger(
            expect={event for happening in happenings for event in EVENTS[happening]},
            match={"prefect.resource.id": ["greenlightning.dataset.*", "prefect.flow-run.*"]},
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[SendNotification(block_document_id=block, subject=SUBJECT, body=BODY)],
    )
    _replace(automation)
    return automation.name


def _saved_webhook(url: str) -> UUID:
    """The block of a URL: Slack's own for Slack, else one that posts subject and body as JSON."""
    if urlsplit(url).hostname == SLACK:
        made: Block = SlackWebhook(url=SecretStr(url))
    else:
        content = {"subject": "{{subject}}", "body": "{{body}}"}
        made = CustomWebhookNotificationBlock(name=NAME, url=url, json_data=content)
    return cast(UUID, made.save(NAME, overwrite=True))


def _existing(name: str) -> UUID:
    """The id of a saved notification block; InputError where there is none of that name."""
    try:
        block = cast(Block, Block.load(name))
    except ValueError as error:
        raise InputError(f"{name!r} is neither a URL nor a saved block", "Give https://… or TYPE/NAME") from error
    if not isinstance(block, NotificationBlock) or block._block_document_id is None:
        raise InputError(f"The block {name} sends no notification", "Name one of Prefect's notification blocks")
    return block._block_document_id


def _where(to: str) -> str:
    """The receiver in a name: a host, never the secret part of a URL."""
    return urlsplit(to).hostname or to


def _replace(automation: Automation) -> None:
    try:
        old = cast(Automation, Automation.read(name=automation.name))
    except ValueError:
        automation.create()
        return
    automation.id = old.id
    automation.update()
