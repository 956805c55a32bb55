"""The letters that the shop writes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Letter:
    """One email."""

    to: str
    subject: str
    body: str


@dataclass
class Outbox:
    """Letters on their way. What delivers them reads from here; so do tests."""

    letters: list[Letter] = field(default_factory=list)

    def send(self, to: str, subject: str, body: str) -> None:
        self.letters.append(Letter(to, subject, body))

    def welcome(self, email: str, name: str) -> None:
        self.send(email, "Welcome to the shop", f"Hello {name},\n\nyour account is ready.\n")

    def confirm_order(self, email: str, number: int, total: str) -> None:
        self.send(email, f"Your order {number}", f"Thank you. The total is {total}.\n")
