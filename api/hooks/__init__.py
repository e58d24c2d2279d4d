"""The doors of providers: open to the world, so each checks its provider's signature before anything else."""
