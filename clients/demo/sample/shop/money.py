"""Amounts in cents."""

from __future__ import annotations


def show(cents: int) -> str:
    """ "12.50 EUR" for 1250."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02} EUR"


def percent(cents: int, rate: int) -> int:
    """`rate` percent of an amount, rounded half up."""
    return (cents * rate + 50) // 100
