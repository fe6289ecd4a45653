"""Who counts as one caller, for limits per address."""

import ipaddress

#: Whoever has IPv6 at all has the rest of its bits to choose from at will.
_BITS = 64


def caller_of(address: str) -> str:
    """What is counted as one caller: the address, or its /64 where it is IPv6.

    IPv4 that is written as IPv6 is IPv4; what is no address is counted as it stands.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _BITS), strict=False))
