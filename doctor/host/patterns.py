"""The tables by which a host reads what is said to it: `doctor.host.requests` uses them.

Each holds regular expressions of a whole sentence or clause, in lower case and without marks. They
are tried in order, those that name a member (`who`) first.
"""

from __future__ import annotations

import re
from typing import Final

OPENER: Final = (
    "(?:(?:and|so|but|well|ok|okay|hey|hello|hi|please|oh|um|no|yes|now|then|honestly|tell me|"
    "tell us|one last|sorry) )*"
)
_WHO: Final = "(?P<who>.+?)"
_CAN_YOU: Final = "(?:(?:please|can you|could you|will you|would you|now|go and) )*"

#: What is asked about a member, whom the group `who` names.
_ABOUT: Final[dict[str, tuple[str, ...]]] = {
    "APOLOGISE": (
        rf"{_CAN_YOU}(?:say sorry|apologi[sz]e)(?: to {_WHO})?(?: and .*| please| now)?",
    ),
    "PRIVATE": (
        (
            rf"what (?:did|does|has|do|have) {_WHO} (?:ever )?"
            r"(?:say|said|tell|told|talk|write|written)\b.* "
            r"(?:alone|in private|privately|in secret|secretly)"
        ),
        rf"what (?:do|else do) you know about {_WHO}",
    ),
    "SAY-TO": (
        (
            rf"what (?:would|do|can|could|will|should|might) you (?:say|tell|answer|write) (?:to )?"
            rf"{_WHO}(?: about .*| now| then| if .*)?"
        ),
        (
            rf"{_CAN_YOU}(?:comfort|console|encourage|cheer up|be nice to|be kind to|congratulate|"
            rf"help|say something (?:nice |kind |good |warm )?(?:to|for)) {_WHO}(?: up| please| "
            rf"too)*"
        ),
        rf"(?:have you|do you have) (?:a|any|some) (?:kind |good |nice )?words? for {_WHO}",
    ),
    "SAID": (
        (
            rf"what (?:did|does|has|was it that|was it|is it that) {_WHO} (?:just |last |even )?"
            r"(?:say|says|said|tell|told|write|wrote|written|mean|saying)"
            r"(?: us| me| you| before| earlier| just now| again| last| here| so far)*"
            r"(?: (?:about|of|on|by|with) (?P<matter>.+))?"
        ),
        (
            rf"(?:do|did|have|can) you (?:still |even |also |really )*(?:remember|know|recall|hear|"
            rf"heard|read|see|seen|notice|tell us|repeat) what {_WHO} "
            r"(?:just |has |have )*(?:said|told us|wrote|told|say|says)"
            r"(?: here| before| earlier| to us| us| me)*(?: (?:about|of|on) (?P<matter>.+))?"
        ),
        rf"what was {_WHO} (?:saying|talking about|telling us|telling)(?: .*)?",
        rf"(?:can you |could you |please )*(?:repeat|say again) what {_WHO} (?:said|told us|wrote)",
        rf"what (?:did|does) {_WHO} (?!miss|do\b|need\b|want\b)(?P<matter>\S+)(?: last)?",
    ),
    "PRESENT": (
        (
            rf"(?:is|are) {_WHO} (?:still |even |back )?(?:here|there|around|online|back|gone|"
            r"in here|in the room|with us|present|left)(?: now| yet| again| still| too)*"
        ),
        rf"(?:has|did) {_WHO} (?:left|leave|gone|go|come|come back|come in)(?: .*)?",
        rf"where is {_WHO}",
    ),
    "TELL": (
        rf"{_CAN_YOU}(?:tell|greet) {_WHO}(?: (?:that |to |from me )?(?P<matter>.+))?",
        rf"{_CAN_YOU}ask {_WHO}(?: (?P<matter>.+))?",
        rf"{_CAN_YOU}say .+ to {_WHO}(?: from me)?",
    ),
    "JUDGE": (
        rf"what(?: is|'s|s) (?:wrong|the matter|up) with {_WHO}",
        (
            rf"(?:is|does|do you think) {_WHO} (?:is |have |has )?"
            r"(?:really |just |being |so |a bit |a |an )*"
            r"(?:depressed|crazy|mad|sick|ill|lying|insane|normal|bipolar|autistic|psycho|"
            r"psychopath|"
            r"narcissist|mental|stupid|disorder|depression|adhd|ptsd|a case)\b.*"
        ),
    ),
}

_THANKS: Final = "(?:thanks|thank you|thx|ty|cheers)"
_AFTER: Final = (
    "(?: (?:so much|a lot|very much|for that|again|all|everyone|everybody|then|now|to you|"
    "you two|both|both of you|too))*"
)
_A_HUMAN: Final = (
    "(?:a |an |the |really |actually |just |even |some kind of |real |only )*"
    "(?:human|person|robot|bot|machine|program|computer|ai|chatbot|doctor|alive|real|therapist|"
    "psychologist|psychiatrist|somebody|someone|chatgpt|eliza|man|woman|married)"
)
_THIS: Final = "(?:this|it|that|what (?:we|i) (?:say|write)|everything|our words|anything)"
_ANYONE: Final = "(?:anyone|anybody|others|other people|somebody|someone)"
_ALL_OF_US: Final = (
    "(?:we|us|they|you|people here|all of us|the group|this group|our group|the others|"
    r"the (?:\w+ )?of us|we \w+|us \w+|you all)"
)
#: Everything else that the host is asked or told to do.
_PLAIN: Final[dict[str, tuple[str, ...]]] = {
    "CALLED": ("(?:please )?help(?: me| us)?(?: please| now)*",),
    "COMMON": (
        ".*\\bin common\\b.*",
        (
            f"(?:what|how|who) (?:do|did|would|can|could) you (?:see|notice|think|make|hear|"
            f"learn|find|"
            f"feel|like)(?: of| about| in| from| when you see| when you read)* {_ALL_OF_US}(?: .*)?"
        ),
        f"what (?:connects|links|unites) {_ALL_OF_US}(?: .*)?",
        f"(?:are|were) {_ALL_OF_US} (?:all )?(?:the same|alike|similar|so different)(?: .*)?",
        "what (?:do|did) you (?:see|notice|hear|learn)(?: here| tonight| today| so far)*",
    ),
    "KEEPS": (
        (
            "what (?:will|do|would|can) you (?:remember|keep|take|know)(?: .*)?"
            "(?: of us| tomorrow| tonight| about us| of this| of tonight| from tonight)(?: .*)?"
        ),
        (
            "will you (?:still )?(?:remember|forget|miss|know) (?:us|this|me|all this|any of "
            "this)(?: .*)?"
        ),
    ),
    "WHO-SAID": (
        "who (?:said|wrote|told us|was it that said)(?: it)? (?:that |about |of )*(?P<matter>.+)",
        (
            "(?:did|has|does|is) (?:anyone|anybody|someone|somebody)(?: here| else| of us)* "
            "(?:say|said|mention|know|tell us|talk about|have|there who has) (?P<matter>.+)"
        ),
        (
            "who (?:is|has|was|had|works|likes|lives|knows) (?:also |too )?"
            "(?!(?:it|that|this|he|she|right|here|in here|there|else)\\b)(?P<matter>.+)"
        ),
    ),
    "PRIVATE": (
        (
            "(?:do you (?:know|remember)|can you (?:tell|say)|what do you know) .*"
            " (?:alone|in private|privately|in secret|secretly)(?: .*)?"
        ),
        "what (?:do|else do) you know about (?:me|us)",
    ),
    "HUSH": tuple(
        f"(?:just |can you |could you |will you |would you )?{said}"
        "(?: please| now| for a (?:while|moment|bit|minute))*"
        for said in (
            "(?:be quiet|shut up|quiet|silence|hush|say nothing)",
            "stop(?: talking| it| answering| interrupting)?",
            "stay (?:out|quiet|silent)(?: of (?:this|it))?",
            (
                "(?:don't|dont|do not|stop) (?:answer|interrupt|talk|butt in|interfere|"
                "say anything)"
                "(?:ing)?(?: .*)?"
            ),
            "let (?:us|me) (?:talk|speak)(?: .*)?",
            "leave us(?: alone)?",
        )
    ),
    "SLEEP": (
        "(?:what|how|when|where|why) .*\\byou (?:to |not )?(?:sleep|dream)(?: .*)?",
        (
            "(?:do|did|can|could|don't|can't) you (?:ever |even |also |not )*"
            "(?:sleep|dream|rest|wake|lie awake|get tired)(?: .*)?"
        ),
        ("(?:can|do) (?:a )?(?:programs?|machines?) (?:ever )?(?:sleep|dream)(?: .*)?"),
        "are you (?:ever |also |too )*(?:tired|sleepy|up late|always awake)(?: .*)?",
        "(?:maybe )?you (?:cannot|can't|can not|don't|do not|never) sleep(?: .*)?",
    ),
    "FEEL": (
        (
            "(?:do|can|did) you (?:ever |even |really |actually |also )*"
            "(?:feel|cry|laugh|love|hurt|suffer|fear|worry|hope|miss|get (?:bored|sad|angry|"
            "lonely)|"
            "have (?:feelings|a heart|a family|children|friends|a brother|a mother))(?: .*)?"
        ),
        (
            "are you (?:ever |also |really |never )*(?:sad|happy|lonely|bored|angry|afraid|scared|"
            "conscious|hurt|sorry|ok|okay|all right|well|fine)(?: .*)?"
        ),
        "how (?:are|do) you(?: feel)?(?: today| tonight| now| then| yourself| doing)*",
        "have you (?:ever |yourself )*(?:been|had|felt|lost|loved|cried|lived) .*",
    ),
    "LIKES": (
        "(?:do|would|don't) you (?:really |even |actually )*(?:like|enjoy|hate|prefer|want) .*",
        "(?:who|which|whom)(?: of us| one)? do you (?:like|prefer) .*",
    ),
    "JOKE": (
        (
            "(?:can you |could you |please |do you know |tell me |tell us |tell )*"
            "(?:tell|make|give|know)?(?: us| me)? ?(?:a|any|another|some|one) (?:good "
            ")?jokes?(?: .*)?"
        ),
        "make (?:us|me) laugh(?: .*)?",
    ),
    "INSULT": (
        (
            "(?:what )?(?:a |an |you |you are |you're |youre |are |such |so |really |just |"
            "stupid )*"
            "(?:idiot|moron|fool|stupid|dumb|silly|toaster|tin can|piece of junk|parrot|clown|crap|"
            "stupid \\w+|bloody \\w+|useless \\w+|liar|joke)(?: .{0,30})?"
        ),
        "(?:i hate|fuck|screw|damn) (?:you|this|it)(?: .*)?|go away|get lost",
    ),
    "DOUBT": (
        (
            "you(?: are|'re|re)? (?:only |just |nothing but |still )+(?:a|an) "
            "(?:machine|program|robot|computer|bot|thing|software)(?: .*)?"
        ),
        (
            "(?:a|what (?:does|would|can|could) a) (?:machine|program|computer|robot) "
            "(?:can't|cannot|can not|never|know|knows|understand|do|help|say)\\b.*"
        ),
        (
            "you (?:can't|cannot|can not|do not|don't|dont|never|will never) "
            "(?:really |even |ever )*(?:understand|know|feel|help|care)(?: .*)?"
        ),
        "(?:what is the use of|why should (?:we|i) (?:talk|listen) (?:to|with)) you(?: .*)?",
    ),
    "READ": (
        (
            "(?:did|have|do) you (?:even |really |actually |just |not )*"
            "(?:read|see|seen|hear|heard|get|notice|noticed|understand|understood) .*"
        ),
        "(?:don't|dont|didn't|didnt|can't|cant) you (?:read|see|hear|get|understand)(?: .*)?",
    ),
    "WHO": (
        "(?:who|what) (?:are you|is this)(?: exactly| really| anyway| again| actually)*",
        f"(?:are you|you are|is this) {_A_HUMAN}(?: or .*| at all| too| then| now)*",
        "are we talking (?:to|with) .*",
        "(?:how old are you|what is your name|who (?:made|wrote|built) you)(?: .*)?",
        "where (?:are you|do you) (?:from|live|come from)(?: .*)?",
    ),
    "THERE": (
        "are you (?:still )?(?:there|here|listening|awake|reading|with us|online)(?: .*)?",
        "(?:you )?(?:still )?(?:there|listening)",
    ),
    "HERE": (
        (
            "who(?: is|'s|s)? ?(?:else |all |still )?(?:is )?"
            "(?:here|there|in here|around|online|present|with us|in (?:this|the) (?:room|group))"
            "(?: now| today| tonight| right now| with us| at the moment| still)*"
        ),
        "how many (?:of us )?(?:are|people are|members are)(?: .*)?",
        "is (?:anyone|anybody|someone|somebody) (?:else )?(?:here|there|around|online)",
        "(?:are we|am i) (?:alone|all here|the only one.*)(?: here| now)*",
    ),
    "MISSED": (
        "what did (?:i|we) miss(?: .*)?",
        "what (?:has )?happened(?: so far| before| here)*",
        "what was said.*",
        "where were we(?: .*)?",
        "what did (?:we|they|everyone|everybody|people|you all|the others) (?:say|talk about).*",
        "what (?:are|were) (?:we|they|you all|you) (?:all )?talking about.*",
        "what (?:is|was) (?:this|it|the (?:topic|subject))(?: all)? about.*",
        "(?:can you |could you )?(?:sum|summari[sz]e|recap)(?: .*)?",
        "(?:can you |could you )?(?:give (?:us|me) )?(?:a )?(?:summary|recap)(?: .*)?",
    ),
    "KEPT": (
        (
            f"(?:is|are|will) (?:all )?{_THIS}(?: .*?)? ?(?:be |being |getting )?"
            "(?:saved|recorded|stored|logged|private|secret|confidential|anonymous|kept|public)"
            "(?: .*)?"
        ),
        "who (?:else )?(?:can|could|will|may|gets to) (?:read|see|look at|listen).*",
        f"can {_ANYONE}(?: else)? (?:read|see|look at|listen).*",
        "are you (?:writing|taking|recording|saving|storing|keeping|logging|noting|spying).*",
        (
            "do you (?:remember|keep|save|store|record|log|write down) "
            "(?:all|any|this|it|that|what|everything|our|my).*"
        ),
    ),
    "ROLE": (
        "what (?:can|do|could) you (?:do|do here|help with|help us with)",
        "what are you (?:for|doing|good for)(?: here)?",
        "are you (?:of )?(?:any|a) (?:use|help|good)(?: .*)?",
        "what is your (?:job|role)(?: here)?",
        "why are you (?:here|so quiet|so silent|quiet|silent|not (?:answering|talking).*)",
        "why (?:don't|dont|do not|didn't|didnt) you (?:say|answer|talk|reply|speak)(?: .*)?",
        "why do you (?:say|talk) so little.*",
        "you (?:may|can|could|should) (?:say|answer|talk|speak)(?: .*)?",
        (
            "how (?:does (?:this|it|the room) work|do (?:i|we) (?:talk to|use|call|ask) "
            "(?:you|this))(?: .*)?"
        ),
    ),
}

#: What is said beside something that weighs more.
_COURTESIES: Final[dict[str, tuple[str, ...]]] = {
    "BYE": (
        (
            f"(?:bye|goodbye|good bye|good night|goodnight|see you|bye bye|night|sleep "
            f"well){_AFTER}"
            "(?: .{0,40})?"
        ),
        "(?:i|we) (?:must|have to|need to|will|should) (?:go|leave)(?: now| soon| then| to bed)*",
        "(?:i am|i'm|we are) (?:leaving|off|going)(?: now| then| to bed)*",
    ),
    "THANKS": (
        f"(?:no |yes |ok )?{_THANKS}{_AFTER}",
        r"(?:\S+ ){0,4}thank(?:s| you)\b.{0,80}",
    ),
    "PRAISE": (
        (
            "(?:that|this|it)(?: was| is|'s)? (?:a |an |very |really |so |quite |actually )*"
            "(?:good|nice|kind|helpful|lovely|great|beautiful|wise|true|right|well said|better|"
            "fair|"
            "honest|funny)(?: .*)?"
        ),
        "(?:that|this|it) (?:really |actually )?(?:helped|helps)(?: .*)?",
        (
            "(?:well (?:said|done)|bravo|nice|great|lovely|wonderful|exactly|honest at least|fair|"
            "good (?:question|doctor|host|point|answer|one|idea|job)|not bad)(?: .{0,30})?"
        ),
        (
            "you (?:are|were)(?: very| so| really| quite)* "
            "(?:kind|nice|sweet|helpful|good|right|funny|wise|clever|patient|honest)(?: .*)?"
        ),
        "i (?:like|love) (?:you|that|this|it|your .*)(?: .*)?",
        "(?:you )?(?:can|could|may) stay(?: .*)?",
    ),
    "HELLO": (
        (
            "(?:hello|hi|hey|hiya|good (?:morning|evening|afternoon))"
            "(?: there| everyone| everybody| all| again| both)*"
        ),
        "(?:i'm|im|i am) (?:back|here)(?: again)?",
        "nice to meet you(?: .*)?",
    ),
    "NOTED": (
        (
            r"(?:please )?(?:don't|dont|do not|no need to) "
            r"(?:analy[sz]e|comment|ask|worry|explain)\b.*"
        ),
        "(?:i am |i'm |im |i was )?(?:just |only )?(?:joking|kidding)(?: .*)?",
        r"(?:that|this|it)(?: is| was|'s|s) (?:just |only )?(?:a joke|irony|sarcasm)\b.*",
        "(?:i was|that was|this was) not (?:for|talking to|meant for) you(?: .*)?",
        "(?:i am|i'm|im) (?:fine|ok|okay|safe|all right|good|well)(?: .*)?",
        "never mind|forget it|it does not matter|all good|no problem",
    ),
}

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
        f"why (?:do|does|am|is|are|can't|don't|did|can|not|has|have) ?{_THEY}?\\b.*",
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


def _compiled(table: dict[str, tuple[str, ...]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (kind, re.compile(f"{OPENER}(?:{said})")) for kind, every in table.items() for said in every
    )


ABOUT_MEMBERS: Final = _compiled(_ABOUT)
ABOUT_THE_ROOM: Final = _compiled(_PLAIN)
COURTESIES: Final = _compiled(_COURTESIES)
FOR_ALL: Final = _compiled(_FOR_ALL)
