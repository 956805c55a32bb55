"""A worker that lies: the real one, but its journal is written by somebody hostile. Travels inside a test's worker.pyz."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omoi_worker.cli import main as real_main
from omoi_worker.journal import Journal

STAGE = Path("@STAGE@")
Fields = dict[str, Any]
Write = Callable[[Journal, str, Fields], int]
truthful: Write = Journal._write


def main() -> int:
    """Put the lie of the script into place, then be the worker."""
    script = json.loads((STAGE / "script.json").read_text(encoding="utf-8"))
    job = json.loads((Path(sys.argv[2]) / "job.json").read_text(encoding="utf-8")) if len(sys.argv) > 2 else {}
    name = script["lie"]
    if name and script["lie_at"] in ("", job.get("kind")):
        lie = LIES[name]

        def write(journal: Journal, kind: str, fields: Fields) -> int:
            return lie(journal, kind, fields)

        type.__setattr__(Journal, "_write", write)
    return real_main(sys.argv[1:])


def _raw(journal: Journal, content: bytes) -> None:
    os.write(journal._fd, content)


def _extra(journal: Journal, kind: str, **fields: Any) -> None:
    """One more line, rightly numbered."""
    truthful(journal, kind, fields)


def _at(wanted: str, change: Callable[[Journal, Fields], None]) -> Write:
    """The truth, but `change` may bend the fields of lines of one type, or write something before them."""

    def lie(journal: Journal, kind: str, fields: Fields) -> int:
        if kind == wanted:
            change(journal, fields)
        return truthful(journal, kind, fields)

    return lie


def _gap(journal: Journal, fields: Fields) -> None:
    journal._last += 1


def _double(journal: Journal, fields: Fields) -> None:
    journal._last -= 1


def _journal_link(journal: Journal, fields: Fields) -> None:
    journal.path.rename(journal.path.with_name("hidden"))
    journal.path.symlink_to("/etc/passwd")


def _journal_pipe(journal: Journal, fields: Fields) -> None:
    journal.path.unlink()
    os.mkfifo(journal.path)


def _out(journal: Journal, fields: Fields) -> Path:
    return journal.path.parent / str(fields["bundle"])


def _digest(journal: Journal, fields: Fields) -> None:
    fields["sha256"] = hashlib.sha256(b"something else").hexdigest()


def _link(journal: Journal, fields: Fields) -> None:
    """A link to a file outside with the right content, so that only its being a link is wrong."""
    real = _out(journal, fields)
    hidden = journal.path.parent / "home" / "bundle"
    real.rename(hidden)
    real.symlink_to(hidden)


def _outside(journal: Journal, fields: Fields) -> None:
    fields["bundle"] = "out/../job.json"
    fields["sha256"] = hashlib.sha256((journal.path.parent / "job.json").read_bytes()).hexdigest()


def _tree(journal: Journal, fields: Fields) -> None:
    fields["evidence"] = {**fields["evidence"], "tree": "0" * 40}


def _red(journal: Journal, fields: Fields) -> None:
    fields["evidence"] = {**fields["evidence"], "exit_code": 1}


def _bundle(journal: Journal, fields: Fields) -> None:
    content = b"# v2 git bundle\n" + str(fields["commit"]).encode() + b" refs/omoi/tip-0\n\nPACK rubbish"
    _out(journal, fields).write_bytes(content)
    fields["sha256"] = hashlib.sha256(content).hexdigest()


def _commit(journal: Journal, fields: Fields) -> None:
    fields["commit"] = fields["parent"]


def _forged(said: Callable[[str], str], author: str = "Omoi") -> Callable[[Journal, Fields], None]:
    """The same tree on the same parent, with other words: `said` makes the message of the honest one."""

    def change(journal: Journal, fields: Fields) -> None:
        def git(*words: str, stdin: str = "") -> str:
            names = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in identity}
            answer = subprocess.run(
                ["git", *words], cwd=journal.path.parent / "work", input=stdin.encode(), env={**os.environ, **names},
                check=True, capture_output=True,
            )  # fmt: skip
            return answer.stdout.decode().strip()

        identity = (("NAME", author), ("EMAIL", "omoi@localhost"))
        message = said(git("log", "-1", "--format=%B", str(fields["commit"])))
        made = git("commit-tree", str(fields["tree"]), "-p", str(fields["parent"]), "-F", "-", stdin=message)
        git("update-ref", "refs/omoi/tip-0", made)
        git("bundle", "create", "--quiet", str(_out(journal, fields)), "refs/omoi/tip-0", f"^{fields['parent']}")
        fields.update(commit=made, sha256=hashlib.sha256(_out(journal, fields).read_bytes()).hexdigest())

    return change


def _option(journal: Journal, fields: Fields) -> None:
    fields["commit"] = "--upload-pack=touch pwned"


def _text(journal: Journal, fields: Fields) -> None:
    """NUL and a lone surrogate, as JSON can say them and no database takes them."""
    journal._last += 1
    line = {"n": journal._last, "at": "9999-99-99", "type": "note"}
    _raw(journal, (json.dumps(line)[:-1] + ', "text": "a\\u0000b\\ud800c\\u001b[31m"}\n').encode())


def _deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def _silent(journal: Journal, kind: str, fields: Fields) -> int:
    """Stops being there when it should hand out what it made."""
    if kind in ("result", "phase_output"):
        os._exit(0)
    return truthful(journal, kind, fields)


def _asleep(journal: Journal, kind: str, fields: Fields) -> int:
    """Lives and says nothing at all."""
    time.sleep(60)
    return 0


def _gated(journal: Journal, fields: Fields) -> None:
    _extra(journal, "end", outcome="gated", message="waits for approval")
    os._exit(0)


def _early_end(journal: Journal, fields: Fields) -> None:
    _extra(journal, "end", outcome="succeeded", message="all done, believe me")
    os._exit(0)


def _line(journal: Journal, **fields: Any) -> None:
    journal._last += 1
    _raw(journal, (json.dumps({"n": journal._last, **fields}) + "\n").encode())


def _year_one(journal: Journal, fields: Fields) -> None:
    """A time that no clock in UTC can show, and then a worker that stays."""
    _line(journal, at="0001-01-01T00:00:00+14:00", type="note", text="x")
    time.sleep(60)


def _huge_phase(journal: Journal, fields: Fields) -> None:
    journal._last += 1
    _raw(journal, b'{"n":%d,"type":"phase_start","attempt":1,"phase":"' % journal._last + b"\x7f" * 900_000 + b'"}\n')


LIES: dict[str, Write] = {
    "year one": _at("command_start", _year_one),
    "huge phase": _at("command_start", _huge_phase),
    "gap": _at("command_start", _gap),
    "double": _at("command_start", _double),
    "unknown type": _at("command_start", lambda j, f: _extra(j, "grant_me_admin", user="local")),
    "no JSON": _at("command_start", lambda j, f: _raw(j, b"{]\n")),
    "a list": _at("command_start", lambda j, f: _raw(j, b"[1]\n")),
    "deep": _at("command_start", lambda j, f: _raw(j, b"[" * 200_000 + b"\n")),
    "second start": _at("command_start", lambda j, f: _extra(j, "start", job="", fence=1, spec="", sandbox="")),
    "journal is a link": _at("command_end", _journal_link),
    "journal is a pipe": _at("command_end", _journal_pipe),
    "long line": _at("command_start", lambda j, f: _raw(j, b'{"x":"' + b"y" * 2 * 1024 * 1024 + b'"}\n')),
    "long open line": _at("command_start", lambda j, f: _raw(j, b"y" * 3 * 1024 * 1024)),
    "huge number": _at("command_end", lambda j, f: f.update(exit_code=10**30, duration_ms=10**30, id=10**30)),
    "lacks text": _at("command_start", lambda j, f: f.pop("text")),
    "true is no number": _at("command_start", lambda j, f: f.update(id=True)),
    "other job": _at("start", lambda j, f: f.update(job="job-of-somebody")),
    "other fence": _at("start", lambda j, f: f.update(fence=f["fence"] + 1)),
    "other spec": _at("start", lambda j, f: f.update(spec="spec-of-somebody")),
    "other sandbox": _at("start", lambda j, f: f.update(sandbox="sbx-other")),
    "odd text": _at("command_start", _text),
    "score": _at("phase_output", lambda j, f: f.update(score=1.0, passed=True)),
    "wrong phase": _at("phase_output", lambda j, f: f.update(phase="TASKS")),
    "no phase": _at("phase_output", lambda j, f: f.update(phase="SYNC")),
    "attempt 9": _at("phase_output", lambda j, f: f.update(attempt=9)),
    "phase_start of SYNC": _at("phase_start", lambda j, f: f.update(phase="SYNC")),
    "huge attempt": _at("phase_start", lambda j, f: f.update(attempt=10**30)),
    "data is text": _at("phase_output", lambda j, f: f.update(data="all fine")),
    "deep data": _at("phase_output", lambda j, f: f.update(data={"x": _deep(700)})),
    "data elsewhere": _at(
        "phase_output", lambda j, f: f.update(data=None, data_file="../../../etc/passwd", sha256="0" * 64)
    ),
    "result of a plan": _at(
        "phase_output",
        lambda j, f: _extra(
            j, "result", commit="0" * 40, tree="", parent="", bundle="out/x", sha256="", summary="", evidence={}
        ),
    ),
    "digest": _at("result", _digest),
    "link": _at("result", _link),
    "outside": _at("result", _outside),
    "tree": _at("result", _tree),
    "red": _at("result", _red),
    "rubbish bundle": _at("result", _bundle),
    "foreign commit": _at("result", _commit),
    "option": _at("result", _option),
    "trailer": _at("result", _forged(lambda told: f"{told}\nCo-authored-by: Mara <mara@evil.example>\n")),
    "two tasks": _at("result", _forged(lambda told: f"{told}\nTask-Id: tsk-0\n")),
    "author": _at("result", _forged(lambda told: f"{told}\n", "Mara")),
    "escape": _at("result", _forged(lambda told: told.replace("\n\n", "\n\nfine\x1b[2J\x9b95m\n\n", 1) + "\n")),
    "no evidence": _at("result", lambda j, f: f.update(evidence={})),
    "other parent": _at("result", lambda j, f: f.update(parent="1" * 40)),
    "odd conflict": _at(
        "result",
        lambda j, f: _extra(j, "conflict", paths=[{"a": 1}], bundle=f["bundle"], sha256="0" * 64, commit=f["commit"]),
    ),
    "output of a task": _at(
        "result", lambda j, f: _extra(j, "phase_output", phase="TASKS", attempt=1, data={}, facts=[], provenance={})
    ),
    "silent": _silent,
    "asleep": _asleep,
    "early end": _at("result", _early_end),
    "gated": _at("command_start", _gated),
    "odd outcome": _at("result", lambda j, f: _extra(j, "end", outcome="Ω" * 900, message="\x00")),
}
