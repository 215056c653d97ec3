"""The converter of an ESP32. Its curve is not linear; its factory calibration corrects that."""

from machine import ADC


def open_converter(pin):
    """A function that returns counts of 51 microvolts."""
    converter = ADC(pin, atten=ADC.ATTN_11DB)
    return lambda: min(converter.read_uv() // 51, 65535)
