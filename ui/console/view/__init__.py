"""What a page says, worked out without drawing it: pure functions over answers and requests."""
