"""Which record of the journal keeps each event of a dial's link and of the player.

A record's fields are those of its event, under the same names unless
`FIELDS` says otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from tracedial.link.connection import LinkChange
from tracedial.link.messages import (
    ConfigValue,
    Event,
    Gone,
    Hello,
    Log,
    Mark,
    OtherDial,
    Refused,
    Sample,
    Started,
    Status,
    SyncExchange,
)
from tracedial.recording.record_kinds import Kind
from tracedial.recording.session import scale_to_json
from tracedial.timing.player import PlayerEvent

KINDS: Mapping[type, Kind | None] = {
    Hello: Kind.HELLO,
    SyncExchange: Kind.SYNC,
    Started: Kind.STARTED,
    Sample: Kind.SAMPLE,
    Mark: Kind.EVENT,
    Gone: Kind.GONE,
    Refused: Kind.REFUSED,
    Log: Kind.LOG,
    LinkChange: Kind.LINK,
    OtherDial: Kind.OTHER_DIAL,
    # A STATUS only feeds the page's gauge, and a setting's value does not belong to a recording.
    Status: None,
    ConfigValue: None,
}


def _hello_fields(fields: dict[str, Any], event: Hello) -> dict[str, Any]:
    return {**fields, "scale": scale_to_json(event.scale)}


def _refused_fields(fields: dict[str, Any], event: Refused) -> dict[str, Any]:
    # That name is taken by the record's own kind.
    return {"message": event.kind, **{name: value for name, value in fields.items() if name != "kind"}}


FIELDS: Mapping[type, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    Hello: _hello_fields,
    Refused: _refused_fields,
}


def record_of(event: Event | LinkChange) -> tuple[Kind, dict[str, Any]] | None:
    """The kind and the fields of the record for an event; None for an event that is not kept."""
    kind = KINDS[type(event)]
    if kind is None:
        return None
    fields = asdict(event)
    change = FIELDS.get(type(event))
    return kind, change(fields, event) if change else fields


def player_fields(event: PlayerEvent) -> dict[str, Any]:
    """A player's event as the fields of its record; fields that it does not state are left out."""
    fields = {key: value for key, value in asdict(event).items() if value is not None}
    return {"event": fields.pop("kind"), **fields}
