"""The portal: pages for people. A view finds out who asks, makes one call, and shows the answer; it decides nothing."""
