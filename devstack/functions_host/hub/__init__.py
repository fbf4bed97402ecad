"""The task hub: instances, messages and work, and what carries them in real time."""
