"""What can be brought into housekeeping from files."""

from housekeeping.imports.requests import SERVICE_REQUESTS

KINDS = (SERVICE_REQUESTS,)
