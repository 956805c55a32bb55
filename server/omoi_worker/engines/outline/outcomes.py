"""What can be observed of each class of verb: when it was done, when it fails, and what stays as it was.

The sentences are filled with the words of the clause; each speaks of its object, so that none of them fits
another idea. `{whole}` is verb and object, `{it}` the object as already spoken of, `{noun}` its bare noun,
`{done}` the participle, `{doing}` the gerund, `{is_}` agrees with `{it}`, `{claim}` is a statement of the idea.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Templates of one class.

    seen      response that can be observed once it was done
    fault     unwanted condition, and `rescue` the response to it
    calm      response as long as the condition of the clause has not come about
    benefit   what the user story hopes for
    occasion  condition of `seen` for a clause without one; "" means: when the system has done it
    """

    seen: str
    fault: str
    rescue: str
    calm: str
    benefit: str
    occasion: str = ""


OUTCOMES: dict[str, Outcome] = {
    "lock": Outcome(
        seen="report the state of {it} as “{done}” to whoever asks for it",
        fault="the {done} {noun} {is_} used again",
        rescue="refuse that use and give “{done}” as the reason",
        calm="leave {it} usable",
        benefit="{it} cannot go on being used",
    ),
    "tell": Outcome(
        seen="record the time and the recipient of each attempt to {whole}",
        fault="an attempt to {whole} fails",
        rescue="record the error and list the attempt to {whole} as open",
        calm="hold back the message to {it}",
        benefit="{it} {is_} informed without asking",
    ),
    "send": Outcome(
        seen="record the time and the recipient of {it}",
        fault="{it} cannot be delivered",
        rescue="record the error and list {it} as undelivered",
        calm="hold back {it}",
        benefit="nobody has to ask for {it}",
    ),
    "show": Outcome(
        seen="fill {it} with the data stored at that moment",
        fault="no data exist for {it}",
        rescue="say in place of {it} that there is nothing to show",
        calm="leave {it} out",
        benefit="{it} can be seen in one place",
    ),
    "answer": Outcome(
        seen="put {it} into the response to that same request",
        fault="{it} cannot be put into a response",
        rescue="close that request with an error that names {it}",
        calm="answer without {it}",
        benefit="the caller learns of {it} at once",
        occasion="a request calls for {it}",
    ),
    "store": Outcome(
        seen="give {it} back unchanged after a restart",
        fault="{doing} {it} breaks off",
        rescue="remove what is half-written of {it} and report what was lost",
        calm="keep no trace of {it}",
        benefit="{it} {is_} there later on",
    ),
    "export": Outcome(
        seen="write each entry of {it} exactly once and state the number of entries written",
        fault="{doing} {it} breaks off",
        rescue="remove the partial result of {doing} {it} and name the entry that stopped it",
        calm="write nothing of {it}",
        benefit="{it} can be used elsewhere",
    ),
    "import": Outcome(
        seen="state the number of entries of {it} taken over and the number left out",
        fault="an entry of {it} cannot be read",
        rescue="name that entry and keep the other entries of {it}",
        calm="leave {it} unread",
        benefit="{it} need not be entered by hand",
    ),
    "delete": Outcome(
        seen="answer a later request for {it} with “not found”",
        fault="{it} cannot be {done} in full",
        rescue="name what is left of {it} and the cause",
        calm="keep {it} as before",
        benefit="nobody stumbles over {it} any more",
    ),
    "change": Outcome(
        seen="use the new state of {it} from the next request on",
        fault="the attempt to {whole} stops halfway",
        rescue="undo the partial change of {it} and report the step that stopped it",
        calm="leave {it} as before",
        benefit="{it} can follow what is needed",
    ),
    "find": Outcome(
        seen="return every entry that belongs to “{whole}” and no other",
        fault="no entry fits “{whole}”",
        rescue="return an empty result that repeats “{whole}”",
        calm="return the entries without the step “{whole}”",
        benefit="entries are found without reading all of them",
    ),
    "order": Outcome(
        seen="return every entry in the place that “{whole}” gives it",
        fault="an entry lacks what “{whole}” goes by",
        rescue="put that entry last and keep the others in the order of “{whole}”",
        calm="keep the order without the step “{whole}”",
        benefit="“{whole}” puts first what is looked for",
    ),
    "adopt": Outcome(
        seen="carry out that step through {it}",
        fault="{it} {is_} not available",
        rescue="name {it} as missing and stop before the first step that needs {it}",
        calm="work without {it}",
        benefit="“{whole}” replaces a way of its own",
        occasion="a step needs {it}",
    ),
    "limit": Outcome(
        seen="let that use of {it} pass",
        fault="a use goes beyond the limit “{whole}”",
        rescue="refuse that use of {it} and name the limit “{whole}”",
        calm="leave {it} without the limit",
        benefit="one use of {it} cannot crowd out the others",
        occasion="a use stays within the limit “{whole}”",
    ),
    "guard": Outcome(
        seen="go on only with what has passed “{whole}”",
        fault="something does not pass “{whole}”",
        rescue="stop it before anything is written and name “{whole}” as the reason",
        calm="go on without the step “{whole}”",
        benefit="a violation of “{whole}” is caught before it does harm",
    ),
    "protect": Outcome(
        seen="hand out {it} only in the {done} form",
        fault="{it} cannot be {done}",
        rescue="stop before {it} {is_} written or sent and name the cause",
        calm="keep {it} readable",
        benefit="{it} cannot be read by those for whom {pronoun} {is_} not meant",
    ),
    "sign": Outcome(
        seen="attach a signature to {it} that a receiver can verify",
        fault="{it} {is_} changed after having been {done}",
        rescue="report the signature of {it} as not valid",
        calm="hand out {it} without a signature",
        benefit="a change of {it} on the way is noticed",
    ),
    "reject": Outcome(
        seen="answer {it} with the reason for “{whole}”",
        fault="{it} {is_} tried a second time",
        rescue="{verb} {it} again and give the same reason",
        calm="accept {it}",
        benefit="{it} cannot get through",
    ),
    "prevent": Outcome(
        seen="end with no trace of {it}",
        fault="an action would cause {it}",
        rescue="stop that action before it takes effect and name {it} as the reason",
        calm="go on as before",
        benefit="{it} cannot come about",
        occasion="two attempts in a row could cause {it}",
    ),
    "require": Outcome(
        seen="go on with the request that brought {it}",
        fault="{it} {is_} missing",
        rescue="hold the request and ask for {it}",
        calm="go on without {it}",
        benefit="nothing happens without {it}",
        occasion="a request brings {it}",
    ),
    "run": Outcome(
        seen="record the start, the end and the result of the step “{whole}”",
        fault="the step “{whole}” ends with an error",
        rescue="report that error and leave {it} ready for another attempt",
        calm="hold back the step “{whole}”",
        benefit="nobody has to {whole} by hand",
    ),
    "offer": Outcome(
        seen="respond with {it} under that name",
        fault="{it} {is_} used with input that {pronoun} cannot take",
        rescue="reject that input to {it} and name the part at fault",
        calm="work without {it}",
        benefit="{it} can be used without a detour",
        occasion="someone looks for {it}",
    ),
    "mend": Outcome(
        seen="end with the result that “{whole}” promises",
        fault="“{whole}” fails again",
        rescue="name the cause and the input that led to it",
        calm="give the same result as before",
        benefit="“{whole}” can be relied on",
        occasion="the case “{whole}” is tried again",
    ),
    "let": Outcome(
        seen="confirm “{whole}” and show the result",
        fault="“{whole}” cannot be carried out",
        rescue="tell the reason and keep what was entered for “{whole}”",
        calm="offer no way to {whole}",
        benefit="“{whole}” needs nobody else",
    ),
    "keep": Outcome(
        seen="give a result in which “{claim}” holds",
        fault="an examination of {about} contradicts “{claim}”",
        rescue="name the part of {about} that deviates and the value found there",
        calm="leave {about} as before",
        benefit="“{claim}” can be relied on",
        occasion="{about} {about_is} examined",
    ),
    "quoted": Outcome(
        seen="show a result in which the requester finds {quote} fulfilled",
        fault="a part of {quote} cannot be done",
        rescue="name that part and the cause and leave everything else as before",
        calm="leave everything as before",
        benefit="what the idea says comes about",
        occasion="the requester examines the result",
    ),
    "refuse": Outcome(
        seen="hold no result of the step “{whole}”",
        fault="an attempt is made to {whole}",
        rescue="stop that attempt before it takes effect and name “{whole}” as refused",
        calm="keep refusing to {whole}",
        benefit="nothing and nobody can {whole}",
        occasion="a test looks for traces of “{whole}”",
    ),
}

SPECIAL: dict[str, str] = {
    "return": "answer", "respond": "answer", "answer": "answer", "redirect": "answer", "make": "keep", "keep": "keep",
    "be": "keep", "stay": "keep", "complete": "mend", "work": "mend", "improve": "keep", "optimize": "keep",
    "optimise": "keep", "speed": "keep", "simplify": "keep", "add": "offer", "": "let", "send": "send", "post": "send",
    "publish": "send", "deliver": "send", "forward": "send", "announce": "send", "encrypt": "protect", "reject": "reject", "refuse": "reject", "deny": "reject", "compare": "run", "hash": "protect",
    "mask": "protect", "redact": "protect", "sign": "sign", "escape": "protect", "sanitize": "protect",
    "protect": "protect", "prevent": "prevent", "avoid": "prevent", "stop": "prevent", "forbid": "prevent",
    "require": "require", "confirm": "require", "cache": "store", "batch": "change", "deduplicate": "change",
    "paginate": "change", "reduce": "keep", "sort": "order", "order": "order", "rank": "order", "use": "adopt", "integrate": "adopt",
    "connect": "adopt", "embed": "adopt", "shorten": "change", "debounce": "change", "choose": "let", "pick": "let",
}  # fmt: skip
"""Verbs whose class depends on how they are used rather than on the room they share in `verbs`."""
