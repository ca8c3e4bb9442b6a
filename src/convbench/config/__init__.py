"""The config file, parsed once into frozen, typed models."""
