"""The words of the product in every language: what is said, what the catalogues know, and that nothing is left out."""
