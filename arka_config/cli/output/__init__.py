"""What is written to the terminal: messages, tables, formatted values, JSON."""
