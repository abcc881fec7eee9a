// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card for tests/abi/irq_causes_test.cpp: the board of tests/guest/vfio_board.cpp, with causes that
 * have a status and causes that have none.
 */
#include <linux/pci.h>
#include <linux/upciedev.h>

static const struct upciedev_card_irq irqs[] = {
	{
		.name		= "one",
		.status		= { 0x24, 0x1, 0, 32 },
		.acknowledge	= { 0x2c, 0x1, 0, 32 },
		.enable		= { 0x34, 0x1, 0, 32 },
	},
	{
		.name		= "two",
		.status		= { 0x24, 0x2, 0, 32 },
		.acknowledge	= { 0x2c, 0x2, 0, 32 },
		.enable		= { 0x34, 0x2, 0, 32 },
	},
	{ .name = "end",	.vector = 1 },
	{ .name = "other",	.vector = 2 },
};

static const struct upciedev_card card = {
	.name		= "causes",
	.irqs		= irqs,
	.nr_irqs	= ARRAY_SIZE(irqs),
	.bars		= { [0] = { .name = "regs" }, [2] = { .name = "memory" } },
};

module_upciedev_card(card, NULL);

MODULE_DESCRIPTION("Test of causes of interrupts");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
