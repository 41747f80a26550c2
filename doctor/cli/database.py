"""`database`: make, upgrade and look at the tables of histories in PostgreSQL."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Final

from doctor.cli.command import DONE, FAULT, SERVER, Subcommand, add_format
from doctor.cli.output import encode_json
from doctor.errors import DoctorError
from doctor.patients.opening import open_database
from doctor.text import escape, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

#: Partitions of the table of exchanges at most.
MOST_PARTITIONS: Final = 1024


def _number_of_partitions(text: str) -> int:
    number = int(text)
    if not 2 <= number <= MOST_PARTITIONS:
        raise ArgumentTypeError(f"from 2 to {MOST_PARTITIONS} partitions can be made")
    return number


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "do",
        choices=("create", "upgrade", "status"),
        help="Make the tables; upgrade them to this program's version; show how they are.",
    )
    parser.add_argument("url", metavar="URL", help="The database: postgresql://...")
    parser.add_argument(
        "--server-role",
        metavar="ROLE",
        help="With create: the role as which servers connect; it may read and write rows only.",
    )
    parser.add_argument(
        "--reader-role",
        metavar="ROLE",
        help="With create: a role for reading; it sees no passphrase records.",
    )
    parser.add_argument(
        "--partitions",
        metavar="N",
        type=_number_of_partitions,
        default=0,
        help="With create: make the table of exchanges of so many partitions (2 to 1024; none). "
        "For hundreds of millions of exchanges; it cannot be changed later.",
    )
    add_format(parser)


def run_database(args: Namespace) -> int:
    """Make, upgrade or show the tables."""
    if (args.server_role or args.reader_role or args.partitions) and args.do != "create":
        raise DoctorError(
            "--server-role, --reader-role and --partitions belong to `database create`"
        )
    database = open_database(args.url)
    if args.do == "create":
        version = database.create(args.server_role, args.reader_role, args.partitions)
        print(f"the tables are there, of version {version}")
        return DONE
    if args.do == "upgrade":
        before, after = database.upgrade()
        same = f"the tables are of version {after} already"
        print(same if before == after else f"upgraded from version {before} to {after}")
        return DONE
    found = database.status()
    if args.format == "json":
        print(encode_json(found._asdict(), indent=1))
    else:
        print(f"PostgreSQL {escape(found.server)}")
        print(f"tables of version {found.tables or 'none'}; this program makes {found.wanted}")
        print(
            f"{quantity(found.patients, 'patient')}, {quantity(found.exchanges, 'exchange')}, "
            f"{found.megabytes:,.1f} MB"
        )
        waits = (
            f"a commit waits for {found.synchronous} of them"
            if found.standbys
            else ("what was answered is lost with this server's disk")
        )
        print(f"{quantity(found.standbys, 'standby', 'standbys')}: {waits}")
    return DONE if found.tables == found.wanted else FAULT


COMMANDS = [
    Subcommand(
        "database",
        SERVER,
        "Make, upgrade or look at the tables of histories in PostgreSQL.",
        _add_arguments,
        run_database,
        (
            "python -m doctor database create postgresql://owner@db1/doctor --server-role doctor",
            "python -m doctor database status postgresql://owner@db1/doctor",
        ),
    )
]
