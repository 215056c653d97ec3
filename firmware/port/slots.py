"""The two slots of the settings, as files in a folder of the flash (or, emulated, of the computer)."""

import os


class FileSlots:
    """`dial.settings.SettingsStore` writes and reads here."""

    def __init__(self, folder):
        self._folder = folder

    def read(self, number):
        """The content of slot `number`; empty if it was never written."""
        name = self._name(number)
        if name not in os.listdir(self._folder or "."):
            return b""
        with open(self._path(name), "rb") as file:
            return file.read()

    def write(self, number, data):
        """Write slot `number` through to the flash."""
        with open(self._path(self._name(number)), "wb") as file:
            file.write(data)
        if hasattr(os, "sync"):
            os.sync()

    def _name(self, number):
        return "settings_%d.bin" % number

    def _path(self, name):
        return self._folder + "/" + name if self._folder else name
