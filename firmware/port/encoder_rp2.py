"""A quadrature encoder counted by a PIO machine of the RP2040 or RP2350: no edge is too fast for it."""

import rp2
from machine import Pin

HZ = 4000000
TRIES = 1000


# The names of the instructions are the assembler's.
# ruff: noqa: F821
# pyright: reportUndefinedVariable=false
# 32 instructions exactly, so that the table lies at address 0, where the jump to the four levels lands.
@rp2.asm_pio(in_shiftdir=rp2.PIO.SHIFT_LEFT, out_shiftdir=rp2.PIO.SHIFT_RIGHT)
def _count():
    # Levels as (B before, A before, B now, A now).
    jmp("publish")
    jmp("up")
    jmp("down")
    jmp("publish")
    jmp("down")
    jmp("publish")
    jmp("publish")
    jmp("up")
    jmp("up")
    jmp("publish")
    jmp("publish")
    jmp("down")
    jmp("publish")
    jmp("down")
    jmp("up")
    jmp("publish")
    # A machine can only count down; it counts up by counting down on the inverted count.
    label("up")
    mov(x, invert(x))
    jmp(x_dec, "up_counted")
    label("up_counted")
    mov(x, invert(x))
    jmp("publish")
    label("down")
    jmp(x_dec, "publish")
    label("publish")
    mov(isr, x)
    push(noblock)
    mov(isr, null)
    in_(y, 2)
    in_(pins, 2)
    mov(y, isr)
    mov(pc, isr)
    nop()
    nop()
    nop()
    nop()


def open_counter(pin_a, pin_b):
    """The count as a function, and None: no step is missed. The pins must be neighbours, A the lower."""
    first = Pin(pin_a, Pin.IN, Pin.PULL_UP)
    second = Pin(pin_b, Pin.IN, Pin.PULL_UP)
    machine = rp2.StateMachine(0, _count, freq=HZ, in_base=first)
    machine.exec("set(x, 0)")
    machine.exec("set(y, %d)" % (second.value() << 1 | first.value()))
    # It starts at address 0; the jump there leads to the first count.
    machine.active(1)

    last = [0]

    def count():
        # The queue keeps its first four counts, which are old, and refills in microseconds: the fifth is current.
        for _ in range(5):
            tries = 0
            while not machine.rx_fifo():
                tries += 1
                if tries > TRIES:
                    raise OSError("the counting machine has stopped")
            last[0] = machine.get()
        raw = last[0]
        return raw - 0x100000000 if raw & 0x80000000 else raw

    # This shows now, and not in the middle of a recording, whether it counts at all.
    count()
    return count, None
