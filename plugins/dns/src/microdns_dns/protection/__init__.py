"""What keeps the server from being misused: who may ask, how often, and who has shown who it is.

The engine does the same in compiled code (``engine/guard.pyx``); what is here decides for whatever
comes through Python, and is what the engine is compared with.
"""
