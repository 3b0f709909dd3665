"""What goes wrong with embedded services, said to the person at the keyboard."""


class LocalServiceError(Exception):
    """An embedded service cannot do what was asked; the text says why and what to do."""
