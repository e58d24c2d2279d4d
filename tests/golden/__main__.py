"""`python -m tests.golden 0.2.0`: write the golden log of a release. Once written it is never changed."""

import logging
import sys
import tempfile
from pathlib import Path

from tests.golden.keeping import FOLDER, releases, write


def main() -> int:
    """0 written, 2 wrong use."""
    if len(sys.argv) != 2 or sys.argv[1] in releases():
        print(f"python -m tests.golden RELEASE; there are {', '.join(releases()) or 'none'}, which stay as they are")
        return 2
    logging.disable(logging.CRITICAL)  # rules that fail are part of the story
    with tempfile.TemporaryDirectory() as folder:
        count = write(sys.argv[1], Path(folder))
    print(f"{count} facts in {FOLDER / sys.argv[1]}.jsonl.gz")
    return 0


if __name__ == "__main__":
    sys.exit(main())
