# The files frozen into a custom MicroPython: those of package.json except main.py, which starts them.
package("dialwire", base_path=".")
package("dial", base_path=".")
package(
    "port",
    files=[
        "__init__.py",
        "board_esp32.py",
        "board_esp32c3.py",
        "board_esp32s3.py",
        "board_pico.py",
        "board_pico2.py",
        "board_pico2_w.py",
        "board_pico_w.py",
        "boards.py",
        "console.py",
        "converter_esp32.py",
        "encoder_esp32.py",
        "encoder_irq.py",
        "encoder_rp2.py",
        "hardware.py",
        "interrupts.py",
        "primitives.py",
        "radio.py",
        "slots.py",
        "wiper.py",
        "wireless.py",
    ],
    base_path=".",
)
