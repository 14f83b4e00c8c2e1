#!/bin/sh
# Makes sure that there is a Chromium for the browser tests: the system's, or Debian's where we may install it.
# Prints a plain message where that cannot be; the tests themselves then skip, or fail where CI=true.
set -u
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] && exit 0
[ -x "/Applications/Chromium.app/Contents/MacOS/Chromium" ] && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "==> Installing Chromium for the browser tests ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi

echo "There is no Chromium here, so the browser tests cannot run."
echo "Do this: install it (Debian: sudo apt install chromium; macOS: brew install --cask chromium), then try again."
[ "${CI:-}" = true ] && exit 1
exit 0
