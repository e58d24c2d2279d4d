"""The service with a profile of each of its threads, written into the folder named by the first argument at the end."""

import sys
from pathlib import Path

from measuring.effort import Profiles
from shouwang import service

if __name__ == "__main__":
    profiles = Profiles()
    with profiles.recording():
        code = service.main()
    profiles.save(Path(sys.argv[1]))
    sys.exit(code)
