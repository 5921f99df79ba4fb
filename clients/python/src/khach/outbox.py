"""Edits without the network, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from . import _ffi, _values
from ._ffi import lib


class EditKind(IntEnum):
    """What an edit changes."""

    NONE = 0
    """One that was taken back, or whose customer was erased."""
    ADDRESS = 1
    MANUAL_NAME = 2
    BLOCK = 3
    UNBLOCK = 4
    ADD_CONTACT = 5
    REJECT_CONTACT = 6
    PIN_CONTACT = 7
    UNPIN_CONTACT = 8

    @classmethod
    def _missing_(cls, value: object) -> EditKind:
        return cls.NONE


class ContactKind(IntEnum):
    """What a contact is."""

    NONE = 0
    PHONE = 1
    EMAIL = 2

    @classmethod
    def _missing_(cls, value: object) -> ContactKind:
        return cls.NONE


class MutationState(IntEnum):
    """What became of an edit."""

    WAITING = 1
    """It was never sent."""
    SENT = 2
    """It was sent, and no outcome came yet."""
    APPLIED = 3
    MODIFIED = 4
    """Done, and other than it was asked."""
    REJECTED = 5
    """Not done; the reason says why."""
    SUPERSEDED = 6
    """Not done: somebody else saved the field since."""


@dataclass(frozen=True, slots=True)
class CustomerEdit:
    """A change of a customer that is made on the cache, and sent by the next sync."""

    customer_id: str
    #: Who makes it: 1 to 200 bytes.
    actor: str
    kind: EditKind
    #: The address, the name, the reason, or the contact's value.
    text: str = ""
    contact: ContactKind = ContactKind.NONE


@dataclass(frozen=True, slots=True)
class Mutation:
    """An edit in the outbox, and what became of it."""

    #: Dense for each cache, from 1.
    id: int
    customer_id: str
    kind: EditKind
    contact: ContactKind
    text: str
    actor: str
    #: By this machine's clock, in milliseconds since 1970 UTC.
    made_at_ms: int
    state: MutationState
    #: The server's reason, such as "ROLE_ON_PAGE", and its words for it.
    reason: str
    message: str
    #: What somebody else saved, when it was superseded, and who.
    stored: str
    stored_by: str
    #: The commit sequence whose feed shows it; 0 while there is none.
    seq: int

    @property
    def is_done(self) -> bool:
        """Whether the server did it, as it was asked or otherwise."""
        return self.state in (MutationState.APPLIED, MutationState.MODIFIED)

    @property
    def made_at(self) -> datetime | None:
        """When it was made, in UTC."""
        return _values.moment(self.made_at_ms)

    def members(self) -> dict[str, str]:
        """As a line of `khach offline outbox export` has it: what is empty is left out."""
        made_at = _values.moment(self.made_at_ms)
        when = made_at.isoformat(timespec="milliseconds") if made_at else ""
        members = {
            "mutationId": str(self.id),
            "customerId": self.customer_id,
            "actor": self.actor,
            "madeAt": when.replace("+00:00", "Z"),
            "change": _WORDS[self.kind],
            "value": self.text,
            "state": self.state.name.lower(),
            "reason": self.reason,
            "message": self.message,
            "stored": self.stored,
            "storedBy": self.stored_by,
            "seq": str(self.seq) if self.seq else "",
        }
        return {name: value for name, value in members.items() if value}


#: As the command line calls them.
_WORDS = {
    EditKind.NONE: "",
    EditKind.ADDRESS: "address",
    EditKind.MANUAL_NAME: "name",
    EditKind.BLOCK: "block",
    EditKind.UNBLOCK: "unblock",
    EditKind.ADD_CONTACT: "contact add",
    EditKind.REJECT_CONTACT: "contact reject",
    EditKind.PIN_CONTACT: "contact pin",
    EditKind.UNPIN_CONTACT: "contact unpin",
}


def contact_kind(value: str) -> ContactKind:
    """With an @ it is an e-mail address, as the command line has it."""
    return ContactKind.EMAIL if "@" in value else ContactKind.PHONE


def edit(wanted: CustomerEdit) -> _ffi.Edit:
    """The edit as C has it; what it points to lives as long as it does."""
    return _ffi.Edit(
        kind=_values.number("kind", wanted.kind),
        contact_kind=_values.number("contact_kind", wanted.contact),
        customer_id=_values.some_text("customer_id", wanted.customer_id),
        actor=_values.some_text("actor", wanted.actor),
        text=_values.some_text("text", wanted.text),
    )


def mutations(handle: int | None) -> tuple[Mutation, ...]:
    """Copies an outbox."""
    return tuple(
        Mutation(
            id=lib.khach_outbox_list_id_at(handle, index),
            customer_id=lib.khach_outbox_list_customer_at(handle, index).decode(),
            kind=EditKind(lib.khach_outbox_list_kind_at(handle, index)),
            contact=ContactKind(lib.khach_outbox_list_contact_kind_at(handle, index)),
            text=lib.khach_outbox_list_text_at(handle, index).decode(),
            actor=lib.khach_outbox_list_actor_at(handle, index).decode(),
            made_at_ms=lib.khach_outbox_list_made_at_ms_at(handle, index),
            state=MutationState(lib.khach_outbox_list_state_at(handle, index)),
            reason=lib.khach_outbox_list_reason_at(handle, index).decode(errors="replace"),
            message=lib.khach_outbox_list_message_at(handle, index).decode(errors="replace"),
            stored=lib.khach_outbox_list_stored_at(handle, index).decode(),
            stored_by=lib.khach_outbox_list_stored_by_at(handle, index).decode(),
            seq=lib.khach_outbox_list_seq_at(handle, index),
        )
        for index in range(lib.khach_outbox_list_count(handle))
    )
