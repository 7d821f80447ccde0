"""The decision engine: chunks of users as arrays, candidates as rows, one total order.

``candidates`` lists what could be sent, ``state`` is what a chunk of users brings,
``gather`` reads it from the warehouse, ``staging`` says what stops a candidate before
arbitration, ``turns`` is the total order, ``arbitration`` who wins in it, ``contact`` the caps,
gaps and quiet hours that winners meet in turn, ``decided`` what comes of it all.
"""
