"""Housekeeping: a clean plant, and every other facility issue."""
