"""How a host is told that what it said was wrong or no help.

The patterns of `WRONG` are tried on each sentence of a line. The groups `other` and `not` are
somebody who is named: "no, it was Ben who said that".
"""

from __future__ import annotations

import re
from typing import Final

from doctor.host.reading.pattern_table import OPENER, PatternTable

_MISREAD: Final = (
    "(?:misunderstood|misunderstand|misread|misheard|missed|mixed|confused|confuse|forgot|"
    "twisted|ignored|skipped|overlooked|walked past|talked past|went past|passed over|left out|"
    "did not answer|didn't answer|didnt answer|have not answered|haven't answered|"
    "do not answer|don't answer|are not answering|are not listening|were not listening)"
)

#: It is told that what it said was wrong; any sentence of a line may.
_WRONG: Final = (
    (
        # "That was right" praises; without a "not" only hard words blame.
        "(?!(?:that|this|it) (?:was|is) (?:really |very |so |just |quite )*"
        "(?:helpful|kind|nice|useful|true|right|fair|funny)\\b)"
        "(?:that|this|it) "
        "(?:was|is|wasn't|isn't|wasnt|isnt|did not|didn't|didnt|does not|doesn't) "
        "(?:not |really |very |so |no |of no |at all |a bit |complete |total |just |only )*"
        "(?:help|helpful|help me|kind|nice|hurtful|wrong|rude|useful|use|useless|stupid|mean|"
        "funny|cruel|tactless|nonsense|rubbish|true|right|fair|me|him|her|half a sentence|"
        "(?:my|the|his|her) (?:point|question)|an answer|answer|make sense|make any sense|"
        "(?:what|who) (?:i|we|he|she|\\w+) (?:meant|said|asked|wanted|told you))(?: .*)?"
    ),
    (
        "(?:that|this|it|you)(?: has| have)? (?:missed|misses|miss) (?:it|the point|my point|"
        "that)(?: .*)?"
    ),
    "(?:that|this) (?:hurt|hurts|made no sense|makes no sense|has nothing to do)(?: .*)?",
    rf"you (?:have |had |just |totally |completely |really )*{_MISREAD}(?: .*)?",
    (
        "(?:i think )?you(?: have| had|'ve)?(?: got)? "
        "(?:it|that|this|me|him|her|us|them|something|everything) "
        "(?:all |quite |totally )?(?:wrong|mixed up|confused|backwards|upside down)(?: .*)?"
    ),
    "you (?:got|had|have|did|read|heard) .{1,60}\\b(?:wrong|mixed up|backwards)(?: .*)?",
    "you(?: are|'re|re) (?:wrong|mistaken|confused|mixing .*|confusing .*)(?: .*)?",
    (
        "you (?:just |always |only |keep |keep on )*"
        "(?:said|repeat|repeats|repeated|repeating|quote|quoted|quoting|copy|parrot)(?: .*)?"
    ),
    (
        "you(?: are| were|'re|re)(?: not| no| really| so| being| just| very)* "
        "(?:help|helpful|helping|use|useful|useless|annoying|rude|listening|kidding)"
        "(?: .*)?"
    ),
    (
        "you(?: are| were|'re|re) (?:a bit|a little|rather|too) (?!kind|nice|sweet|helpful|good|"
        "funny|wise|clever|patient|honest|lovely|great)\\w+(?: .*)?"
    ),
    (
        "(?:why (?:did|do|would|are|were)|what (?:did|are|were)) you (?:just |always |keep |get "
        "|getting |so |make )*"
        "(?:say|saying|repeat|repeating|quote|quoting|ask|asking|write|read|tell|bring|worry|"
        "worried|alarmed|afraid|upset|think that|call|send|sent|ring|warn)(?: .*)?"
    ),
    "(?:stop|don't|dont|do not|please don't|please stop) (?:repeat|quot)(?:e|ing)?(?: .*)?",
    "what do you mean(?: .*)?",
    "what (?:was|is|does) (?:that|this)(?: supposed to mean| mean| about| for)?",
    (
        "i (?:do not|don't|dont|did not|didn't|didnt|could not|couldn't) (?:understand|get|follow) "
        "(?:you|this|that|it|a word|anything|what you .*|your .*|(?:the|this|that) "
        "(?:sentence|answer|question|line|one|word)(?: .*)?)(?: at all| now| either)?"
    ),
    (
        "(?:no )?(?:it|that|this) was(?: not me it was)? (?!(?:a|an|the|my|so|"
        "very)\\b)(?P<other>\\S+)"
        " (?:who|that|not).*"
    ),
    "(?:no )?(?:it|that|this) was not (?P<not>\\S+)(?: who| that|$).*",
    "(?:it|that|this) (?:is|was) not about .*",
    (
        "(?:that's|thats|that is|that was|it's|it was|this is) "
        "(?:only |just )?(?:not )?the (?:newest|latest|last|wrong|oldest|best|right)"
        "(?: (?:one|line|thing|person|sentence|quote|word|place|end))?"
        "(?: not .*| and not .*| but .*)?"
    ),
    "you never (?:answer|listen|help|understand|say|read)(?: .*)?",
    "(?:thanks|thank you) but .*",
    (
        ".* but you (?:have |just )?(?:forgot|missed|ignored|left out|walked past|skipped|did not|"
        "didn't) .*"
    ),
    "explain(?: .*)?",
    "nobody (?:asked|said|is|wants|stands|was)(?: .*)?",
    "(?:that is |this is )?(?:complete |total )?(?:nonsense|rubbish|wrong|not true|incorrect)",
    "(?:i|he|she|we|they|\\S+) (?:just |already )+(?:told|said|asked|answered|explained)(?: .*)?",
    "(?:i|he|she|we|they) (?:asked|meant|said) (?:something else|you something else)(?: .*)?",
    "(?:please )?answer (?:me|the question|my question|him|her|us|properly)(?: .*)?",
    "your (?:sentence|answer|question|reply) (?:was|is) .*",
    "(?:huh|what|pardon|eh|excuse me|come again|nope|no)",
)

WRONG: Final = PatternTable({"WRONG": _WRONG})
#: Somebody says better what the host has just said: "it is that we all wait".
BETTER: Final = re.compile(
    f"{OPENER}(?:(?:it's|its|it is) (?:more |rather |also )?(?:that|because)\\b"
    "|what (?:we|the \\w+ of us|all of us) (?:all )?have in common is\\b"
    "|i(?:'d| would) (?:have (?:said|called it|put it)|(?:say|call|put) (?:it|that))\\b)"
)
