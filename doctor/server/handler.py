"""A conversation over one connection: `DoctorClientHandler`, a thread for each client.

A connection has three phases. Each is a method that reads from top to bottom, because a thread may
simply wait:

    _open_session   220; a name, and a passphrase if there is one: 331 530 553
    _greet          230 and the greeting
    _converse       a line -> a reply, until /quit, the end of the stream, a limit or a stop

Errors become reply codes by one table, `doctor.server.error_codes.CODES`.

**Threads.** Everything here runs in the handler's own thread, except `dismiss`, `notify` and
`abort`, which any thread may call. The handler hands a patient's line to the store with a function
to call once it is saved (`doctor.server.outcomes`), which the thread calls that commits exchanges
to disk, and goes back to waiting for the next line. So an exchange costs this thread one wait and
one system call, and a reply leaves as soon as it is safe, whichever thread gets the interpreter
next.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from doctor import errors
from doctor.protocol import BANNER, Command, Reply, closing, codes, parse
from doctor.protocol.codes import Reason
from doctor.server import commands, logs
from doctor.server.error_codes import ENDS_SESSION, code_of, reason_of
from doctor.server.logins.authentication import Authenticator
from doctor.server.network.connection import ClientGone, Connection, EndConversation
from doctor.server.network.throttle import AHEAD, MOST, Throttle, is_costly
from doctor.server.outcomes import FAULT, LineOutcomes
from doctor.server.rooms.membership import Memberships

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.patients.store import Patient
    from doctor.server.context import ServerContext
    from doctor.server.network.transport import Transport

#: Commands that let other threads run all the time.
_SEARCHES: Final = frozenset({"/find", "/find-before"})
#: Refusals of one connection that are logged; the line of its end has the number of all.
_REFUSALS_LOGGED: Final = 3


class DoctorClientHandler(threading.Thread):
    """One client, from the accepted socket to its close; it calls `on_end(handler)` last."""

    def __init__(
        self,
        transport: Transport,
        host: str,
        port: int,
        context: ServerContext,
        on_end: Callable[[DoctorClientHandler], None],
    ) -> None:
        self.host, self.address = host, f"{host}:{port}"
        super().__init__(name=f"patient at {self.address}", daemon=True)
        self.began = time.time()
        self.patient: Patient | None = None
        self.patient_name: str | None = None
        self.exchanges = self._refusals = self._wrong_before = 0
        self._connection = Connection(transport, context.settings.line_length, context.slow_clients)
        self._context, self._on_end = context, on_end
        self._throttle = Throttle(context.settings, context.stopping)
        #: Whether there is a session.
        self._is_open = False
        #: Whether the next line would begin a history.
        self._is_new = False
        self._outcomes = LineOutcomes(self, self._connection, context)
        self._rooms = Memberships(self, self._connection, context, self._outcomes)

    # -- from any thread -----------------------------------------------------------------------

    def dismiss(self, reason: Reason, text: str, *, at_once: bool = False) -> None:
        """End this conversation with 421: after the lines that are under way, or at once."""
        self._connection.dismiss(reason, text, at_once=at_once)

    def notify(self, data: bytes) -> bool:
        """Send a notice between replies; never waits. False where it cannot arrive."""
        return self._connection.push(data)

    def abort(self) -> None:
        """Abort every blocking call on this connection."""
        self._connection.transport.abort()

    # -- the conversation ----------------------------------------------------------------------

    def run(self) -> None:
        """Hold the conversation; whatever happens in it, the connection is closed here."""
        why = "left"
        try:
            self._connection.transport.open()
            self._open_session()
            self._greet()
            self._converse()
        except (ClientGone, ConnectionError) as error:
            # A check of a balancer or a monitor connects and leaves, every second: no line for it.
            why = "" if self._connection.is_silent else str(error) or why
        except EndConversation as end:
            why = self._send_last_reply(end.reply)
        except ENDS_SESSION as error:
            why = self._send_last_reply(closing(self.reason_for(error), f"{error}; goodbye"))
        except OSError as error:
            why = str(error)
        except Exception:  # noqa: BLE001 - a fault ends one conversation, not the server
            logs.LOG.exception("fault in the conversation with %s", self.address)
            why = self._send_last_reply(closing(Reason.FAULT, FAULT))
        finally:
            self._close(why)

    def _send_last_reply(self, reply: Reply) -> str:
        """Send the last reply and return its text for the log."""
        if reply.code != codes.GOODBYE:
            self._context.metrics.count_refusal(reply.code)
        self._connection.send_last(reply)
        return reply.text

    def reason_for(self, error: errors.DoctorError) -> Reason:
        """Return why an error of `ENDS_SESSION` ends the session."""
        if isinstance(error, errors.WrongPassphrase):
            return Reason.PASSPHRASE_CHANGED
        gone = self.patient is None or self.patient.gone
        return Reason.ERASED if gone else Reason.REOPEN

    def _close(self, why: str) -> None:
        self._connection.close()
        self._rooms.close()
        if self.patient is not None:
            self.patient.close()
        if why:
            logs.info(
                "connection closed",
                source=None if self.patient_name else self.host,
                patient=self.patient_name,
                address=self.address,
                seconds=time.time() - self.began,
                exchanges=self.exchanges,
                refusals=self._refusals or None,
                why=why,
            )
        self._on_end(self)

    def _open_session(self) -> None:
        """Ask for a name until a session can be opened."""
        self._connection.set_deadline(self._context.settings.name_time)
        self._tell(codes.READY, f"{BANNER} The doctor is in. What is your name?")
        for _ in range(self._context.settings.name_tries):
            try:
                self.patient = self._context.store.open(self._read_answer(), self._dismiss_erased)
                self.patient_name = self.patient.name
                self._wrong_before = self.admit(self.patient)
            except ENDS_SESSION:  # the client's next line may be a passphrase: not a name then
                raise
            except (errors.ProtocolError, errors.PatientError, errors.StoreError) as error:
                if self.patient is not None:
                    self.patient.close()
                    self.patient = self.patient_name = None
                self._refuse(error)
            else:
                return
        raise EndConversation(closing(Reason.TOO_MANY_TRIES, "too many tries; goodbye"))

    def _greet(self) -> None:
        patient, settings = self._require_patient(), self._context.settings
        number = patient.last_number
        warned = settings.passphrases != "off"
        rows = commands.welcome_rows(patient, wrong=self._wrong_before, warned=warned)
        rows += commands.script_rows(self._context)
        greeting = patient.greeting()
        self._is_open = True
        self._is_new = number == 0 and not patient.protected
        budget = self._context.write_limits.budget(patient.name)
        self._outcomes.budget = self._throttle.budget = budget
        self._context.metrics.count_session()
        self._context.sessions.open_session(self, patient.name)
        attending = self._context.attending  # who comes to read from now on tells this connection
        attending.adopt(patient)
        rows += attending.greeting_rows(patient.name)
        self._tell(codes.WELCOME, attending.greeting(patient.name) or greeting, *rows)
        self._connection.set_line_time(settings.idle_time)
        logs.info(
            "session opened",
            patient=self.patient_name,
            address=self.address,
            exchanges=number,
        )

    def _converse(self) -> None:
        """Reply to lines until something ends the conversation."""
        patient, connection, throttle = self._require_patient(), self._connection, self._throttle
        while True:
            try:
                line = connection.read_line()
                throttle.wait()
                if not is_costly(line):
                    self._answer(patient, line)
                    continue
                wanted = parse(line)
                if isinstance(wanted, Command) and wanted.kind.name == "/as":
                    self._answer_numbered(wanted.text, *wanted.numbers)
                elif isinstance(wanted, Command):
                    # A check of a passphrase does not hold the interpreter and delays nobody.
                    most = AHEAD if wanted.kind.name == "/passphrase" else MOST
                    with throttle.charge(most, gives_way=wanted.kind.name in _SEARCHES):
                        self._run_command(wanted)
                else:
                    with throttle.charge():
                        self._answer(patient, wanted)
            except ENDS_SESSION:
                raise
            except errors.DoctorError as error:
                self._refuse(error)

    # -- what a patient says -------------------------------------------------------------------

    def _answer_numbered(self, line: str, number: int) -> None:
        """Say a line that is to have this number, or show its reply if it is recorded already."""
        patient, in_room = self._require_patient(), self._rooms.talks_in is not None
        if number == patient.last_number + 1 and not (in_room or is_costly(line)):
            self._answer(patient, line, number)  # it waits for the disk
        else:
            with self._throttle.charge():
                self._answer(patient, line, number)

    def _answer(self, patient: Patient, line: str, number: int = 0) -> None:
        """Say a line to the doctor, or in a room; the reply is sent once it is on disk."""
        self._outcomes.asked_at = time.monotonic()
        if self._rooms.talks_in is not None and self._rooms.say(line, number):
            return
        if self._is_new and line.strip() and not patient.last_number:
            self._context.write_limits.begin_history(self.host)
            self._is_new = False
        connection = self._connection
        connection.hand_over()
        try:
            patient.say_later(line, self._outcomes.send, number)
        except BaseException:
            connection.take_back()
            raise

    # -- what a patient asks for ---------------------------------------------------------------

    def _run_command(self, command: Command) -> None:
        """Answer a command: `commands.ANSWERS` and `Memberships` have most of them."""
        name = command.kind.name
        if self._rooms.answer(command):
            return
        if name == "/forget" and not command.numbers:
            self._forget()
        elif name == "/passphrase":
            self.change_passphrase(self._require_patient())
        elif name == "/quit":
            text = "Goodbye. It was good talking with you."
            raise EndConversation(Reply(codes.GOODBYE, text))
        else:
            commands.answer(
                commands.CommandRequest(command, self._connection, self._context, self.patient)
            )

    def _forget(self) -> None:
        patient = self._require_patient()
        if patient.locked:
            raise errors.WrongPassphrase("this history is protected by a passphrase now")
        commands.ask_to_forget(self._connection, patient)
        if not commands.confirms(self._connection.read_line(), patient.name):
            self._tell(codes.UNCHANGED, "Nothing is erased.")
            return
        patient.forget()
        self._context.sessions.tell("erased", patient.name)
        logs.info("history erased", patient=patient.name, address=self.address)
        self._tell(codes.FORGOTTEN, "Your history is erased. We start again.")
        if self._context.settings.passphrases == "required":
            text = "connect again and set a passphrase for the new history"
            raise EndConversation(closing(Reason.PASSPHRASE_REQUIRED, text))

    def _dismiss_erased(self) -> None:
        text = "this history was erased by another connection or by the operator"
        self.dismiss(Reason.ERASED, text, at_once=True)

    # -- shared by the above -------------------------------------------------------------------

    def admit(self, patient: Patient) -> int:
        """Ask for the passphrase of a history if it has one, or for a new one if it must have one.

        Returns how many wrong ones were given since its owner was here.
        """
        return self._make_authenticator().admit(patient)

    def change_passphrase(
        self, patient: Patient, require: Callable[[], None] | None = None
    ) -> bool:
        """Ask for a new passphrase of a history; True where it was changed.

        Nothing is changed where `require`, asked before it is, raises `NotAllowed`.
        """
        return self._make_authenticator().change(patient, require)

    def _make_authenticator(self) -> Authenticator:
        return Authenticator(
            self._connection, self._context, self.host, self._read_answer, self._refuse
        )

    def _read_answer(self) -> str:
        """Wait for the answer to what was asked; serve commands before it."""

        def serve(command: Command) -> None:
            with self._throttle.charge():
                if command.kind.needs_session:
                    self._tell(codes.NOT_NOW, "not now: the answer to the question comes first")
                else:
                    self._run_command(command)
            self._throttle.wait()

        return self._connection.read_answer(serve, self._refuse)

    def _tell(self, code: int, text: str, *rows: tuple[str, ...]) -> None:
        self._connection.tell(code, text, *rows)

    def _refuse(self, error: Exception) -> None:
        """Send, count and log an error; only the first few of a connection are logged."""
        code = code_of(error)
        if code == codes.CLOSING:
            logs.warn("refused", address=self.address, why=str(error))
            raise EndConversation(closing(*reason_of(error)))
        with self._throttle.charge():
            self._connection.send(self.count_refusal(error).encode())
        self._throttle.wait()

    def count_refusal(self, error: Exception) -> Reply:
        """Count and log an error, and return the reply that tells it.

        After a name or passphrase that is refused, what the client sent already is dropped: it was
        sent before the question was asked again, and what is meant for the doctor must not become a
        name. A command is no answer to the question, which stays asked.
        """
        code, why = code_of(error), str(error)
        is_command = isinstance(error, (errors.UnknownCommand, errors.BadArgument))
        if not (self._is_open or is_command) and self._connection.drop_arrived():
            why += "; what was sent together with it was dropped"
        self._refusals += 1
        self._context.metrics.count_refusal(code)
        if self._refusals <= _REFUSALS_LOGGED:
            logs.info(
                "refused",
                source=self.host,
                code=code,
                patient=self.patient_name,
                address=self.address,
                why=why,
            )
        last = (("exchanges", str(error.last)),) if isinstance(error, errors.WrongNumber) else ()
        return Reply(code, why, last)

    def _require_patient(self) -> Patient:
        assert self.patient is not None  # noqa: S101 - called only after a session was opened
        return self.patient
