"""Purchasing: from 'we need it' to 'paid, and we know what it cost'."""
