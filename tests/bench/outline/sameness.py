"""Measure whether requirements speak of their idea: twenty ideas in three repositories share no sentence.

    python tests/bench/outline/sameness.py [REPO REPO REPO]

Without arguments the repositories are written from samples.py. Every statement and criterion of every
pair of idea and repository is compared. Counted are

  as written        equal sentences of two different pairs, and
  without the frame equal sentences of two different ideas after the system's name was taken out (the
                    frame: "the <system>", "shall" and the EARS keywords are in every sentence).

Also told: the share of a sentence's words (function words aside) that come from the idea itself, and
sentences below a fifth. Exit code 1 when a sentence is shared or an output fails its evaluator.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve()
for folder in (HERE.parents[3] / "server", HERE.parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from ideas import IDEAS  # noqa: E402 (a script finds its packages first)
from samples import SAMPLES, write_sample  # noqa: E402

from omoi_spec import evaluate  # noqa: E402
from omoi_worker.engines.outline.explore import explore  # noqa: E402
from omoi_worker.engines.outline.requirements import system_subject, write_requirements  # noqa: E402
from omoi_worker.engines.outline.tree import read_tree  # noqa: E402
from omoi_worker.engines.outline.words import FILLERS, RAW, parts, stem  # noqa: E402

Pair = tuple[int, str]
"""(number of the idea, name of the repository)"""


class Sentences:
    """All sentences of all pairs, and what two of them share."""

    def __init__(self) -> None:
        self.written: dict[str, set[Pair]] = defaultdict(set)
        self.unframed: dict[str, set[int]] = defaultdict(set)
        self.shares: list[tuple[float, str]] = []
        self.failed: list[str] = []

    def add(self, index: int, name: str, root: Path) -> None:
        """Write the requirements of one idea for one repository."""
        title, description = IDEAS[index]
        job = {"title": title, "description": description, "project": {"name": name}}
        explored, _ = explore(read_tree(root), job, "")
        data = write_requirements(job, explored, [])
        judged = evaluate.evaluate("REQUIREMENTS", data, {})
        if not judged.passed or judged.findings:
            self.failed.append(f"idea {index + 1} in {name}: {judged.score} {judged.feedback()}")
        subject = system_subject(job)
        idea = _stems(f"{title} {description}")
        for requirement in data["requirements"]:
            texts = [requirement["statement"], *(criterion["text"] for criterion in requirement["criteria"])]
            for text in texts:
                self.written[text].add((index, name))
                bare = re.sub(rf"(?i){re.escape(subject)}", "the …", text)
                self.unframed[bare].add(index)
                own = _stems(bare) - {"shall"}
                self.shares.append((len(own & idea) / max(1, len(own)), text))

    def report(self) -> int:
        written = {text: pairs for text, pairs in self.written.items() if len(pairs) > 1}
        unframed = {text: ideas for text, ideas in self.unframed.items() if len(ideas) > 1}
        shares = sorted(self.shares)
        low = [text for share, text in shares if share < 0.2]
        print(
            f"{len(self.shares)} sentences, {len(self.written)} different as written, {len(self.unframed)} without the frame"
        )
        print(f"shared as written: {len(written)}; shared by two ideas without the frame: {len(unframed)}")
        print(f"words of the idea in a sentence: median {shares[len(shares) // 2][0]:.0%}; below 20 %: {len(low)}")
        for text in [*written, *unframed, *self.failed]:
            print(f"  shared or failed: {text}")
        for text in dict.fromkeys(low):
            print(f"  little of the idea: {text}")
        return 1 if written or unframed or self.failed else 0


def _stems(text: str) -> set[str]:
    return {stem(part) for word in RAW.findall(text) for part in parts(word) if part not in FILLERS}


def measure(repositories: dict[str, Path]) -> Sentences:
    """Write every idea's requirements for every repository."""
    sentences = Sentences()
    for index in range(len(IDEAS)):
        for name, root in sorted(repositories.items()):
            sentences.add(index, name, root)
    return sentences


def main(arguments: list[str]) -> int:
    if arguments:
        given = {
            f"{Path(argument).resolve().name}-{number}": Path(argument) for number, argument in enumerate(arguments)
        }
        return measure(given).report()
    with tempfile.TemporaryDirectory(prefix="outline-bench-") as folder:
        return measure({name: write_sample(name, Path(folder)) for name in SAMPLES}).report()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
