"""Simulated studios: strangers to the service, one file each.  `STUDIOS` is the list."""
