"""The `arka` program."""

from __future__ import annotations

from arka_config.arka import app

main = app.main()

if __name__ == "__main__":
    main()
