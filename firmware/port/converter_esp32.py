"""The converter of an ESP32, whose own curve bends: its factory calibration straightens it."""

from machine import ADC


def open_converter(pin):
    """A function that returns counts, 65,535 of them being 3.3 V."""
    converter = ADC(pin, atten=ADC.ATTN_11DB)
    return lambda: converter.read_uv() // 51
