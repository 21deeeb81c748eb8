"""Other programs' formats: the Node CLI's JSON file, dotenv files, and what CI systems read."""
