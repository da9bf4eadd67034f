"""Personnel: who works here, when, and with which right to do what."""
