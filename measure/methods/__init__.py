"""Statistical methods over sufficient statistics: pure functions, no data access, no clock.

Each names the paper or the implementation that it follows. Two arms are ``a``,
the control, and ``b``, the treatment; an effect is ``b`` against ``a``.
"""
