"""The shapes of sentences that ideas are written in, as regular expressions."""

from __future__ import annotations

import re

from omoi_worker.engines.outline.words import word_set

DETERMINER = (
    r"(?:the|a|an|its|their|his|her|our|my|your|this|that|these|those|all|any|each|every|both|no|one|two|three|"
    r"four|five|six|ten|\d[\w.,%]*|it|them|him|only|per|how|what|which|who|whether|to|more|users?|people|via|"
    r"customers?|admins?|owners?|members?)"
)
ADVERB = r"(?:(?:automatically|also|always|immediately|then|optionally|periodically|instead|additionally|only|still|just|please|at least|directly|manually|simply|easily)\s+)*"
JOINT = re.compile(
    r"(?:,\s*(?:and|but|or)?\s*(?:then|also)?|\s+(?:and|but)(?:\s+(?:then|also))?|\s+then|\s*\+)\s+",
    re.IGNORECASE,
)
MODAL = re.compile(
    r"(?i)^(?P<subject>(?:(?!\b(?:should|must|shall|can|cannot|could|will|would|may)\b).){1,120}?)\s+"
    r"(?P<modal>(?:should|must|shall|can|could|will|would|may|ought to|need(?:s)? to|ha(?:s|ve) to|"
    r"(?:is|are) (?:able|allowed) to)|cannot|can't|mustn't|shouldn't|won't|may not)\s+"
    r"(?P<negative>not |never |no longer )?(?P<able>be able to |be allowed to )?(?P<rest>.+)$"
)
STORY = re.compile(
    r"(?i)^as an? (?P<role>[^,]{2,60}?),?\s+(?:i|we)\s+(?:want|need|would like|can|should be able)(?:\s+(?P<who>users?|customers?|them|people))?\s*(?P<to>to )?(?P<rest>.+)$"
)
WANT = re.compile(
    r"(?i)^(?:i|we|they|(?:the |our )?[\w-]+s)\s+(?:really )?(?:wants?|needs?|would like|'d like|would love|wish(?:es)?)\s+(?P<someone>(?:our |the )?\w+s?\s+to be able\s+)?(?P<to>to (?:be able to )?)?(?P<rest>.+)$"
)
MAKE_SURE = re.compile(r"(?i)^(?:make sure|ensure|guarantee|see to it)\s+(?:that\s+)?(?P<rest>.+)$")
LET = re.compile(
    r"(?i)^(?:allow|let|permit|enable)\s+(?P<actor>(?:(?:the|a|an|any|each|every|our|all|logged-in|other)\s+)*[\w-]+(?:\s+(?!to\b)[\w-]+)?)\s+to\s+(?P<rest>.+)$"
)
LET_BARE = re.compile(
    r"(?i)^let\s+(?P<actor>(?:(?:the|a|an|any|each|every|our|all|logged-in|other)\s+)*[\w-]+)\s+(?P<rest>.+)$"
)
NEGATIVE = re.compile(r"(?i)^(?:do not|don't|never|no longer)\s+(?P<rest>.+)$")
PASSIVE = re.compile(
    r"(?i)^(?P<subject>.{2,100}?)\s+(?:is|are|gets?|got|was|were)\s+(?P<negative>not |never |no longer )?(?:(?:automatically|always|also|immediately) )?(?P<verb>\w+)(?:\s+(?P<rest>.+))?$"
)
BENEFIT = re.compile(
    r"(?i)[,\s]+(?:so that|in order that|in order to|so)\s+(?P<benefit>(?:(?:we|i|they|it|you|users?|people|the|no|every|each|that|a|to)\b|[\w-]+ (?:can|do|are|is|don't|doesn't)\b|\w).*)$"
)
LEAD = re.compile(
    r"(?i)^(?:(?:and|also|then|please|additionally|finally|furthermore|moreover|in addition|besides|plus|next|first|second|third|lastly|instead|ideally|optionally|but|so|hence|therefore|maybe)\b[,\s]*|(?:feat|fix|chore|docs|perf|refactor|test|ci|build|style|bug|feature|idea|request|todo)(?:\([^)]*\))?!?:\s*|[^\w\s“\"'(`\[<]+\s*)+"
)
EVERY = re.compile(
    r"(?i)^(?P<often>(?:every|each)\s+(?:\d+\s+|other\s+|first\s+|last\s+)?[\w-]+|(?:daily|weekly|monthly|hourly|nightly)(?=,)|at (?:midnight|noon|\d[\d:]*\s*(?:am|pm)?))[,\s]+(?P<rest>.+)$"
)
TROUBLE = re.compile(
    r"(?i)^(?P<subject>.{2,80}?)\s+(?P<what>times? out|timed out|(?:is|are) (?:too |very |so )?(?:slow|broken|wrong|missing|lost|flaky)|takes? (?:too|very|so) long|(?:does not|doesn't|do not|don't) work)(?:\s+(?P<rest>.+))?$"
)
TROUBLES = re.compile(
    r"(?i)\b(?:crash(?:es)?|bugs?|errors?|warnings?|leaks?|typos?|regressions?|failures?|races?|race conditions?|deadlocks?|issues?|"
    r"exceptions?|problems?|hangs?|freezes?|glitch(?:es)?|timeouts?|flicker\w*|overflows?|duplicates?|mistakes?|faults?)$"
)
LACKING = re.compile(
    r"(?i)^(?P<subject>.{2,80}?)\s+(?:does not|doesn't|do not|don't)\s+(?P<verb>[\w-]+)(?:\s+(?P<rest>.+))?$"
)
COMPOUND = re.compile(
    r"(?i)^(?:rate|load|email|search|cache|batch|link|web|queue|test|message|report|order|log|stream)\s+\w+(?:ing|er|ers|or|ors|ion|ions|box|boxes|field|page|pages|limit|limits|level|levels|list|lists|file|files|form|button|history|template|templates|key|keys)\b"
)
ASKED = re.compile(
    r"(?i)^(?:(?:can|could|may|might|should|shall|will|would)\s+(?:we|you|i)|is it|is there (?:a|any) way to|what about|how about|"
    r"would it be|what if we|why (?:not|don't we|can't we)|how (?:can|could|do|should|may) (?:we|you|i))\s+(?P<rest>(?:please\s+|possible to\s+)?(?!possible\b).+)$"
)
TURNED = re.compile(
    r"(?i)^(?P<modal>can|could|should|shall|must|may|will)\s+(?P<subject>(?:(?:the|a|an|our|all|every|each)\s+[\w-]+|[\w-]+s|people|everyone|it))\s+(?P<rest>\w.*)$"
)
MADE = re.compile(
    r"(?i)^(?P<about>.+?)\s+(?P<how>(?:(?:much|more|less|a lot|as|very|really|even|too)\s+[\w-]+|(?!order|user|number|server|folder|filter|buffer|header|footer|customer|member|letter|banner|"
    r"paper|timer|slider|printer|browser|reminder|newsletter|calendar|reader|viewer|player|editor|parser|finder|builder|tracker|scanner|helper|converter|poster|layer|router|driver|placeholder|computer|"
    r"offer|transfer|register|center|counter|picker|loader|chapter)\w{3,}er|fast|easy|simple|visible|accessible|responsive|"
    r"optional|mandatory|required|public|private|configurable|sortable|searchable|editable|available|unique|clear|clearer|"
    r"safe|secure|robust|reliable|readable|consistent|quick|slow|small|big|shorter|better|nice|great|work|possible|faster)"
    r"(?:\s+(?:and|on|for|to|in|by|than|again|with|at|,).*)?)$"
)
VAGUE = word_set(
    "fix it this that help stuff things something everything anything work need try broken do change update delete remove "
    "edit set get put make move stop improve refactor bug bugs issue issues problem idea todo wip tbd asap better faster"
)
"""Words that, alone, are no idea of anything that could be built."""

SELF = re.compile(
    r"(?i)^(?:the |this |our )?(?:system|app|application|service|site|website|tool|api|server|platform|software|product|bot|program|backend|frontend|package|library|cli|we|it|i|you|there|one)$"
)
PEOPLE = re.compile(
    r"(?i)\b(?:users?|admins?|administrators?|customers?|members?|owners?|people|visitors?|guests?|editors?|managers?|authors?|readers?|clients?|developers?|operators?|teams?|employees?|teachers?|students?|patients?|doctors?|players?|sellers?|buyers?|drivers?|hosts?|maintainers?|reviewers?|moderators?|subscribers?|shoppers?|everyone|anyone|someone|nobody|persons?|parents?|staff|agents?|tenants?|analysts?|accountants?|librarians?|cooks?|nurses?)$"
)
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”")
