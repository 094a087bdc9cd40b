"""The way in: foreign bytes become nouns."""
