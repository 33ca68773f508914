"""MicroDNS kernel: journalled storage, event bus, lifecycle, operations, command line.

The kernel knows no DNS, no DHCP and no HTTP; plugins bring those.
"""

__version__ = "0.1.0"
