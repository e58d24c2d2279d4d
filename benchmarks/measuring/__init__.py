"""What the measuring programs share: a made-up town, its messages, the yardsticks, and how figures are told."""
