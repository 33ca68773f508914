"""Names for leases: A, AAAA and PTR records that come and go with them."""
