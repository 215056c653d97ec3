"""The ports of one recorder's dials, including ports where a connection met another's dial while looking for its own.

After a hub's reset several dials may have swapped ports. Each connection that lost its dial looks for it by its unique
id on all ports, and tells the other connections which dials it meets there instead.
"""

import threading
from collections.abc import Callable, Iterable


class Whereabouts:
    """Shared by the connections of a recorder; any thread may call any method.

    `other_ports` returns the ports of this machine on which a dial from a given port may reappear.
    """

    def __init__(self, ports: Iterable[str], other_ports: Callable[[str], list[str]]) -> None:
        self._ports = list(ports)
        self._other_ports = other_ports
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}
        self._met: dict[str, str] = {}

    def found(self, unique_id: str, port: str) -> None:
        """Note that a dial is connected on a port, so that nobody looks for another dial there."""
        with self._lock:
            self._held = {other: held for other, held in self._held.items() if held != unique_id}
            self._held[port] = unique_id
            self._met.pop(unique_id, None)

    def lost(self, unique_id: str) -> None:
        """Note that a dial is not connected any more."""
        with self._lock:
            self._held = {port: held for port, held in self._held.items() if held != unique_id}

    def met(self, unique_id: str, port: str) -> None:
        """Note that another connection's dial answers on a port."""
        with self._lock:
            self._met[unique_id] = port

    def sighting(self, unique_id: str) -> str | None:
        """The port on which another connection met a dial, if that port is free."""
        with self._lock:
            port = self._met.get(unique_id) if unique_id else None
            return None if port in self._held else port

    def to_try(self, unique_id: str, port: str) -> list[str]:
        """The ports on which to look for a dial that was last on `port`, starting with `port`."""
        others = [*self._ports, *self._other_ports(port)] if unique_id else []
        return list(dict.fromkeys([port, *others]))

    def is_free(self, port: str) -> bool:
        """Whether no dial of this recorder is connected on a port now."""
        with self._lock:
            return port not in self._held
