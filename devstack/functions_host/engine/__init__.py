"""The rules of orchestrations: no I/O and no clock."""
