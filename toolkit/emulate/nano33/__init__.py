"""A virtual Arduino Nano 33 BLE: the nRF52840 on Unicorn, its USB port as a pty, and its bootloader.

    board.py        the board as a whole: resets, modes, what the host sees on USB
    bootloader.py   the bootloader, written after its protocol notes, with its silent faults
    flash.py        1 MB of NOR flash
    soc.py          the processor and its memory map; runs the program
    peripherals.py  clock, power, FICR, NVMC, UART, system control: as much as firmware needs
    usbd.py         the USB device controller, with the errata that a driver must work round
    usb_host.py     the other end of the cable: enumeration and a CDC-ACM driver
    terminal.py     the pty that stands for /dev/ttyACM0
    __main__.py     the background process

It has no clock: nothing that it says is a time of the real board. It forgives less than the chip does: a driver that
skips a step of a workaround is stopped with the reason, instead of failing now and then.
"""
