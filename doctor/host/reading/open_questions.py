"""Questions to a host that are in no other table: about itself, or for people.

What is asked about the host itself is answered by itself, and never handed on. Of the rest, the
questions for the people in the room are told apart by what they want. They are tried in order, on
the question without what it depends on.
"""

from __future__ import annotations

from typing import Final

from doctor.host.reading.pattern_table import PatternTable

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

_ABOUT_YOU: Final = (
    "(?:understand|understood|know|feel|remember|forget|forgotten|learn|learnt|read|see|hear|"
    "listen|listening|talk|speak|eat|lie|care|mind|work|live|need|exist|record|store|save|keep|judge|"
    "pretend|choose|decide|mean|count|write|run|cost|belong|report|spy|share|pass|send|notice|"
    "get (?:it|us|me|this)|have (?:eyes|ears|friends|feelings|children|a "
    "(?:name|body|heart|face|boss|home|family|mother|memory|mind|brain|soul|life))|make (?:it|"
    "this|that) up|tell (?:anyone|anybody|people|other|others|them|my|our|on))"
)
#: What "you" does in a question that asks for advice or an opinion.
_NOT_ITSELF: Final = (
    "(?:think(?! or)|say|suggest|advise|recommend|make|agree|believe|mean|sure|right|explain|do|"
    "know|have|help (?:me|us)|tell (?:me|us)|give|show (?:me|us)|see (?:in|what)|notice|imagine)"
)
#: What is asked about the host itself.
_OF_HOST: Final[dict[str, tuple[str, ...]]] = {
    "ITSELF": (
        "(?:are|were|aren't|weren't) you (?!sure\\b|right\\b).*",
        (
            "(?:do|did|don't|didn't|can|could|can't|will|would|won't|have|haven't) you "
            "(?:ever |even |really |actually |just |also |always |still |not |only |all )*"
            f"(?!know (?:any|an|some|a|of|how|why|if|whether)\\b){_ABOUT_YOU}\\b.*"
        ),
        (
            "(?:how|why|when|where) (?:do|did|can|could) you (?:work|know|learn|remember|live|"
            "decide|choose|understand|do (?:it|that|this))\\b.*"
        ),
        (
            "(?:(?:what|how|why|when|where|who|which)(?: \\w+){0,2} )?(?:are|were|do|did|don't|"
            "didn't|can|could|can't|will|won't|have|haven't) you(?: (?:ever|even|really|actually|"
            f"just|also|always|still|not|only|all))*(?! {_NOT_ITSELF}\\b)(?: .*)?"
        ),
        "what(?:'s| is) your (?!advice|opinion|view|take|suggestion|answer|idea|point).*",
        "why (?:should|would|do|can) (?:i|we|one|anybody) .*\\byou",
        "is (?:there )?(?:a|any|some) (?:human|person|man|woman|real doctor)\\b.*",
        "why (?:are|were) you\\b.*|(?:do|did|can) you (?:ever|even)\\b.*",
        (
            "do you have (?!(?:any|some|an?|the|something|anything) ?(?:good |kind )?(?:ideas?|"
            "advice|opinions?|tips?|suggestions?|words?|answers?|questions?|thoughts?|something|"
            "anything)?\\b).*|do you have an? (?!(?:good |kind )?(?:idea|advice|opinion|tip|"
            "suggestion|word|answer|question|thought)\\b).*"
        ),
        "what (?:are|were) you\\b.*|what is it like to be you\\b.*",
        "who (?:made|owns|runs|pays|programmed|built|controls|is behind) (?:you|this|it)\\b.*",
        ".*\\b(?:behind|inside) (?:you|the (?:screen|machine|curtain|program))\\b.*",
    ),
}

OF_HOST: Final = PatternTable(_OF_HOST)
