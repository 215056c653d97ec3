"""Bytes to a dial over the air, through bleak: `ble:` and the dial's name, its id, or its radio's address.

macOS hides addresses; there the system's own id of the dial takes the address's place. `sealed_stream` decides what the
bytes mean and who may send them.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

from dialwire.advert import ATT_BYTES, DEFAULT_MTU, SERVICE, TO_DIAL, TO_HOST, short_name
from tracedial.errors import LinkError
from tracedial.link.byte_stream import READ_TIMEOUT_S
from tracedial.link.introductions import Introductions

T = TypeVar("T")
SCHEME = "ble:"
SCAN_S = 1.2
SCANS = 4
"""A dial advertises itself five times a second; a scan ends early when it sees the dial."""
CONNECT_S = 10.0
WRITE_S = 5.0
PACKET_BYTES = DEFAULT_MTU - ATT_BYTES
"""Used whatever packet size was negotiated, since not every system reports that size."""
NOT_AVAILABLE = {
    "NO_BLUETOOTH": "this computer has no Bluetooth: plug in an adapter, or use the dial's cable",
    "NO_BLE_CENTRAL_ROLE": "this computer's Bluetooth connects to no dials: use another adapter, or the dial's cable",
    "POWERED_OFF": "Bluetooth is switched off: switch it on in the system's settings",
    "DENIED_BY_USER": "this program may not use Bluetooth: allow it in the system's privacy settings",
    "DENIED_BY_SYSTEM": "the system does not let this program use Bluetooth: ask who administers this computer",
    "DENIED_BY_UNKNOWN": "this program may not use Bluetooth: allow it in the system's privacy settings",
}


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The one event loop for this process's radio, in its own thread."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="radio", daemon=True).start()
    return loop


def _wait_for(work: Coroutine[Any, Any, T], timeout_s: float) -> T:
    """Run a coroutine in the radio's loop and wait for it, from another thread. Raises `TimeoutError`."""
    return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, timeout_s), _loop()).result()


class AirStream:
    """A connection to whatever answers at `port`. Raises `LinkError` if nothing does."""

    def __init__(self, port: str, introductions: Introductions) -> None:
        self._port = port
        self._came = b""
        self._lost = False
        self._change = threading.Condition()
        self._client = self._connected(introductions)

    def read(self) -> bytes:
        """Return the bytes that have arrived, or nothing after `READ_TIMEOUT_S`."""
        with self._change:
            if not self._came and not self._lost:
                self._change.wait(READ_TIMEOUT_S)
            data, self._came = self._came, b""
            if not data and self._lost:
                raise LinkError(
                    self._port, f"The connection over the air to {self._port} was lost: is it out of range?"
                )
        return data

    def write(self, data: bytes) -> None:
        """Send bytes, in packets small enough for every connection."""
        try:
            _wait_for(self._write(data), WRITE_S)
        except self._failures as error:
            raise LinkError(self._port, f"The dial on {self._port} takes no bytes any more ({error}).") from error

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(*self._failures):
            _wait_for(self._client.disconnect(), WRITE_S)

    async def _write(self, data: bytes) -> None:
        for at in range(0, len(data), PACKET_BYTES):
            await self._client.write_gatt_char(TO_DIAL, data[at : at + PACKET_BYTES], response=False)

    def _connected(self, introductions: Introductions) -> Any:
        try:
            from bleak import BleakClient
            from bleak.exc import BleakBluetoothNotAvailableError, BleakError
        except ImportError:
            raise LinkError(
                self._port, "Links over the air need two more packages: install them with `pip install tracedial[ble]`."
            ) from None
        # These include a time-out, which is an OSError.
        self._failures = (BleakError, OSError, EOFError)
        try:
            device = _wait_for(_found(self._port, introductions), SCANS * SCAN_S + WRITE_S)
            client = BleakClient(device, self._on_lost, services=[SERVICE], timeout=CONNECT_S)
            _wait_for(self._open(client), CONNECT_S + WRITE_S)
        except BleakBluetoothNotAvailableError as error:
            why = NOT_AVAILABLE.get(getattr(error.reason, "name", ""), f"Bluetooth cannot be used ({error})")
            raise LinkError(self._port, f"The dial on {self._port} cannot be reached: {why}.") from error
        except self._failures as error:
            raise LinkError(
                self._port,
                f"The dial on {self._port} could not be connected ({error or 'it does not answer'}): try again.",
            ) from error
        return client

    async def _open(self, client: Any) -> None:
        await client.connect()
        try:
            await client.start_notify(TO_HOST, self._on_bytes)
        except BaseException:
            await client.disconnect()
            raise

    def _on_bytes(self, _characteristic: object, data: bytearray) -> None:
        with self._change:
            self._came += bytes(data)
            self._change.notify_all()

    def _on_lost(self, _client: object) -> None:
        with self._change:
            self._lost = True
            self._change.notify_all()


async def _found(port: str, introductions: Introductions) -> Any:
    """Bleak's device for the dial that a port names. Raises `LinkError` if there is none or more than one."""
    from bleak import BleakScanner

    wanted = port.removeprefix(SCHEME)
    known = introductions.dials.get(wanted.lower())
    name = known.name if known else wanted
    dials: list[tuple[Any, Any]] = []
    matching: list[Any] = []
    for _ in range(SCANS):
        seen = (await BleakScanner.discover(SCAN_S, return_adv=True, service_uuids=[SERVICE])).values()
        dials = [(device, advert) for device, advert in seen if SERVICE in advert.service_uuids]
        matching = [device for device, _ in dials if device.address.lower() == wanted.lower()]
        matching = matching or [device for device, advert in dials if advert.local_name in (name, short_name(name))]
        if matching:
            break
    if not matching:
        others = ", ".join(sorted(f"{SCHEME}{advert.local_name or device.address}" for device, advert in dials))
        raise LinkError(
            port,
            f"No dial was found at {port}: is it switched on, near, introduced to a computer (`tracedial introduce`), "
            f"and in use by nobody else? {f'Seen: {others}.' if others else 'No dial was seen at all.'}",
        )
    if len(matching) > 1:
        ports = ", ".join(f"{SCHEME}{device.address}" for device in matching)
        raise LinkError(
            port, f"{len(matching)} dials have the name {name} on the air: name one by its address, {ports}."
        )
    return matching[0]
