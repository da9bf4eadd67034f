"""Who works when: rosters computed from plain data, without a database."""
