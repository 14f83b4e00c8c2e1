"""The embedded MQTT broker: a process of its own, which the studio starts, watches and starts again.

`rights` says who may say and hear what, `accounts` is the file by which the studio tells it the broker, `doors` the
broker itself, `program` its process, `folder` what the studio keeps of it, `handle` starts and watches it, `line` is
the studio's own client, `calls` what commands and routes do.
"""
