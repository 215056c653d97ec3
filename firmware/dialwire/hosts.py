"""The hosts that a dial knows: the content of CONFIG_HOSTS, and the stored data of each host."""

from dialwire.errors import WireError

KEY_BYTES = 32
HOST_ID_BYTES = 8
MAX_HOSTS = 8
MAX_HOST_NAME_BYTES = 20

INTRODUCE = 1
FORGET = 2
FORGET_ALL = 3
"""The first byte of CONFIG_SET's value."""

_NAME_AT = HOST_ID_BYTES + KEY_BYTES


def pack_host(host_id, key, name):
    """A host as it is introduced and stored: id, key, and its name for people, in UTF-8."""
    text = name.encode()
    if len(host_id) != HOST_ID_BYTES or len(key) != KEY_BYTES or not 0 < len(text) <= MAX_HOST_NAME_BYTES:
        raise WireError(
            "a host has an id of %d bytes, a key of %d, and a name of 1 to %d"
            % (HOST_ID_BYTES, KEY_BYTES, MAX_HOST_NAME_BYTES)
        )
    return host_id + key + text


def unpack_host(value):
    """`(host_id, key, name)` of a packed host."""
    value = bytes(value)
    try:
        name = value[_NAME_AT:].decode()
    except ValueError:
        raise WireError("the name of a host is not UTF-8")
    host = (value[:HOST_ID_BYTES], value[HOST_ID_BYTES:_NAME_AT], name)
    pack_host(*host)
    return host


def pack_list(hosts):
    """The answer to CONFIG_GET: u8 count, then the id and the name (a text) of each host. Keys are never sent."""
    out = bytearray((len(hosts),))
    for host_id, _key, name in hosts:
        text = name.encode()
        out.extend(host_id)
        out.append(len(text))
        out.extend(text)
    return bytes(out)


def unpack_list(value):
    """`(id, name)` of each host in the answer to CONFIG_GET."""
    value = bytes(value)
    if not value:
        raise WireError("a list of hosts without their count")
    at = 1
    found = []
    for _ in range(value[0]):
        text_at = at + HOST_ID_BYTES + 1
        if text_at > len(value) or text_at + value[text_at - 1] > len(value):
            raise WireError("a list of hosts ends inside a host")
        end = text_at + value[text_at - 1]
        try:
            found.append((value[at : text_at - 1], value[text_at:end].decode()))
        except ValueError:
            raise WireError("the name of a host is not UTF-8")
        at = end
    return found


def changed(hosts, value):
    """The hosts after an action of CONFIG_SET: u8 INTRODUCE and a host (replacing any host with the same id), FORGET
    and an id, or FORGET_ALL."""
    value = bytes(value)
    act = value[0] if value else 0
    if act == INTRODUCE:
        host = unpack_host(value[1:])
        others = tuple(one for one in hosts if one[0] != host[0])
        if len(others) >= MAX_HOSTS:
            raise WireError("this dial knows %d computers, and no more fit: have it forget one" % MAX_HOSTS)
        return others + (host,)
    if act == FORGET and len(value) == 1 + HOST_ID_BYTES:
        return tuple(one for one in hosts if one[0] != value[1:])
    if act == FORGET_ALL and len(value) == 1:
        return ()
    raise WireError("hosts are introduced or forgotten; %d bytes say neither" % len(value))
