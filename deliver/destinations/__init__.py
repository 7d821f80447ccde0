"""Where messages go: one module each, none of which knows another."""
