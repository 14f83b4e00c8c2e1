"""A bucket: objects by key in an S3-compatible store, reached by obstore.

TRIVIUM_BUCKET names it, such as s3://photos/studio-1; who may enter and where it stands is said by the variables that
every S3 program reads (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

from trivium.errors import StudioError

VARIABLE = "TRIVIUM_BUCKET"
AT_ONCE = 16  # requests under way
CONNECT_S, REQUEST_S, RETRY_S = 5, 60, 20
T = TypeVar("T")


class BucketAway(StudioError):
    """The bucket can't be reached, or it refuses."""

    def __init__(self, url: str, why: BaseException) -> None:
        super().__init__(f"The bucket {url} can't be used: {reason_of(str(why))}",
                         f"Look at {VARIABLE} and the AWS_... variables, then try again.",
                         status=503, code="bucket_away")


def reason_of(told: str) -> str:
    """The line that says something, of a page of text."""
    said = re.search("<Message>(.*?)</Message>", told)
    if said:
        return f"{said[1][:200].rstrip('.')}."
    return "it does not answer." if "error sending request" in told else told.partition("\n")[0][:200]


class Bucket:
    """Objects by key. All methods may be called from any thread; all raise BucketAway where the store does not work."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            import obstore
            from obstore.store import from_url
        except ImportError:
            raise StudioError(f"{VARIABLE} is set, but the library that speaks with buckets is not installed.",
                              'Install it with: pip install "trivium[s3]"', status=503, code="no_bucket") from None
        self.obstore = obstore
        options: dict[str, Any] = {"connect_timeout": f"{CONNECT_S}s", "timeout": f"{REQUEST_S}s"}
        if os.environ.get("AWS_ENDPOINT", "").startswith("http://"):
            options["allow_http"] = True
        opener: Any = from_url  # its overloads know each store alone
        retries = {"max_retries": 3, "retry_timeout": timedelta(seconds=RETRY_S)}
        self.store = self._asked(lambda: opener(url, client_options=options, retry_config=retries))

    def put(self, contents: Mapping[str, bytes]) -> None:
        """Keep all, several at once; an object of the same key is written over."""
        self._each(lambda key: self.obstore.put(self.store, key, contents[key]), contents)

    def get(self, key: str) -> bytes | None:
        """An object, None where there is none."""
        try:
            return bytes(self._asked(lambda: self.obstore.get(self.store, key).bytes()))
        except FileNotFoundError:
            return None

    def ask(self) -> None:
        """Nothing, but whether it answers."""
        self.get("is-anybody-there")

    def delete(self, keys: Iterable[str]) -> None:
        """Delete those that are there."""
        wanted = list(keys)
        if wanted:
            self._asked(lambda: self.obstore.delete(self.store, wanted))

    def sizes(self, prefix: str) -> dict[str, int]:
        """Bytes of each object whose key begins with that, by key."""
        return self._asked(lambda: {row["path"]: row["size"] for page in self.obstore.list(self.store, prefix)
                                    for row in page})

    def _each(self, act: Callable[[str], Any], keys: Iterable[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for done in [threads.submit(act, key) for key in keys]:
                self._asked(done.result)

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except StudioError:
            raise
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise BucketAway(self.url, error) from None
            raise
        except Exception as error:  # obstore's own, each with a page of text
            raise BucketAway(self.url, error) from None


@cache
def opened(url: str) -> Bucket:
    return Bucket(url)


def usual_bucket() -> Bucket | None:
    """The one that the environment names."""
    url = os.environ.get(VARIABLE)
    return opened(url) if url else None
