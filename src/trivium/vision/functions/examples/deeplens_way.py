"""The DeepLens way.

Written as functions for an AWS DeepLens camera were: a loop of its own, and the camera's own modules. Give it a model
that tells classes apart.
"""

import json
import os

import awscam
import greengrasssdk
import mo

TOPIC = "$aws/things/{}/infer".format(os.environ["AWS_IOT_THING_NAME"])
client = greengrasssdk.client("iot-data")

with open("labels.txt") as file:
    labels = [line.strip() for line in file]

# The model that you chose stands behind these names, whatever they are.
error, path = mo.optimize("image-classification", 224, 224)
model = awscam.Model(path, {"GPU": 1})

while True:
    ok, frame = awscam.getLastFrame()  # blue, green, red, 2688 x 1520
    if not ok:
        print("The camera shows nothing.")
        continue
    result = model.parseResult("classification", model.doInference(frame))
    top = result["classification"][:3]
    client.publish(topic=TOPIC, payload=json.dumps({labels[each["label"]]: each["prob"] for each in top}))
