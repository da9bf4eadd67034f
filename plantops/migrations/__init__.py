"""One linear history per module: run forward in order of dependency, one transaction each."""
