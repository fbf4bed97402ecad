"""The triggers that act on their own: timers and blobs."""
