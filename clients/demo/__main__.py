"""`make demo`."""

from __future__ import annotations

import os
import sys

from demo.call import use
from demo.errors import DemoError
from demo.place import find_place
from demo.repository import Git, clone, sample
from demo.serving import serving
from demo.showing import row
from demo.story import IDEA, Story
from omoi_client.cli.failures import report
from omoi_client.errors import OmoiError


def main() -> None:
    """Exit code 0 when the idea became a pull request, or when the person left or rejected it at the gate."""
    try:
        code = run()
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        code = 1
    except OmoiError as error:
        code = int(report(error))
    except BrokenPipeError:
        # Whoever read stdout has what it wanted (`| head`). The interpreter's last flush must find no broken pipe.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        code = 0
    except KeyboardInterrupt:
        print("\ndemo: interrupted; its server is stopped. make demo begins a new run.", file=sys.stderr)
        code = 130
    sys.exit(code)


def run() -> int:
    """Prepare the place, start the server, tell the story."""
    idea, repo = os.environ.get("OMOI_DEMO_IDEA", ""), os.environ.get("OMOI_DEMO_REPO", "")
    place = find_place()
    use(place, place.shown(place.wrapper))
    git = Git(place.environment())
    idea = idea.strip() or IDEA
    print("Omoi demo · SQLite, local sandboxes, engine: outline (no model, no account)", flush=True)
    repository = clone(place, git, repo.strip()) if repo.strip() else sample(place, git)
    with serving(place) as address:
        row("server", f"{address}   home {place.shown()}")
        row("project", f"{repository.name} ({repository.about})")
        row("idea", idea)
        return _tell(Story(place, repository, git, idea))


def _tell(story: Story) -> int:
    try:
        return story.tell()
    except KeyboardInterrupt:
        if story.spec_id:
            print(f"\n{story.name} goes on with the next call: {story.omoi} watch {story.name}", file=sys.stderr)
        raise


if __name__ == "__main__":
    main()
