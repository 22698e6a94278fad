"""Load, benchmarks and simulated studios.  They speak HTTP like strangers and know nothing of how the gateway works."""
