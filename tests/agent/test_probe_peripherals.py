"""USB peripherals and serial ports: trees as the Linux kernel shows them, and lists as Windows gives them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead
from hallwatch_agent.probes.computers import usb
from hallwatch_agent.probes.computers.serial_port import Port, SerialPortProbe, find_port, parse_ports
from hallwatch_agent.probes.computers.usb import UsbProbe, parse_id, parse_instances
from hallwatch_agent.wire import ReadError


def plug(root: Path, name: str, vendor: str, product: str) -> Path:
    """Make what the kernel makes for a device, with one of its interfaces."""
    device = root / name
    device.mkdir(parents=True)
    (device / "idVendor").write_text(f"{vendor}\n")
    (device / "idProduct").write_text(f"{product}\n")
    (root / f"{name}:1.0").mkdir()
    (root / f"{name}:1.0" / "bInterfaceClass").write_text("ff\n")
    return device


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "devices"
    plug(root, "usb1", "1d6b", "0002")
    monkeypatch.setattr(usb, "SYS_USB", root)
    return root


linux = pytest.mark.skipif(sys.platform == "win32", reason="the kernel's tree")


@linux
def test_peripherals_are_plugged_in_and_pulled_out(tree: Path) -> None:
    devices: dict[str, str | tuple[str, ...]] = {"card-reader": "0483:5750", "camera": ("1BCF:0001", "0c45:6366")}
    assert UsbProbe(id="1d6b:0002").read(Context()).conditions == {"present": True}
    probe = UsbProbe(devices=devices)
    assert probe.read(Context()).conditions == {"present[card-reader]": False, "present[camera]": False}
    reader = plug(tree, "1-2", "0483", "5750")
    plug(tree, "1-3.4", "1bcf", "0001")
    assert set(probe.read(Context()).conditions.values()) == {True}
    for file in reader.iterdir():
        file.unlink()
    reader.rmdir()
    assert probe.read(Context()).conditions["present[card-reader]"] is False


@linux
def test_a_machine_without_usb_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(usb, "SYS_USB", tmp_path / "nothing")
    with pytest.raises(CouldNotRead) as caught:
        UsbProbe(id="1234:5678").read(Context())
    assert caught.value.error is ReadError.UNSUPPORTED


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "name what to look for"),
        ({"id": "483:5750"}, "matching regex"),
        ({"id": "0483-5750"}, "matching regex"),
        ({"devices": {"Card Reader": "0483:5750"}}, "regex"),
        ({"devices": {"camera": ["0483:5750", "x"]}}, "regex"),
    ],
)
def test_options_that_look_for_nothing(options: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"kind": "usb"} | options, AnyProbe)


def test_options_of_a_hall_file_come_back_as_they_were() -> None:
    table = {"kind": "usb", "devices": {"camera": ["0483:5750", "0483:5751"], "pad": "1111:2222"}}
    probe = msgspec.convert(table, AnyProbe)
    assert msgspec.convert(msgspec.to_builtins(probe), AnyProbe) == probe


def test_windows_lists_instances() -> None:
    listed = [
        r"USB\ROOT_HUB30\4&1B2C3D4E&0&0",
        r"USB\VID_0483&PID_5750\5&2C37A1B&0&2",
        r"USB\VID_1BCF&PID_0001&MI_00\6&1A2B3C4D&0&0000",
        r"HID\VID_FFFF&PID_FFFF\7",
        "",
    ]
    assert parse_instances(listed) == {"0483:5750", "1bcf:0001"}


@given(st.lists(st.text()), st.binary(max_size=20), st.binary(max_size=20))
def test_whatever_the_system_lists_is_read(listed: list[str], vendor: bytes, product: bytes) -> None:
    assert all(len(found) == 9 for found in parse_instances(listed))
    assert len(parse_id(vendor, product)) in (0, 9)


PORTS = [Port("COM1"), Port("COM5", "1a86:7523"), Port("COM7", "067b:2303")]


@pytest.mark.parametrize(
    ("device", "usb_id", "found"),
    [
        ("com1", "", "COM1"),
        ("COM2", "", ""),
        ("", "067b:2303", "COM7"),
        ("COM5", "1a86:7523", "COM5"),
        ("COM1", "1a86:7523", ""),
    ],
)
def test_a_port_is_found_by_name_and_id(device: str, usb_id: str, found: str) -> None:
    assert find_port(PORTS, device, usb_id) == found


def test_ports_as_pyserial_lists_them() -> None:
    listed = [
        SimpleNamespace(device="/dev/ttyUSB0", vid=0x1A86, pid=0x7523),
        SimpleNamespace(device="/dev/ttyS0", vid=None, pid=None),
        SimpleNamespace(device=None),
        object(),
    ]
    assert parse_ports(listed) == [Port("/dev/ttyUSB0", "1a86:7523"), Port("/dev/ttyS0")]


@given(
    st.lists(
        st.builds(
            SimpleNamespace,
            device=st.none() | st.text(),
            vid=st.none() | st.integers(0),
            pid=st.text() | st.integers(0),
        )
    )
)
def test_whatever_pyserial_lists_is_read(listed: list[Any]) -> None:
    assert all(port.device for port in parse_ports(listed))


@linux
def test_a_port_is_there_and_goes(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    link = tmp_path / "by-id"
    link.symlink_to(os.ttyname(theirs))
    probe = SerialPortProbe(port=str(link))
    assert probe.read(Context()).conditions == {"present": True}
    link.unlink()
    assert probe.read(Context()).conditions == {"present": False}
    os.close(ours)
    os.close(theirs)
    link.write_text("no device")
    assert probe.read(Context()).conditions == {"present": False}
