"""Transport: everything that must get somewhere, on time."""
