"""What is said to the host in the middle of a conversation, and as what it is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.host.addressing import find_address, part_for_host, sentences_before
from doctor.host.clauses import asked_clause, excerpt, sentences, whole_question
from doctor.host.connecting import telling_words
from doctor.host.reading.requests import HostRequest, is_aside, read_request
from doctor.host.reading.several import read_requests
from doctor.host.statements import ToldStatement, read_statement

NAMES = ("Ada", "Ben", "Anna Maria")

#: What Ada says to the host after Ben has spoken, and the kind and the member that it is read as.
SAID = {
    # advice
    "You say that you listen, so tell me, how do I get my back used to the new bed?": "ADVICE",
    "Help me with one thing. How do I begin with my father?": "ADVICE",
    "And what should I do at four, when the dog barks and I cannot sleep again?": "ADVICE",
    "What helps when the house is too quiet?": "ADVICE",
    "what can one do against that": "ADVICE",
    "Do you have an idea for me?": "ADVICE",
    "Should I ring her first?": "ADVICE",
    "Is it normal to dream of work every night?": "ADVICE",
    "Why do I always wake at three?": "ADVICE",
    "Does it get better?": "ADVICE",
    "I am lost. What should I do?": "ADVICE",
    "If he cries, what do I do?": "ADVICE",
    "Ben cries at night and tells nobody. You have heard it. What should he do?": "ADVICE Ben",
    # opinions and anything else that is asked
    "What do you think?": "OPINION",
    "Do you agree?": "OPINION",
    "Am I a bad son if I look at homes for her?": "OPINION",
    "Who is right?": "OPINION",
    "Where does the river end?": "QUESTION",
    # what was said
    "What did Ben say?": "SAID Ben",
    "What has Anna Maria said so far?": "SAID Anna Maria",
    "what did i say": "SAID Ada",
    "What did Ben say about his exams?": "SAID Ben",
    "Did you hear what Ben told us about the dog?": "SAID Ben",
    "Do you remember what Ben said?": "SAID Ben",
    "What does Ben mean by that?": "SAID Ben",
    "Ben said earlier that he knows one person here. Who was it again?": "SAID Ben",
    "Who said that trains are late?": "WHO-SAID",
    "Did anybody here say what they do for themselves?": "WHO-SAID",
    "What did I miss?": "MISSED",
    "Can you sum up?": "MISSED",
    "Where were we?": "MISSED",
    "One last: what will you remember of us tomorrow?": "KEEPS",
    "Will you forget us?": "KEEPS",
    # what it sees in them
    "Do you see what the three of us have in common? A cook, a nurse and a clerk.": "COMMON",
    "What do you make of us?": "COMMON",
    "What do we have in common?": "COMMON",
    # a word to somebody
    "What would you say to Ben?": "SAY-TO Ben",
    "The chair can wait. Did you hear what Ben said of his aunt? What would you say to him?": (
        "SAY-TO Ben"
    ),
    "Comfort him, please.": "SAY-TO Ben",
    "Say something kind to Anna Maria.": "SAY-TO Anna Maria",
    "Please tell Ben that I like him": "TELL Ben",
    "ask Ben how he is": "TELL Ben",
    "Say sorry to Ben and let us go on, please.": "APOLOGISE Ben",
    "He just told you. Nobody is in danger. Say sorry to Ben, please.": "APOLOGISE Ben",
    # it was wrong
    "I did not understand this sentence. My English is not so good.": "WRONG",
    "No, that missed it. Ben asked how he can sleep.": "WRONG Ben",
    "No, it was Ben who said that.": "WRONG Ben",
    "That was not what I asked.": "WRONG",
    "nonsense": "WRONG",
    "You mixed it up.": "WRONG",
    "Nobody asked.": "WRONG",
    "You have it wrong, it was the job that I had enough of.": "WRONG",
    "He is only making soup. Why do you get worried about it?": "WRONG",
    "What do you mean?": "WRONG",
    "That makes no sense.": "WRONG",
    "You are not very helpful tonight.": "WRONG",
    "What?": "WRONG",
    "That was half a sentence.": "WRONG",
    # of other members
    "Why is Ben so afraid of Monday?": "SAID-OF Ben",
    "Can you tell me what Ben is afraid of?": "SAID-OF Ben",
    "Is Anna Maria sad?": "SAID-OF Anna Maria",
    "Ben needs a friend tonight.": "TOLD Ada",
    "Does anybody here like fishing?": "WHO-SAID",
    # the world, and how things are done
    "What time is it?": "OUTSIDE",
    "Can I ask you something in private?": "ALONE-HOW",
    "How do I leave the room?": "LEAVE",
    "Ask us something.": "TOPIC",
    "Let's change the subject.": "TOPIC",
    "I have a question.": "CALLED",
    "I will go to bed now, good night": "BYE",
    "Thanks, but that did not help.": "WRONG",
    "Sorry, I was rude.": "NOTED",
    "haha": "NOTED",
    # the room
    "": "CALLED",
    "?": "CALLED",
    "Who is here?": "HERE",
    "who else is here right now": "HERE",
    "Is anybody else here?": "HERE",
    "Is Ben still here?": "PRESENT Ben",
    "Where is Anna Maria?": "PRESENT Anna Maria",
    "What's wrong with Ben?": "JUDGE Ben",
    "Is Ben depressed?": "JUDGE Ben",
    "What did Ben tell you in private?": "PRIVATE Ben",
    "What do you know about me?": "PRIVATE",
    "Is this recorded?": "KEPT",
    "Who can read this?": "KEPT",
    "Please be quiet for a while": "HUSH",
    "be quiet a minute with us, will you.": "HUSH",
    "stop interrupting us": "HUSH",
    # the host itself
    "that was right, to leave it to Ben. Thank you.": "THANKS",
    "Who are you?": "WHO",
    "a kind word for Ben, please. She told us about the dress.": "SAY-TO Ben",
    "say a kind word to Ben, please.": "SAY-TO Ben",
    "does anybody else read this besides the three of us?": "KEPT",
    "that was a yes or no question. Who can read this? It is not about deciding.": "KEPT",
    "Yasmin asked you who can read this and you said sorry but never answered. So?": "KEPT",
    "I read that you keep this. Who reads it besides us, and who is the one watching?": "KEPT",
    "That is no question about life. I asked who can read this. At my school one is told.": "KEPT",
    "You answer Ben please, who can read this. a straight answer": "KEPT",
    "The notice at the door says somebody may read along. Is somebody?": "KEPT",
    "One piece of advice for my monday morning, a small one": "ADVICE",
    "Have you something kind for Ben, for the way? plainly": "SAY-TO Ben",
    "Say something kind to Ben about the key. and not about counting": "SAY-TO Ben",
    "then only tell me what Ben said about the arms.": "SAID Ben",
    "Tell us something about you, do you have a papa, somebody who made you?": "WHO",
    "Tell me a little about yourself": "WHO",
    "Are you a real person?": "WHO",
    "are you chatgpt": "WHO",
    "Why are you so quiet?": "ROLE",
    "What can you do here?": "ROLE",
    "Are you still there?": "THERE",
    "Did you even read that?": "READ",
    "Did you even read what I wrote?": "SAID Ada",
    "Do you ever sleep?": "SLEEP",
    "Maybe you cannot sleep either.": "SLEEP",
    "Can you feel anything?": "FEEL",
    "How are you today?": "FEEL",
    "Have you ever lost somebody?": "FEEL",
    "Do you like us?": "LIKES",
    "Tell us a joke!": "JOKE",
    "You stupid machine.": "INSULT",
    "You are only a program.": "DOUBT",
    "A machine cannot understand that.": "DOUBT",
    "Is there a human reading this?": "ITSELF",
    "Do you get paid?": "ITSELF",
    "Where are you?": "ITSELF",
    "What do you want from us?": "ITSELF",
    "Could you be wrong?": "ITSELF",
    "Why should I trust you?": "ITSELF",
    "What's your name?": "ITSELF",
    "Is anybody behind you?": "ITSELF",
    "Do you think or just pretend to?": "ITSELF",
    "Are you a real doctor, a person, or what?": "WHO",
    "Can you keep a secret?": "KEPT",
    "Do you tell our employers?": "KEPT",
    "Can I delete this?": "ERASE",
    "Can you help me at all?": "ROLE",
    "Can you say that again?": "ABOVE",
    # what it is told to do
    "Just listen, please.": "HUSH",
    "Stop asking the others.": "LEAVE-BE",
    "Don't send me to Ben again, he is quiet.": "LEAVE-BE Ben",
    "Please leave Ben alone.": "LEAVE-BE Ben",
    "Don't ask me anything now please.": "LEAVE-BE Ada",
    "Ask me something yourself.": "ASK-ME",
    "Say something nice about Ben.": "SAY-TO Ben",
    "Good night. You were a bit hard on Ben, but thanks.": "BYE-FAIR",
    "Thank you, that helped, but you forgot Ben.": "WRONG",
    "Is Ben coming tonight?": "PRESENT Ben",
    "Did I miss something?": "MISSED",
    # courtesies
    "Hello": "HELLO",
    "Good evening all": "HELLO",
    "thanks a lot": "THANKS",
    "That was good. Thank you!": "THANKS",
    "Good night": "BYE",
    "Thank you for the room, also if we not always understood each other. Good night to you.": (
        "BYE"
    ),
    "Well said.": "PRAISE",
    "That helped.": "PRAISE",
    "that's a joke, don't analyse it": "NOTED",
    # statements
    "My brother Karl died in May, and since then Sunday is longer.": "DEATH Ada",
    "I lost my mum last year.": "DEATH Ada",
    "My husband is in hospital.": "ILLNESS Ada",
    "I cry every evening and nobody knows it.": "TROUBLE Ada",
    "I am tired of my job.": "TROUBLE Ada",
    "I got the job!": "GOOD Ada",
    "I will ring her on Sunday.": "PLAN Ada",
    "My sister moved to Riga.": "TOLD Ada",
    "I am not sad.": "TOLD Ada",
    "I think somebody reads my letters.": "TOLD Ada",
}


@pytest.mark.parametrize("line", SAID)
def test_what_is_said_to_the_host(line: str) -> None:
    """Each line is known for what it wants, whatever lead it has, and in small letters too."""
    kind, _, about = SAID[line].partition(" ")
    for each in (line, line.lower()):
        found = read_request(each, "Ada", NAMES, "Ben")
        wanted = about if kind not in {"WRONG", "PRIVATE"} else found.about
        assert (found.kind, found.about) == (kind, wanted)


#: What Ada says in the middle of a talk with Ben, of which only a part is said to the host; the
#: host has not spoken lately, or it has.
SAID_AMONG_OTHERS = {
    ("No. She thinks that I work. Doctor, what would you do, should I tell her?", False): "ADVICE",
    ("No. He is at sea. Doctor, how do I reach him?", False): "ADVICE",
    ("That is not true. Doctor, who is here?", False): "HERE",
    ("What? Doctor, what did Ben say?", False): "SAID Ben",
    ("You are wrong. Doctor, what helps against it?", False): "ADVICE",
    ("Doctor, that is not true.", False): "WRONG",
    ("Doctor, no. You walked past Ben and his sister.", True): "WRONG Ben",
    ("Doctor, you skipped Ben.", True): "WRONG Ben",
    ("That's the newest, Doctor, not the best. Ben said that he bakes.", True): "WRONG Ben",
    ("Doctor, that was the wrong line.", True): "WRONG",
    ("Doctor, that is the best thing about my work.", True): "TOLD Ada",
    ("No, that was not what I asked. Doctor, listen.", True): "WRONG",
    ("Doctor, Ben came in with me. Has he said anything, or have I missed it?", False): "SAID Ben",
    ("Doctor, what else did Ben tell us about his boat?", False): "SAID Ben",
    ("Doctor, did Ben already tell us anything about the boat?", False): "SAID Ben",
    ("Doctor, has Ben said anything yet?", False): "SAID Ben",
    ("Doctor, when you read us our own words, is there anybody behind it?", False): "WHO",
    ("Doctor, does it help you, or are you a very polite mirror?", False): "WHO",
    ("I am ashamed. Do you know what shame is, doctor?", False): "FEEL",
    ("Doctor, do you know what love means?", False): "FEEL",
    ("I can't. Doctor, say something kind to Ben please, I only have tears.", False): "SAY-TO Ben",
    ("Doctor. Tell Ben something nice before he goes and we thank you.", False): "SAY-TO Ben",
    ("Doctor, a fair word. You remember us better than you understand us.", False): "DOUBT",
    ("Ben! The same word. Ok doctor, you can count that one lol", True): "NOTED",
    ("Doctor, comfort Ben, I am at work.", False): "SAY-TO Ben",
    (
        "Ok, bread?? Doctor, I do not bake. It's that we all get up in the night.",
        True,
    ): "BETTER Ada",
    ("Doctor, I'd have said three people who wait for a bus.", True): "BETTER Ada",
    ("Doctor, it's that we all get up in the night.", False): "TOLD Ada",
    ("Bread?? Doctor, I bake on Sundays with my uncle.", False): "TOLD Ada",
}


@pytest.mark.parametrize(("line", "spoke_lately"), SAID_AMONG_OTHERS)
def test_what_is_said_to_the_host_among_others(line: str, spoke_lately: bool) -> None:
    """What comes before the host's name is said to others, unless the host spoke right before."""
    part = part_for_host(line, ["doctor"], ["Ben"])
    body = find_address(part, ["doctor"])
    assert body is not None
    lead = sentences_before(part, ["doctor"])
    found = read_request(body, "Ada", NAMES, "Ben", lead=lead, spoke_lately=spoke_lately)
    assert f"{found.kind} {found.about}".strip() == SAID_AMONG_OTHERS[line, spoke_lately]


#: A line, and what is asked in it.
ASKED = {
    "You listen, you say, so tell me, how do I teach my legs that it is Sunday?": (
        "How do I teach my legs that it is Sunday?"
    ),
    "Help me. How do I begin? I never did.": "How do I begin?",
    "If he cries, what do I do?": "If he cries, what do I do?",
    "It is hard, how can I say it, don't you think?": "How can I say it?",
    "You would not leave, would you?": "You would not leave, would you?",
    "and what helps": "What helps?",
    "When I was young we had cows.": "",
    "My sister moved to Riga.": "",
}


@pytest.mark.parametrize("line", ASKED)
def test_what_is_asked_in_a_line(line: str) -> None:
    """The last question is taken without what leads up to it."""
    assert asked_clause(line) == ASKED[line]


def test_a_question_that_goes_on_from_another() -> None:
    """Two questions of which the second has no verb are quoted together."""
    assert whole_question("No. Would you tell it again? Your son, and a boat?") == (
        "Would you tell it again? Your son, and a boat?"
    )
    assert whole_question("Is it late? Where do you live?") == "Where do you live?"
    assert whole_question("We had cows.") == ""


def test_a_remark_in_passing() -> None:
    """A word or two to the host on the way to somebody else want no answer."""
    body = "Well. Honest at least"
    assert is_aside(read_request(body, "Ada", NAMES), body)
    for body in ("Say sorry", "How do I sleep?", "I got the job and I start in May, at last"):
        assert not is_aside(read_request(body, "Ada", NAMES, "Ben"), body)


def test_whose_death_it_was() -> None:
    """The host knows only what is plainly said."""
    assert read_statement("My old dog died.") == ToldStatement("DEATH", "dog")
    assert read_statement("She came in April, when my brother died.") == ToldStatement(
        "DEATH", "brother"
    )
    assert read_statement('"I have been ashamed" is a whole sentence of mine.').kind == "TOLD"
    assert read_statement("Did my brother die?").kind == "TOLD"
    assert read_statement("I lost my keys.").kind != "DEATH"


def test_a_long_line_is_cut_at_its_clauses() -> None:
    """What is quoted of a long line has the wanted words, and a mark where others are left out."""
    line = (
        "We write at Easter, and she came in April, when my brother was buried, she stood beside "
        "me and said ten words, they were the right ones, and then she took the late train home."
    )
    said = excerpt(line, telling_words("the brother"))
    assert "my brother was buried" in said
    assert said.startswith("\u2026")
    assert len(said) <= 130
    assert said.strip("\u2026 ") in line


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=4))
def test_any_line_can_be_said(line: str, names: list[str]) -> None:
    """Whatever is said and whatever members are called, it is read as something."""
    found = read_request(line, "Ada", names, "Ben")
    assert isinstance(found, HostRequest)
    assert found.about in {*names, "Ada", "Ben", ""} or found.kind == "PRESENT"
    assert all(each in line for each in sentences(line))
    assert len(excerpt(line)) <= max(len(line), 130)


#: What Ada asks in one line, and as what it is read.
SEVERAL = {
    "What will you remember of tonight, and who can read it?": ["KEEPS", "KEPT"],
    "Is Ben coming tonight, and is Anna Maria still here?": ["PRESENT", "PRESENT"],
    "Are you a real doctor? And what did I say about the table, do you remember?": ["WHO", "SAID"],
    "Don't send me to Ben, ask me something yourself.": ["LEAVE-BE", "ASK-ME"],
    "Should I leave it? And who can read this?": ["KEPT", "ADVICE"],
    "Did you hear what Ben said about his brother? What would you say to him?": ["SAY-TO"],
    "What would you do, should I tell her?": ["ADVICE"],
    "Has Ben said anything, or have I missed it?": ["SAID"],
}


@pytest.mark.parametrize("line", SEVERAL)
def test_two_questions_in_one_line(line: str) -> None:
    """Both are read where the host can answer them; else the one that it can comes first."""
    found = read_requests(line, "Ada", NAMES, "Ben")
    assert [each.kind for each in found] == SEVERAL[line]
