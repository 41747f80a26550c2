"""What the host is asked or told about the room and about itself.

Patterns of a whole sentence or clause, in lower case and without marks, tried in order.
"""

from __future__ import annotations

from typing import Final

from doctor.host.reading.pattern_table import CAN_YOU, PatternTable

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
    "LEAVE-BE": (
        (
            f"{CAN_YOU}(?:don't|dont|do not|never|stop|no more|without) (?:keep )?(?:ask|asking|"
            "send|sending|pass|passing|hand|handing|refer|referring|push|pushing|call|calling)"
            "(?: me| it| us| this| everything| that| my| questions?| on| over| back| to)*"
            " (?:the others?|others|other people|everybody|everyone|people|somebody else|each "
            "other|around|the room|them all)(?: .*)?"
        ),
    ),
    "ASK-ME": (
        (f"{CAN_YOU}ask me (?:something|anything|a question|one|a thing)(?: .*)?"),
        "(?:you|why don't you|can't you) (?:can |could |should )?ask me(?: .*)?",
    ),
    "TOPIC": (
        (
            "(?:please )?(?:say|ask|tell|give) (?:us |me )?(?:something|anything|a question|a "
            "topic|a subject|a story|an idea)(?! about you(?:rself)?\\b)(?: .*)?"
        ),
        "(?:let us|let's|can we|shall we) (?:change|talk about|speak about|go on|begin|start)\\b.*",
        "what (?:shall|should|do|can|could) we talk about(?: .*)?",
        "your turn|and you|go on|continue",
    ),
    "ALONE-HOW": (
        (
            "(?:can|could|may|how (?:can|do)) (?:i|we) (?:talk|speak|ask|write|tell).*"
            "\\b(?:private|privately|alone|in secret)(?: .*)?"
        ),
    ),
    "ABOVE": (
        (
            "(?:can |could |would |will |please )*(?:you )?(?:say|repeat) (?:that|it|this)"
            "(?: once| again| more| please)*"
        ),
    ),
    "ERASE": (
        (
            "(?:can|could|may|how (?:can|do|could)) (?:i|we|you|one) (?:delete|erase|remove|wipe|"
            "undo) .*"
        ),
        "(?:please )?(?:don't|dont|do not) (?:write|keep|save|record) (?:that|this|it)(?: down)?.*",
    ),
    "LEAVE": ("how (?:do|can|could) (?:i|we|one) (?:leave|get out|go out|log out|quit)(?: .*)?",),
    "OUTSIDE": (
        "what (?:time|day|date|year) is (?:it|today)(?: .*)?",
        "what (?:is|'s|will) (?:the )?(?:weather|time|date|news|capital|temperature)\\b.*",
        "who (?:won|is the (?:president|king|queen|pope|chancellor))\\b.*",
    ),
    "CALLED": (
        (
            "(?:i have|may i ask|can i ask|i would like to ask)(?: you)? "
            "(?:a|one|another|something)?(?: more)?(?: question| thing)?(?: now| please)?"
        ),
        "(?:please )?help(?: me| us)?(?: please| now)*",
    ),
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
        "how many (?:of us )?(?!are\\b|people\\b|members\\b)(?P<matter>.+)",
        "who (?:said|wrote|told us|was it that said)(?: it)? (?:that |about |of )*(?P<matter>.+)",
        (
            "(?:did|has|does|is) (?:anyone|anybody|someone|somebody|one of (?:us|you))"
            "(?: here| else| of us)* "
            "(?:say|said|mention|know|tell us|talk about|have|like|there who has) (?P<matter>.+)"
        ),
        (
            "who (?:is|has|was|had|works|likes|lives|knows) (?:also |too )?"
            "(?!(?:it|that|this|he|she|the|right|here|in here|there|else)\\b)(?P<matter>.+)"
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
        "(?: please| now| here|,?(?: for)? (?:a|one) (?:while|moment|bit|minute|second)| with us"
        "|,? (?:will|would|can|could) you| and .*)*"
        for said in (
            "(?:be quiet|shut up|quiet|silence|hush|say nothing)",
            "stop(?: talking| it| answering| interrupting| there| now)?",
            "(?:only |just |please )*listen(?: to (?:us|me))?(?: for once)?",
            "i (?:only |just )*want you to listen",
            "stay (?:out|quiet|silent)(?: of (?:this|it))?",
            (
                "(?:don't|dont|do not|stop) (?:answer|interrupt|talk|butt in|interfere|"
                "say anything)"
                "(?:ing)?(?: .*)?"
            ),
            "let (?:us|me) (?:talk|speak)(?: .*)?",
            "leave us(?: alone)?",
            "(?:don't|dont|do not|no more) (?:do )?(?:the|that|this|your) (?:quot|repeat)\\w*.*",
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
            "(?:are|do) (?:we|i) (?:bore|boring|annoy|annoying|disturb|disturbing|bother|bothering|"
            "too much for) you(?: .*)?"
        ),
        (
            "do you (?:even |really )*know (?:what )?(?:shame|guilt|fear|love|grief|loneliness|"
            "pain|hope|joy|happiness|sadness|sorrow|anger|longing|homesickness|jealousy|boredom|"
            "pride|worry|death|tiredness)(?: is| means| feels like| does)?(?: .*)?"
        ),
        "do you (?:even )?know (?:what it is like|how it (?:feels|is)|what it means)(?: .*)?",
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
        "are you sure(?: .*)?|(?:really|seriously)",
        (
            "you (?:remember|repeat|listen|quote|count|keep|hear|read|find)\\b.* than you "
            "(?:understand|feel|know|think|mean|help)\\b.*"
        ),
        "i (?:do not|don't|cannot|can't) (?:believe|trust) (?:you|that|this|a .*)(?: .*)?",
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
            "(?:read|see|seen|hear|heard|get (?=(?:it|that|this|me|us)\\b)|"
            "notice|noticed|understand|understood) .*"
        ),
        "(?:don't|dont|didn't|didnt|can't|cant) you (?:read|see|hear|get|understand)(?: .*)?",
    ),
    "WHO": (
        (
            "(?:say|tell) (?:me |us )?(?:(?:something|a little|more) )*about you(?:rself)?(?: .*)?"
            "|about yourself"
        ),
        "(?:who|what) (?:are you|is this)(?: exactly| really| anyway| again| actually)*",
        f"(?:are you|you are|is this) {_A_HUMAN}(?: (?:or|a|an) .*| at all| too| then| now)*",
        "are we talking (?:to|with) .*",
        (
            "is there (?:really |even )*(?:anybody|anyone|somebody|someone|a person|a human|"
            "a mind|something|anything) (?:behind|inside|in) (?:it|this|that|there|you|these|the "
            "machine|your)\\b.*"
        ),
        "(?:.* or )?are you (?:a|an) (?:\\w+ ){0,4}(?:mirror|parrot|echo|satnav|recorder|tape|toy)",
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
        "who (?:was|has been|were) (?:in )?here(?: .*)?",
        "is (?:anyone|anybody|someone|somebody) (?:else )?(?:here|there|around|online)",
        "(?:are we|am i) (?:alone|all here|the only one.*)(?: here| now)*",
    ),
    "MISSED": (
        "what did (?:i|we) miss(?: .*)?",
        "(?:did|have) (?:i|we) (?:miss|missed) (?:something|anything|much|a lot|it)(?: .*)?",
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
        (
            "who (?:else |all )?(?:(?:can|could|will|may|gets to) (?:read|see|look at|listen)|has "
            "access to|is reading|reads|sees)\\b.*"
        ),
        "(?:is|are) (?:anyone|anybody|someone|somebody) (?:else )?(?:reading|watching|listening).*",
        "(?:can|do|will) you keep (?:a|this|my|our|any) secrets?(?: .*)?|are you allowed to .*",
        "how many (?:people |others )?(?:can |could |may )?(?:read|see|look at) .*",
        (
            "(?:do|will|would|can|could) you (?:ever )?(?:tell|send|pass|give|share|report|show)"
            " (?:\\w+ ){0,3}(?:to )?(?:anyone|anybody|others|other people|people|my \\w+|our \\w+|"
            "the police|a doctor)(?: .*)?"
        ),
        f"can {_ANYONE}(?: else)? (?:read|see|look at|listen).*",
        (
            "(?:are|do) you (?:write|record|writing|taking|recording|saving|storing|keeping|"
            "logging|noting|spying).*"
        ),
        (
            "do you (?:remember|keep|save|store|record|log|write down) "
            "(?:all|any|this|it|that|what|everything|our|my).*"
        ),
    ),
    "ROLE": (
        "you (?:say|said) (?:nothing|so little|very little)(?: .*)?",
        "what (?:can|do|could) you (?:do|help with|help us with)(?: .*)?",
        "can you (?:really |even |actually )*help (?:me|us|anybody|people)(?: at all)?",
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

ABOUT_THE_ROOM: Final = PatternTable(_PLAIN)
