// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card for tests/abi/irq_causes_test.cpp: the board of tests/guest/vfio_board.cpp, with causes
 * that have a status and causes that have none, and two channels of its engine. Only the message
 * "end" reports the end of the first one.
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

static const struct upciedev_card_step start[] = {
	{ { 0x1c, 0xffffffff, 0, 32 }, 1 },
};

#define CHANNEL								\
	.alignment	= 4,						\
	.irq		= 2,						\
	.address_bits	= 64,						\
	.max_length	= 0x100000,					\
	.memory		= 0x100000,					\
	.host		= { { 0x10, 0xffffffff, 0, 32 }, { 0x14, 0xffffffff, 0, 32 } }, \
	.length		= { 0x18, 0xffffffff, 0, 32 },			\
	.start		= start,					\
	.nr_start	= ARRAY_SIZE(start)

static const struct upciedev_card_dma dmas[] = {
	{ .name = "told", CHANNEL },
	{ .name = "seen", CHANNEL, .busy = { 0x20, 0x1, 0, 32 } },
};

static const struct upciedev_guard guards[] = {
	{ .bar = 0, .offset = 0x10, .length = 0x10, .flags = UPCIEDEV_GUARD_READABLE },
};

static const struct upciedev_card card = {
	.name		= "causes",
	.guards		= guards,
	.nr_guards	= ARRAY_SIZE(guards),
	.irqs		= irqs,
	.nr_irqs	= ARRAY_SIZE(irqs),
	.dmas		= dmas,
	.nr_dmas	= ARRAY_SIZE(dmas),
	.bars		= { [0] = { .name = "regs" }, [2] = { .name = "memory" } },
};

module_upciedev_card(card, NULL);

MODULE_DESCRIPTION("Test of causes of interrupts, and of engines that only one of them ends");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
