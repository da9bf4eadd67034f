"""The core of plantops: it knows no module by name."""
