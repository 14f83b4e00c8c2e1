"""Devices: machines that watch.

`shelf` holds the versions of what they run, `station` runs it, `outbox` keeps what they have to say until the studio
has it, `agent` is the other machine's end, `registry` the studio's.
"""
