#!/bin/sh
# Makes sure that there is a Mosquitto for the MQTT tests: the system's, or Debian's where we may install it.
# Prints a plain message where that cannot be; the tests themselves then skip, or fail where CI=true.
set -u
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v mosquitto >/dev/null 2>&1 && command -v mosquitto_passwd >/dev/null 2>&1 && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "==> Installing Mosquitto for the MQTT tests ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends mosquitto >/dev/null && exit 0
fi

echo "There is no Mosquitto here, so the MQTT tests cannot run."
echo "Do this: install it (Debian: sudo apt install mosquitto; macOS: brew install mosquitto), then try again."
[ "${CI:-}" = true ] && exit 1
exit 0
