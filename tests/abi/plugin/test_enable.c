// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card for tests/abi/irq_enable_test.cpp: takes the memory of an ivshmem for registers with
 * enable bits, of every width, so that what a user's write leaves of them can be seen.
 */
#include <linux/pci.h>
#include <linux/upciedev.h>

static const struct upciedev_card_irq irqs[] = {
	{ .name = "wide",	.enable = { 0x108, 0x80ff00ff0000f001, 2, 64 } },
	{ .name = "long",	.enable = { 0x114, 0x00010001, 2, 32 } },
	{ .name = "same",	.enable = { 0x114, 0x00000080, 2, 32 } },
	{ .name = "short",	.enable = { 0x11a, 0x0ff0, 2, 16 } },
	{ .name = "byte",	.enable = { 0x11d, 0x3c, 2, 8 } },
	{ .name = "acting",	.enable = { 0x120, 0x00ff0000, 2, 32, UPCIEDEV_BITS_ACT } },
	{ .name = "unread",	.enable = { 0x128, 0x0000ff00, 2, 32, UPCIEDEV_BITS_UNREAD } },
};

static const struct upciedev_card card = {
	.name		= "enable",
	.irqs		= irqs,
	.nr_irqs	= ARRAY_SIZE(irqs),
	.bars		= { [2] = { .name = "memory", .flags = UPCIEDEV_BAR_MMAP_UC } },
};

module_upciedev_card(card, NULL);

MODULE_DESCRIPTION("Test of enable bits");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
