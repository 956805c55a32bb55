"""Three small repositories of different kinds, written by this file into a folder."""

from __future__ import annotations

from pathlib import Path

SHOP = {
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask>=3"]\n\n[project.scripts]\nshop = "shop.web:main"\n\n'
    '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    "README.md": "# Shop\n\nA small shop that sells books and keeps its customers' accounts.\n",
    "AGENTS.md": "# Rules\n\n- Never log a password.\n- Run `pytest` before every commit.\n\nMoney is always an integer of cents.\n",
    "shop/__init__.py": '"""A small shop."""\n',
    "shop/auth.py": '"""Login and accounts."""\n\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Account:\n    email: str\n'
    "    password_hash: str\n    failed_logins: int = 0\n\n\ndef login(account: Account, password: str) -> bool:\n"
    '    """Check a password and count failed logins."""\n    return False\n',
    "shop/mail.py": '"""Mail to owners of accounts."""\n\n\ndef send_mail(address: str, text: str) -> None:\n    """Hand one mail to the server."""\n',
    "shop/orders.py": '"""Orders and their invoices."""\n\n\ndef export_orders(month: str) -> str:\n    """Write orders as CSV."""\n    return ""\n',
    "shop/web.py": "from flask import Flask\n\napp = Flask(__name__)\n\n\ndef main() -> None:\n    app.run()\n",
    "tests/test_auth.py": "from shop.auth import login\n\n\ndef test_login():\n    assert login\n",
}
CLINIC = {
    "package.json": '{"name": "clinic", "main": "src/server.js", "scripts": {"test": "vitest run"}, "dependencies": {"express": "^4"}}\n',
    "package-lock.json": "{}\n",
    "README.md": "Clinic\n======\n\nBooks appointments of patients and reminds them by SMS.\n",
    "CONTRIBUTING.md": "# Contributing\n\n1. Write a test for every route.\n2. Do not commit patient data.\n",
    "src/server.js": "// Starts the clinic's HTTP server.\nconst express = require('express');\nfunction start(port) { return express().listen(port); }\n",
    "src/appointments.js": "// Appointments: book, move, cancel.\nexport function bookAppointment(patient, day) { return { patient, day }; }\n"
    "export function cancelAppointment(id) { return id; }\n",
    "src/reminders.ts": "export interface Reminder {\n  patient: string;\n  sendAt: Date;\n}\nexport function sendReminder(r: Reminder) {}\n",
    "test/appointments.test.js": "import { bookAppointment } from '../src/appointments.js';\n",
}
GATEWAY = {
    "go.mod": "module example.org/gateway\n\ngo 1.22\n",
    "Makefile": "build:\n\tgo build ./...\n\ntest: build\n\tgo test ./...\n",
    "README.md": "# Gateway\n\nForwards API requests and counts them per key.\n",
    "main.go": "package main\n\nfunc main() { serve() }\n",
    "limit/limit.go": "// Package limit counts requests per API key.\npackage limit\n\ntype Limiter struct {\n\tKey string\n\tPerMinute int\n}\n\n"
    "func Allow(key string) bool { return true }\n",
    "webhook/sign.go": '// Package webhook signs deliveries.\npackage webhook\n\nfunc Sign(body []byte) string { return "" }\n',
    "webhook/sign_test.go": 'package webhook\n\nimport "testing"\n\nfunc TestSign(t *testing.T) {}\n',
    "features/keys.feature": "Feature: Keys\n  Scenario: A key\n    Then the gateway shall know it\n",
}
SAMPLES = {"shop": SHOP, "clinic": CLINIC, "gateway": GATEWAY}


def write_sample(name: str, folder: Path) -> Path:
    """Write the sample repository of that name below `folder` and return its root."""
    root = folder / name
    for path, text in SAMPLES[name].items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return root
