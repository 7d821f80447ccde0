"""The stages of a diagnosis, in the order in which one explains away the next.

Measurement first, then what users were sent, then who came, then how well each
step worked. A stage reads the inquiry, names suspects, and hands on the inquiry
with what it found corrected.
"""
