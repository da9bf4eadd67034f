"""The browser's side of plantops: imports everybody, imported by nobody."""
