"""One module an engine: how SQL reaches it, with limits and plain errors."""
