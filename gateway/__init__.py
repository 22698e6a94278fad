"""The edge: where studios and the operator's own services arrive over HTTP, and the command line that starts it."""
