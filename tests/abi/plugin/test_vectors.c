// SPDX-License-Identifier: GPL-2.0-only
/* A card for tests/guest/vectors.py: the board of vfio_board.cpp, whose vectors say it all */
#include <linux/pci.h>
#include <linux/upciedev.h>

static const struct upciedev_card_irq irqs[] = {
	{ .name = "zero",	.vector = 0 },
	{ .name = "one",	.vector = 1 },
	{ .name = "two",	.vector = 2 },
	{ .name = "three",	.vector = 3 },
};

static const struct upciedev_card card = {
	.name		= "vectors",
	.irqs		= irqs,
	.nr_irqs	= ARRAY_SIZE(irqs),
	.bars		= { [0] = { .name = "regs" }, [2] = { .name = "memory" } },
};

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(0x1d50, 0xf10f) },
	{ }
};

module_upciedev_card(card, ids);

MODULE_DESCRIPTION("Test of several interrupt vectors");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
