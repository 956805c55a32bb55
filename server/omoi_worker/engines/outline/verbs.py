"""The verbs that ideas are written with: what they do to their object, and their forms.

The list is ours; it was read off the subjects of some thousand public commits and issue titles. A verb that
is missing costs only a plainer sentence, because every reading has a fallback.
"""

from __future__ import annotations

from omoi_worker.engines.outline.words import word_set

_CLASSES = {
    "lock": "lock disable block suspend freeze deactivate ban revoke archive close hide mute quarantine pause unpublish",
    "tell": "email notify send alert message inform warn remind tell post publish announce ping invite mail deliver forward text",
    "show": "show display list view render present print highlight visualize visualise preview see browse report expose return respond answer redirect",
    "store": "create save store record log track register write keep persist remember generate capture insert book issue assign attach append audit tag label",
    "export": "export download dump backup back compress",
    "import": "import upload load parse ingest read accept receive fetch sync synchronize pull copy collect scan crawl clone subscribe",
    "delete": "delete remove purge clear drop erase clean expire unlink uninstall discard forget deprecate strip",
    "change": "update change edit rename replace migrate convert move set switch reset modify merge split upgrade translate format adjust apply bump refactor rewrite normalize restore recover unlock reopen undo cancel round resize crop rotate swap bulk-edit extend approve mark pin configure customize customise",
    "find": "search filter sort find group order query match rank lookup recommend suggest autocomplete compare",
    "limit": "limit cap throttle restrict rate-limit reduce shorten debounce bound batch cache deduplicate paginate",
    "guard": "validate check verify reject refuse require deny prevent ensure authenticate authorize authorise encrypt hash sign protect sanitize escape enforce detect mask redact confirm forbid avoid stop",
    "run": "schedule run start trigger execute retry repeat queue process calculate compute count sum measure monitor build deploy test charge refund bill pay poll reconnect refresh estimate transcode play stream launch open invoke call rebuild reindex handle resume rotate-keys renew rerun sum-up",
    "offer": "provide offer support add implement introduce enable have include expand integrate connect use embed make wrap link extract document highlight-code draw plot",
    "let": "let allow permit choose select pick enter type drag vote rate share comment follow favorite favourite sign-in log-in log submit reply react save-search skip join leave reserve purchase buy order-online",
}
CLASS_OF: dict[str, str] = {verb: name for name, verbs in _CLASSES.items() for verb in verbs.split()}
CLASS_OF.update(
    {
        "log": "store",
        "share": "tell",
        "improve": "change",
        "fix": "mend",
        "optimize": "change",
        "optimise": "change",
    }
)
CLASS_OF.update(
    {"speed": "change", "simplify": "change", "increase": "change", "decrease": "change", "raise": "change"}
)
CLASS_OF.update(
    {"correct": "change", "resolve": "change", "reintroduce": "offer", "surface": "show", "clarify": "change"}
)
CLASS_OF.update({"get": "show", "give": "offer", "take": "store", "put": "store", "turn": "change", "fall": "change"})
CLASS_OF.update({"fail": "mend", "crash": "mend", "hang": "mend", "break": "mend", "leak": "mend", "freeze-up": "mend"})
CLASS_OF.update(
    {
        "contain": "offer",
        "hold": "offer",
        "appear": "show",
        "work": "run",
        "happen": "run",
        "become": "change",
    }
)
CLASS_OF.update({"grow": "change", "finish": "run", "complete": "run", "wait": "run", "need": "offer", "earn": "store"})
CLASS_OF.update({"scale": "change", "roll": "change", "sleep": "run", "ask": "show", "prompt": "show", "print": "show"})

ALSO_NOUNS = word_set(
    "email message text post report list view display log track record book issue tag label export download "
    "dump import upload load copy scan sync update change edit move set reset format round rank order filter "
    "sort query match group search limit cap cache batch check hash sign schedule run start test queue process "
    "charge bill stream play call support use order link document rate comment vote share reply block lock ban "
    "mute pause close alert mail invite forward answer return backup drop clone subscribe pin mark measure "
    "count sum handle launch poll build purchase plot wrap type pick show print fix need work cancel restore "
    "release approve skip cost reserve leave join follow preview highlight retry refund place sleep prompt "
    "page audit redirect stop"
)
"""These are also nouns or adjectives: after "and" they count as verbs only before a word like "the" or "its"."""

PROBLEMS = word_set("fail crash hang break leak freeze stall lag")

_IRREGULAR = {
    "send": "sent", "tell": "told", "show": "shown", "see": "seen", "write": "written", "keep": "kept",
    "read": "read", "set": "set", "reset": "reset", "split": "split", "find": "found", "run": "run", "build": "built",
    "pay": "paid", "get": "got", "give": "given", "take": "taken", "put": "put", "make": "made", "have": "had",
    "hide": "hidden", "let": "let", "choose": "chosen", "draw": "drawn", "hold": "held", "break": "broken",
    "bind": "bound", "rewrite": "rewritten", "undo": "undone", "buy": "bought", "leave": "left", "forget": "forgotten",
    "freeze": "frozen", "forbid": "forbidden", "grow": "grown", "become": "become", "rerun": "rerun", "rebuild": "rebuilt",
    "do": "done", "log": "logged", "tag": "tagged", "ban": "banned", "scan": "scanned", "drop": "dropped",
    "cap": "capped", "swap": "swapped", "plot": "plotted", "submit": "submitted", "permit": "permitted", "skip": "skipped",
    "strip": "stripped", "wrap": "wrapped", "stop": "stopped", "pin": "pinned", "cancel": "cancelled", "refer": "referred",
    "drag": "dragged", "crop": "cropped", "bulk-edit": "bulk-edited", "back": "backed", "sum": "summed",
}  # fmt: skip
_FROM_PARTICIPLE = {participle: verb for verb, participle in sorted(_IRREGULAR.items())}


def participle(verb: str) -> str:
    """Return the past participle: lock → locked, send → sent, notify → notified."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in tuple("aeiou"):
        return verb[:-1] + "ied"
    return verb + "ed"


def base_form(word: str) -> str | None:
    """Return the base form of a known verb in any form (locks, locked, locking), or None."""
    word = word.lower()
    if word in CLASS_OF:
        return word
    if word in _FROM_PARTICIPLE:
        return _FROM_PARTICIPLE[word]
    for ending, puts in (
        ("ies", ("y",)),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ied", ("y",)),
        ("ed", ("", "e")),
        ("ying", ("y",)),
        ("ing", ("", "e")),
    ):
        if word.endswith(ending):
            trunk = word[: -len(ending)]
            for put in puts:
                if trunk + put in CLASS_OF:
                    return trunk + put
            if len(trunk) > 3 and trunk[-1] == trunk[-2] and trunk[:-1] in CLASS_OF:
                return trunk[:-1]
    return None


def gerund(verb: str) -> str:
    """Return the -ing form: lock → locking, store → storing, log → logging."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe")):
        return verb[:-1] + "ing"
    doubled = verb + verb[-1]
    if _IRREGULAR.get(verb, "") == doubled + "ed" or verb in (
        "get",
        "set",
        "reset",
        "put",
        "split",
        "run",
        "let",
        "forget",
    ):
        return doubled + "ing"
    return verb + "ing"


def is_finite(word: str) -> bool:
    """Whether the word can be the verb of a statement in the third person: locks, expires."""
    lower = word.lower()
    return lower.endswith("s") and not lower.endswith("ss") and lower not in CLASS_OF and base_form(lower) is not None
