"""Reports of personnel: injuries, cover, absence and overtime of the week."""
