"""The console: what people open in a browser. Pages read, a worker runs the agent."""
