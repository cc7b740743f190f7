"""Photos that people take of what is out of order (R3): decoded apart, drawn anew, kept for a while.

This package imports nothing by itself: the process that decodes a photo loads only what it needs for that.
"""
