"""What can be brought into housekeeping from files."""

from housekeeping.imports.service_requests import SERVICE_REQUESTS

KINDS = (SERVICE_REQUESTS,)
