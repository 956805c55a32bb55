"""Sound phase outputs that the tests of this folder change one thing at a time."""

from __future__ import annotations

import copy
from typing import Any


def explore() -> dict[str, Any]:
    return {
        "notice": "Written by rule (engine outline); no model was used.",
        "summary": "A small shop in Python whose login lives in shop/auth.py and whose orders live beside it.",
        "project_type": "library",
        "file_count": 34,
        "languages": [{"name": "Python", "files": 30, "lines": 2100}],
        "manifests": [{"path": "pyproject.toml", "kind": "Python project"}],
        "setup_command": {"command": "pip install -e .", "source": "pyproject.toml"},
        "test_command": {"command": "pytest -q", "source": "pyproject.toml"},
        "entry_points": [{"path": "shop/__main__.py", "kind": "module", "name": "shop"}],
        "rules": [{"path": "AGENTS.md", "line": 3, "text": "Never log passwords."}],
        "relevant_files": [{"path": "shop/auth.py", "score": 9.5, "why": "names login and password 14 times"}],
        "structure": [{"path": "shop", "files": 20, "about": "the package"}],
    }


def requirements() -> dict[str, Any]:
    return {
        "notice": "Written by rule (engine outline); no model was used.",
        "feature_name": "Account lock",
        "introduction": "Accounts are guessed at night; five failed logins lock an account and its owner is told.",
        "glossary": [{"term": "login service", "definition": "`shop/auth.py`, which checks passwords"}],
        "requirements": [
            {
                "id": "REQ-001",
                "title": "Lock after five failed logins",
                "user_story": {"role": "account owner", "want": "a lock", "benefit": "guessing stops"},
                "statement": "When a login fails for the fifth time, the login service shall lock the account.",
                "criteria": [
                    {
                        "id": "REQ-001.1",
                        "text": "When a login fails for the fifth time within 15 minutes, the login service shall "
                        "lock the account for 30 minutes.",
                    },
                    {
                        "id": "REQ-001.2",
                        "text": "If a login names a locked account, then the login service shall answer 423.",
                    },
                ],
            },
            {
                "id": "REQ-002",
                "title": "Email the owner",
                "user_story": {"role": "account owner", "want": "a message", "benefit": "I can act"},
                "statement": "When an account becomes locked, the system shall email its owner within 60 seconds.",
                "criteria": [
                    {
                        "id": "REQ-002.1",
                        "text": "When an account becomes locked, the system shall send one email to its owner.",
                    },
                    {
                        "id": "REQ-002.2",
                        "text": "If the mail server refuses the email, then the system shall send it again after "
                        "5 minutes.",
                    },
                ],
            },
        ],
        "assumptions": ["ASSUMED: a lock ends by itself."],
        "out_of_scope": ["Captchas"],
        "open_questions": [],
        "changes": [],
    }


def design() -> dict[str, Any]:
    return {
        "notice": "",
        "feature_name": "Account lock",
        "overview": "The login service counts failures per account in a table.\n\nA lock is a time in the "
        "account's row; the mailer sends one message for each lock.",
        "components": [
            {
                "name": "LoginService",
                "responsibility": "Counts failed logins and locks the account.",
                "files": ["shop/auth.py"],
                "requirements": ["REQ-001"],
            },
            {
                "name": "Mailer",
                "responsibility": "Sends the message about a lock.",
                "files": ["shop/mail.py"],
                "requirements": ["REQ-002.1", "REQ-002.2"],
            },
        ],
        "files": [
            {"path": "shop/auth.py", "change": "modify", "why": "count failures"},
            {"path": "shop/mail.py", "change": "create", "why": "send the message"},
        ],
        "data_models": [
            {"name": "account", "fields": [{"name": "locked_until", "type": "datetime | None", "note": "UTC"}]}
        ],
        "interfaces": [{"name": "POST /login", "kind": "HTTP", "description": "answers 423 for a locked account"}],
        "errors": [{"case": "mail refused", "response": "again after 5 minutes", "requirements": ["REQ-002.2"]}],
        "security": ["The answer for a locked account does not say whether the password was right."],
        "testing": ["One scenario for each criterion."],
        "diagram": "flowchart LR\n  login --> lock\n  lock --> mail",
        "changes": [],
    }


def tasks() -> dict[str, Any]:
    return {
        "notice": "",
        "feature_name": "Account lock",
        "tasks": [
            task(1, "Count failed logins", requirements=["REQ-001"], files=["shop/auth.py"]),
            task(2, "Lock the account", depends_on=["TSK-001"], requirements=["REQ-001.2"], files=["shop/auth.py"]),
            task(3, "Email the owner", depends_on=["TSK-002"], requirements=["REQ-002"], files=["shop/mail.py"]),
        ],
        "changes": [],
    }


def task(number: int, title: str, **fields: Any) -> dict[str, Any]:
    whole = {
        "id": f"TSK-{number:03d}",
        "title": title,
        "description": f"{title} as the design says it.",
        "depends_on": [],
        "requirements": ["REQ-001"],
        "files": [f"shop/{number}.py"],
        "check": "pytest -q",
        "priority": "medium",
        "estimate_hours": 2,
    }
    return {**whole, **fields}


def output(phase: str) -> dict[str, Any]:
    """A fresh sound output of a planning phase."""
    makers = {"EXPLORE": explore, "REQUIREMENTS": requirements, "DESIGN": design, "TASKS": tasks}
    return copy.deepcopy(makers[phase]())
