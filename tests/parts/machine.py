"""Machines of their own on one cable each: network namespaces, whose cable can be pulled."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator


class Machine:
    """A network namespace: a TCP stack of its own, and one cable to this machine."""

    def __init__(self, number: int) -> None:
        """*number*, below 64, tells the machines of one test run apart."""
        network = f"198.18.{os.getpid() % 256}"  # addresses for tests of network gear (RFC 2544): nobody else has them
        self.address = f"{network}.{4 * number + 2}"
        self.our_address = f"{network}.{4 * number + 1}"
        """Of this end of the cable: what the machine reaches us by."""
        self._name = f"hw-{os.getpid()}-{number}"
        self._our_end = f"hw{os.getpid()}n{number}"[-15:]
        self.prefix = ["ip", "netns", "exec", self._name]
        """Words before a command that is to run on the machine; it becomes the same process."""

    def set_up(self) -> None:
        """Make it; raise :class:`AssertionError` saying what is needed when that is not allowed here."""
        assert shutil.which("ip"), "the command ip is not there; install it with: apt-get install iproute2"
        try:
            _ip("netns", "add", self._name)
            _ip("link", "add", self._our_end, "type", "veth", "peer", "name", "eth0", "netns", self._name)
        except subprocess.CalledProcessError as error:
            raise AssertionError(
                f"this test cuts real networks and needs the right to make network namespaces: run it as root, in a "
                f"container with --privileged ({error.stderr.strip()})"
            ) from None
        _ip("address", "add", f"{self.our_address}/30", "dev", self._our_end)
        _ip("link", "set", self._our_end, "up")
        _ip("-n", self._name, "address", "add", f"{self.address}/30", "dev", "eth0")
        _ip("-n", self._name, "link", "set", "lo", "up")
        _ip("-n", self._name, "link", "set", "eth0", "up")

    def pull_cable(self) -> None:
        """Cut the network: nothing gets in or out any more, and no connection is closed."""
        _ip("-n", self._name, "link", "set", "eth0", "down")

    def take_down(self) -> None:
        """Remove it, with its end of the cable."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "delete", self._our_end)
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("netns", "delete", self._name)


@contextlib.contextmanager
def run_machines(count: int) -> Iterator[list[Machine]]:
    """Give machines, each on a cable of its own."""
    machines = [Machine(number) for number in range(count)]
    try:
        for machine in machines:
            machine.set_up()
        yield machines
    finally:
        for machine in machines:
            machine.take_down()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=10)
