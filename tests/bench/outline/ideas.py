"""Twenty ideas as people type them, of different domains and lengths."""

from __future__ import annotations

IDEAS: tuple[tuple[str, str], ...] = (
    ("Lock an account after five failed logins and email its owner", ""),
    (
        "CSV export of orders",
        "Shop managers should be able to export all orders of a month as CSV. The file must contain order number, "
        "date, customer and total. Exports with more than 10,000 rows are sent by email.",
    ),
    (
        "",
        "When a payment fails, retry it after 24 hours and notify the customer; after three failed attempts cancel "
        "the subscription",
    ),
    ("Dark mode", ""),
    (
        "Rate limiting for the public API",
        "Limit each API key to 100 requests per minute. Return 429 with a Retry-After header when the limit is "
        "exceeded. Admins can raise the limit per key.\n\nOut of scope:\n- billing\n- dashboards per user",
    ),
    ("Fix the crash when exporting an empty report", ""),
    ("As a librarian I want to see overdue books so that I can remind readers", ""),
    ("Passwords must never be stored in plain text", ""),
    (
        "Find recipes",
        "Users need a search box on the recipes page:\n- filter by ingredient\n- sort by cooking time\n"
        "- results show the picture and the rating\n\nCurrently people scroll through 400 recipes. "
        "Should drafts be included?",
    ),
    ("Send invoices within 24 hours of delivery unless the customer has opted out", ""),
    ("Every night back up the database to S3 and delete backups older than 30 days", ""),
    (
        "Online appointments",
        "Allow patients to book appointments online, cancel them up to 24 hours before and receive a reminder SMS "
        "one day before. Doctors can block days.",
    ),
    ("While offline, the app should queue edits and sync them when the connection is back", ""),
    ("Resize uploaded pictures to 1600 pixels and strip their location data", ""),
    (
        "Parking sensors",
        "Poll every parking sensor each 30 seconds. If a sensor is silent for 5 minutes, mark its space as unknown "
        "and tell the operator. Drivers see free spaces on a map.",
    ),
    ("Translate the checkout into German and French", ""),
    ("Merge duplicate contacts with the same phone number and keep the newest address", ""),
    (
        "Exam mode for the quiz app",
        "Teachers schedule an exam with a start and an end. Students cannot open the exam before the start. When the "
        "time is over, the app submits the answers. Grades are published after the teacher has approved them.",
    ),
    ("Sign webhooks with HMAC-SHA256 and reject deliveries older than five minutes", ""),
    (
        "Warehouse stocktaking",
        "We count stock on paper today.\n1. Scan a shelf label\n2. Enter the counted amount\n3. Compare it with the "
        "expected stock\n4. Report differences above 2 percent to the warehouse lead\nNo need to support several "
        "warehouses.",
    ),
)
"""(title, description); the title may be empty, as in a launch."""
