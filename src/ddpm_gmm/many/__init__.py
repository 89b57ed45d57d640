"""K centres: population quantities and what they can tell at the truth."""
