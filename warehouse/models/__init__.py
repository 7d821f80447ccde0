"""The model layer: traits as SQL files, and what builds them."""
