"""Questions that are said to a host and are for the people in the room, by what they want.

They are tried in order on the question without what it depends on.
"""

from __future__ import annotations

from typing import Final

from doctor.host.patterns import PatternTable

_THEY: Final = "(?:i|we|one|you|he|she|they|it|people|somebody|someone|anyone|anybody|\\w+)"
#: Questions whose words are for the people in the room, by the kind of answer that they want.
_FOR_ALL: Final[dict[str, tuple[str, ...]]] = {
    "ADVICE": (
        f"how (?:do|can|could|should|would|shall|did|does|will|to) {_THEY}\\b.*",
        (
            f"what (?:else |then )?(?:should|can|could|shall|do|would|must|might) {_THEY} "
            "(?:do|try|say|tell|take|eat|answer|need|change|start|write|give|be done|help|"
            "work)\\b.*"
        ),
        "what (?:helps|helped|works|worked|is the (?:trick|secret|best)|would help)\\b.*",
        "what (?:do|would) you (?:suggest|advise|recommend|do)(?: .*)?",
        "why (?:do|am|can't|don't|did|can) (?:i|we|my|people)\\b.*",
        "(?:should|shall|can|could|must|may|do) (?:i|we|he|she|they)\\b.*",
        (
            "(?:is|are|was) (?:it|this|that|they) (?:really |still |so )?(?:normal|usual|common|"
            "healthy|"
            "ok|okay|wrong|bad|strange|crazy|stupid|selfish|possible|too late|allowed|good|"
            "better)\\b.*"
        ),
        "does (?:it|this|that) (?:ever |really )?(?:get|stop|end|go|help|pass|change|become)\\b.*",
        "will (?:it|this|that|i|we) .*",
        "do you (?:have|know) (?:any|an|some|a|of|how|why|something|anything)\\b.*",
        "(?:any|got any|have you any) (?:ideas?|advice|tips?|suggestions?)(?: .*)?",
        "what (?:is|'s) your advice(?: .*)?",
        "(?:can|could|will|would) you (?:help|advise|give|tell) (?:me|us).*",
        "(?:when|how long|how often|how much) (?:does|will|do|did|should|is|can)\\b.*",
        "help (?:me|us) with .*",
    ),
    "OPINION": (
        "what (?:do|would|did) you (?:think|say|make)(?: .*)?",
        "(?:do|don't|would) you (?:agree|think|believe|say)(?: .*)?",
        "what(?: is|'s|s) your (?:opinion|view|take)(?: .*)?",
        "(?:any|got any) (?:thoughts?|opinions?)(?: .*)?",
        "who(?: is|'s|s) right(?: .*)?",
        "your turn|and you|what about you|how about you|say something|you",
        "(?:is|was|are|were|am|did|does|has|have) .*",
    ),
}

FOR_ALL: Final = PatternTable(_FOR_ALL)
