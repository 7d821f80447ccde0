"""The decision engine: chunks of users as arrays, candidates as rows, one total order.

``candidates`` lists what could be sent, ``inputs`` lays out what every chunk reads, ``state`` is
what a chunk of users brings and ``gather`` reads it from the warehouse: ``ledger`` counts what was
sent, ``zones`` says what the moment is where users live. ``staging`` says what stops a candidate
before arbitration, ``turns`` is the total order, ``arbitration`` who wins in it, ``lots`` who is
held out, ``contact`` the caps, gaps and quiet hours that winners meet in turn, ``openings`` to when
they put a message off, ``decided`` what comes of it all.
"""
