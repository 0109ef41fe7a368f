"""A program to supervise in tests: answers JSON lines and misbehaves on request."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    sys.stderr.write("hello from the talker\n")
    sys.stderr.flush()
    if "deaf" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for line in sys.stdin:
        body = json.loads(line)
        match body["say"]:
            case "die":
                os._exit(3)
            case "hang":
                threading.Event().wait()
            case "nonsense":
                tell("this is not JSON")
            case said:
                tell(json.dumps({"id": body["id"], "said": said, "pid": os.getpid()}))
    if "deaf" in sys.argv:
        threading.Event().wait()


if __name__ == "__main__":
    main()
