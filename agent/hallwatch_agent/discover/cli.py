"""``hallwatch-agent discover``: what it may be told, and its wiring. Everything else is loaded when it runs."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hallwatch_agent.commandline import a_number, a_path, bare, describe, visible

if TYPE_CHECKING:
    from hallwatch_agent.discover.known import Known
    from hallwatch_agent.discover.search import Search
    from hallwatch_agent.discover.show import ProgressLine

OK, WRONG = 0, 1
HIGHEST_RATE: Final = 1000.0
CONNECT_S: Final = 2.5 if sys.platform == "win32" else 1.0
"""Windows asks a port that refuses three times before it says so, which takes two seconds."""
DESCRIPTION: Final = """\
Finds the devices on the hall's own network and prints a piece of a hall file for them: printers, switches, routers,
UPSes, cameras, PCs, each with the right probe. It asks slowly (50 questions a second unless told otherwise), never more
than a few at a time, and sends nothing that could print. Without --net it looks at this machine's own private networks
of at most 1022 hosts each. Ctrl-C ends it and prints what has been found so far."""
EPILOG: Final = """\
examples:
  hallwatch-agent discover                                 look at this machine's own networks
  hallwatch-agent discover --net 192.168.1.0/24 --output new.toml
  hallwatch-agent discover --community-file hall-snmp      SNMP with the community that is in secrets/hall-snmp
  hallwatch-agent discover --snmp version=3 user=hall auth_protocol=sha256 auth_key_file=snmp-auth
                                                           SNMPv3; the options are those of an SNMP probe
  hallwatch-agent discover --halls halls                   only what stands in no hall file of that folder
  hallwatch-agent discover --watch --halls halls           go on, and say what is new and what has left

Exit code 0 when hosts were found, 1 when none were, when it was stopped early, or when it could not look.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Teach *parser* the options of ``discover``."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add(
        "--net", action="append", default=[], metavar="CIDR", help="a network to look at, instead of this machine's own"
    )
    add("--even-public", action="store_true", help="the networks named are the hall's own, though not private ones")
    add("--community-file", action="append", default=[], metavar="NAME",
        help="a file in the secrets folder that holds an SNMP community; public is tried last")  # fmt: skip
    add("--snmp", action="append", default=[], nargs="+", metavar="KEY=VALUE",
        help="another way in over SNMP: options as in the hall file")  # fmt: skip
    add("--secrets", type=a_path, metavar="DIR", help="folder of the secret files; default: as in agent.toml")
    add("--halls", action="append", default=[], type=a_path, metavar="PATH",
        help="a hall file or a folder of them: what stands there is left out")  # fmt: skip
    add("--rate", type=a_number(0.1, HIGHEST_RATE), default=50.0, metavar="N", help="questions a second; default 50")
    add("--timeout-s", type=a_number(0.1, 30), default=CONNECT_S, metavar="S",
        help="how long a host may take to answer; default %(default)g")  # fmt: skip
    add("--listen-s", type=a_number(0, 60), default=5.0, metavar="S",
        help="how long announcements (mDNS) are listened to; default 5, 0: not at all")  # fmt: skip
    add("--json", action="store_true", help="one JSON object a host instead of a piece of a hall file")
    add(
        "--output",
        type=a_path,
        metavar="FILE",
        help="write to a new file (UTF-8), not to the screen; with --watch a line for each change",
    )
    add("--watch", action="store_true", help="go on looking, and say what is new in no hall file, and what has left")
    add("--interval-s", type=a_number(30, 86_400), default=600.0, metavar="S",
        help="with --watch: time from one look to the next; default 600")  # fmt: skip
    parser.set_defaults(do=discover)


def discover(options: argparse.Namespace) -> int:
    """Look, and print what was found; return the exit code."""
    import asyncio

    from hallwatch_agent.discover.access import BadAccess
    from hallwatch_agent.discover.ground import BadGround
    from hallwatch_agent.discover.known import BadHallFile, read_known
    from hallwatch_agent.discover.show import ProgressLine

    progress = ProgressLine(bare(sys.stderr), time.monotonic)
    if options.output and (problem := _cannot_be_written(options.output)):
        print(f"{options.output} {problem}: name a new file with --output", file=sys.stderr)
        return WRONG
    try:
        search = _prepare(options, progress)
        known = read_known(options.halls)
    except (BadAccess, BadGround, BadHallFile) as error:
        print(error, file=sys.stderr)
        return WRONG
    print(f"looking at {search.ground_in_words}, {options.rate:g} questions a second", file=sys.stderr)
    if options.watch and options.output:
        options.output.touch()
    work = _watch(search, known, options, progress) if options.watch else _look_once(search, known)
    try:
        asyncio.run(work)
        stopped = False
    except KeyboardInterrupt:
        stopped = True
    progress.clear()
    if options.watch:
        return OK
    text = _tell_found(search, known, stopped=stopped, as_json=options.json)
    if not text or not options.output:
        _print_utf8(text)
    elif not _write(options.output, text):
        return WRONG
    return OK if search.found and not stopped else WRONG


def _cannot_be_written(output: Path) -> str:
    """Say why no new file of this name can be made, before a search that takes minutes."""
    if output.exists():
        return "is there already"
    if not output.parent.is_dir():
        return f"cannot be made, as there is no folder {output.parent}"
    return "" if os.access(output.parent, os.W_OK) else f"cannot be made: {output.parent} may not be written"


def _write(output: Path, text: str) -> bool:
    """Write the file, or, where that fails after all, the screen."""
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print(f"cannot be written, so here it is: {describe(error)}", file=sys.stderr)
        _print_utf8(text)
        return False
    return True


def _prepare(options: argparse.Namespace, progress: ProgressLine) -> Search:
    from hallwatch_agent.config import secrets_beside
    from hallwatch_agent.discover.access import accesses_of
    from hallwatch_agent.discover.ground import choose_ground, read_own
    from hallwatch_agent.discover.pace import Pace
    from hallwatch_agent.discover.search import Limits, Search

    secrets = options.secrets or secrets_beside(options.config)
    accesses = accesses_of(options.snmp, options.community_file, secrets)
    own = read_own()
    ground = choose_ground(options.net, own, even_public=options.even_public)
    limits = Limits(timeout_s=options.timeout_s, listen_s=options.listen_s)
    return Search(
        ground, own, accesses, secrets, limits=limits, pace=Pace(options.rate, time.monotonic), progress=progress
    )


async def _look_once(search: Search, known: Known) -> None:
    there = await search.look()
    await search.ask(there - known.hosts)


async def _watch(search: Search, known: Known, options: argparse.Namespace, progress: ProgressLine) -> None:
    """Look again and again; a hall file that cannot be read just now leaves what was read of them before."""
    import asyncio

    from hallwatch_agent.discover.known import BadHallFile, read_known
    from hallwatch_agent.discover.watch import Visitors

    visitors = Visitors()
    while True:
        began_s = time.monotonic()
        there = await search.look()
        try:
            known = await asyncio.to_thread(read_known, options.halls)
        except BadHallFile as error:
            print(error, file=sys.stderr)
        change = visitors.note(there, known.hosts | search.here)
        await search.ask(change.new)
        progress.clear()
        for event, addresses in (("new", change.new), ("left", change.left)):
            for address in sorted(addresses, key=IPv4Address):
                _pass_on(_news(search, event, address, known, as_json=options.json), options.output)
        search.forget(change.left)
        await asyncio.sleep(max(0.0, began_s + options.interval_s - time.monotonic()))


def _pass_on(line: str, output: Path | None) -> None:
    """Say what is new on the screen, or in the file that was named."""
    if output is None:
        print(line, flush=True)
        return
    with output.open("a", encoding="utf-8") as file:
        file.write(f"{visible(line)}\n")


def _news(search: Search, event: str, address: str, known: Known, *, as_json: bool) -> str:
    from hallwatch_agent.discover.identify import identify
    from hallwatch_agent.discover.propose import propose
    from hallwatch_agent.discover.show import as_json as write_json
    from hallwatch_agent.discover.show import in_a_line

    seen = search.found[address]
    identity = identify(seen)
    if as_json:
        return write_json(seen, identity, propose(seen, identity, known.ids, digits=4), event)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S')} {event:4} {in_a_line(seen, identity)}"


def _tell_found(search: Search, known: Known, *, stopped: bool, as_json: bool) -> str:
    """Say on the side how much was found, and return what is to be printed."""
    from hallwatch_agent.discover.fragment import write_fragment
    from hallwatch_agent.discover.identify import identify
    from hallwatch_agent.discover.propose import digits_needed, propose
    from hallwatch_agent.discover.show import as_json as write_json

    hosts = [seen for seen in search.in_order() if seen.address not in known.hosts]
    counted = _count(search, len(hosts)) + ("; stopped early: there may be more" if stopped else "")
    print(counted, file=sys.stderr)
    digits = digits_needed(seen.address for seen in hosts)
    taken = set(known.ids)
    drafts, objects = [], []
    for seen in hosts:
        identity = identify(seen)
        proposed = propose(seen, identity, taken, digits=digits)
        taken |= {draft.id for draft in proposed}
        drafts += proposed
        objects.append(write_json(seen, identity, proposed) + "\n")
    if as_json:
        return "".join(objects)
    head = f"hallwatch-agent discover, {time.strftime('%Y-%m-%d %H:%M')}: {counted}"
    return write_fragment(drafts, head) if drafts else ""


def _count(search: Search, new: int) -> str:
    from hallwatch_agent.discover.show import hosts

    if not search.found:
        return "nobody answered: is this the hall's network, and may this machine reach it?"
    in_files = len(search.found) - new
    more = f", {in_files} more {'is' if in_files == 1 else 'are'} in hall files" if in_files else ""
    return f"{hosts(new)} on {search.ground_in_words}{more}"


def _print_utf8(text: str) -> None:
    """Print what may become a file: TOML is UTF-8 wherever it is written, also where the system writes otherwise."""
    out = bare(sys.stdout)
    if isinstance(out, io.TextIOWrapper) and not out.isatty():
        out.reconfigure(encoding="utf-8")
    print(text, end="")
