"""What templates may say beyond Django's own tags. Nothing here reads the database or decides."""
