"""Events: what a model said of a frame, the rules on it, and its way out over MQTT and webhooks."""
