"""Zone files in and out."""

from microdns_auth.zonefile.files import load_zone_text
from microdns_auth.zonefile.reader import ZoneReader, ZoneText, read_zone
from microdns_auth.zonefile.writer import write_zone

__all__ = ["ZoneReader", "ZoneText", "load_zone_text", "read_zone", "write_zone"]
