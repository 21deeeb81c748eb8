"""The workspace's pages in Chromium. A package, so that one browser runs for all of its tests."""
