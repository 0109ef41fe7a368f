"""A program to supervise in tests: answers JSON lines and misbehaves on request."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading


def main() -> None:
    print("hello from the talker", file=sys.stderr, flush=True)
    if "deaf" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Event().wait()
    for line in sys.stdin:
        body = json.loads(line)
        match body["say"]:
            case "die":
                os._exit(3)
            case "hang":
                threading.Event().wait()
            case "nonsense":
                print("this is not JSON", flush=True)
            case "orphan":
                print(json.dumps({"id": body["id"], "pid": os.getpid()}), flush=True)
            case said:
                print(json.dumps({"id": body["id"], "said": said, "pid": os.getpid()}), flush=True)


if __name__ == "__main__":
    main()
