"""The root-cause benchmark: worlds with known causes, put to the engine that answers people.

``worlds`` makes them, ``baselines`` answers the same questions by simpler methods, ``matching``
says what counts as right, ``scoring`` counts it.
"""
