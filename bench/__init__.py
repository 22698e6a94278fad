"""Load, simulated studios and measurements.  Everything here speaks HTTP like a stranger."""
