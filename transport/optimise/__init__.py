"""Plans of a day: questions and answers as frozen dataclasses, no database."""
