"""The pages, one package per module; each says what it offers in PAGES."""
