"""Read every token repeatedly, until a file named `stop` appears in the home.

python -m tests.sealing.reading HOME
"""

from __future__ import annotations

import os
import sys

from arka_config import open_store
from arka_config.arka import app
from tests.store.samples import token


def main() -> None:
    home = sys.argv[1]
    count = 0
    while not os.path.exists(os.path.join(home, "stop")):
        for word in ("work", "ci"):
            store = open_store(app, {"ARKA_HOME": home})
            assert store.credential(word).token.reveal() == token(word)
            count += 1
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    main()
