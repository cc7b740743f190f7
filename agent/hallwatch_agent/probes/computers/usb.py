"""USB peripherals of the agent's machine, by vendor and product: is each of them plugged in and switched on?"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar, Final

from msgspec import Meta, field

from hallwatch_agent.expectations import complain
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import Id, ReadError

USB_ID: Final = r"^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}$(?!\n)"
_in_words: Final = Meta(description="vendor and product, four hexadecimal digits each", examples=["0483:5750"])
UsbId = Annotated[str, _in_words, Meta(pattern=USB_ID)]
"""As ``lsusb`` and the Windows device manager (VID_…&PID_…) show them."""
AnyUsbId = Annotated[str, _in_words]
"""Its pattern is looked at later: msgspec 0.22 crashes when it forgets a union of text with a pattern and a list."""
UsbIds = Annotated[tuple[UsbId, ...], Meta(min_length=1, max_length=100)]
SYS_USB: Final = Path("/sys/bus/usb/devices")
_instance = re.compile(r"^USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})", re.IGNORECASE)
_four_digits = re.compile(r"[0-9A-Fa-f]{4}")


class UsbProbe(Probe, tag="usb", frozen=True, kw_only=True):
    """Looks for one peripheral (``id``), or for several of a kiosk or window PC (``devices``)."""

    asks_device: ClassVar[bool] = False
    tells: ClassVar[frozenset[str] | None] = frozenset({"present"})

    id: UsbId = ""
    devices: Annotated[dict[Id, AnyUsbId | UsbIds], Meta(max_length=100)] = field(default_factory=dict)
    """The peripheral's part name → its id, or several of which one must be there."""

    def __post_init__(self) -> None:
        """Refuse a probe that looks for nothing, or for the device and parts of it at once."""
        if bool(self.id) == bool(self.devices):
            ways = {"one": '`id = "0483:5750"`', "other": '`devices = { card-reader = "0483:5750" }`'}
            both = tell("name what to look for, {one} or {other}, not both", **ways)
            raise ValueError(both if self.id else tell("name what to look for, {one} or {other}", **ways))
        for part, wanted in self.devices.items():
            if isinstance(wanted, str) and not re.search(USB_ID, wanted):
                raise ValueError(tell("`devices.{part}`: {wrong}", part=part, wrong=complain(wanted, AnyUsbId)))
        owners: dict[str, str] = {}
        for part, wanted in self.devices.items():
            for each in (wanted,) if isinstance(wanted, str) else wanted:
                if (other := owners.setdefault(each.lower(), part)) != part:
                    raise ValueError(
                        tell(
                            "`devices.{part}`: {id} is {other} already; one cannot be told from the other",
                            part=part, id=each, other=other,
                        )
                    )  # fmt: skip

    @property
    def parts(self) -> frozenset[str] | None:
        """The peripherals."""
        return frozenset(self.devices)

    def read(self, context: Context) -> Told:  # noqa: ARG002 - needs no memory
        """Tell ``present``, and ``present[part]`` of each of ``devices``."""
        there = _plugged_in()
        conditions = {"present": self.id.lower() in there} if self.id else {}
        for part, wanted in self.devices.items():
            ids = (wanted,) if isinstance(wanted, str) else wanted
            conditions[f"present[{part}]"] = any(each.lower() in there for each in ids)
        return Told(conditions=conditions)


def read_sys_usb(root: Path) -> set[str]:
    """Return the ids of the USB devices in a Linux ``/sys/bus/usb/devices``.

    Raises :class:`OSError` when the folder cannot be read; a device that goes at this moment is not there.
    """
    return {
        found
        for device in root.iterdir()
        if (found := parse_id(_word(device / "idVendor"), _word(device / "idProduct")))
    }


def parse_id(vendor: bytes, product: bytes) -> str:
    """Return ``0483:5750`` out of the kernel's two files; empty when they hold no such numbers."""
    words = [part.strip().decode("ascii", "replace") for part in (vendor, product)]
    return ":".join(words).lower() if all(_four_digits.fullmatch(word) for word in words) else ""


def parse_instances(instances: Iterable[str]) -> set[str]:
    r"""Return the ids in Windows' device instance ids, such as ``USB\VID_0483&PID_5750\5&2C37``."""
    found = (_instance.match(instance) for instance in instances)
    return {f"{match[1]}:{match[2]}".lower() for match in found if match}


def _word(file: Path) -> bytes:
    try:
        return file.read_bytes()[:16]
    except OSError:  # an interface has none
        return b""


def _plugged_in() -> set[str]:
    if sys.platform == "win32":
        return parse_instances(_windows_instances())
    else:  # noqa: RET505 - the type checker then reads each branch for its own platform
        try:
            return read_sys_usb(SYS_USB)
        except OSError as error:
            raise CouldNotRead(
                ReadError.UNSUPPORTED, f"this machine shows no USB: {SYS_USB}: {error.strerror}"
            ) from None


def _windows_instances() -> list[str]:
    """Ask the configuration manager for the USB devices that are present (CM_Get_Device_ID_ListW)."""
    if sys.platform == "win32":
        import ctypes

        present = 0x1 | 0x100  # CM_GETIDLIST_FILTER_ENUMERATOR | CM_GETIDLIST_FILTER_PRESENT
        manager = ctypes.WinDLL("cfgmgr32")
        length = ctypes.c_ulong()
        failure = 0
        for _ in range(3):  # something may be plugged in between the two questions
            failure = manager.CM_Get_Device_ID_List_SizeW(ctypes.byref(length), "USB", present)
            if failure:
                break
            buffer = ctypes.create_unicode_buffer(length.value)
            failure = manager.CM_Get_Device_ID_ListW("USB", buffer, length, present)
            if not failure:
                return ctypes.wstring_at(buffer, length.value).split("\0")
        raise CouldNotRead(ReadError.LOCAL, f"Windows does not list its USB devices (CONFIGRET {failure})")
    else:  # noqa: RET506 - the type checker then reads each branch for its own platform
        return []
