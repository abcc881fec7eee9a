// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card for tests/abi/intx_test.cpp: an edu whose interrupt has no status, so that on INTx each
 * of them is masked until it was served.
 */
#include <linux/pci.h>
#include <linux/upciedev.h>

static const struct upciedev_card_irq irqs[] = {
	{ .name = "any", .acknowledge = { 0x64, 0xffffffff, 0, 32 } },
};

static const struct upciedev_card_step start[] = {
	{ { 0x98, U64_MAX, 0, 64 }, 0x3 },
};

#define CHANNEL								\
	.alignment	= 1,						\
	.address_bits	= 64,						\
	.max_length	= 0xfff,					\
	.base		= 0x40000,					\
	.memory		= 0xfff,					\
	.host		= { { 0x88, U64_MAX, 0, 64 } },			\
	.board		= { 0x80, U64_MAX, 0, 64 },			\
	.length		= { 0x90, U64_MAX, 0, 64 },			\
	.start		= start,					\
	.nr_start	= ARRAY_SIZE(start)

static const struct upciedev_card_dma dmas[] = {
	{ .name = "seen", CHANNEL, .irq = -1, .busy = { 0x98, 0x1, 0, 64 } },
	{ .name = "told", CHANNEL, .irq = 0 },
};

static const struct upciedev_guard guards[] = {
	{ .bar = 0, .offset = 0x80, .length = 0x20, .flags = UPCIEDEV_GUARD_READABLE },
};

static const struct upciedev_card card = {
	.name		= "served",
	.guards		= guards,
	.nr_guards	= ARRAY_SIZE(guards),
	.irqs		= irqs,
	.nr_irqs	= ARRAY_SIZE(irqs),
	.dmas		= dmas,
	.nr_dmas	= ARRAY_SIZE(dmas),
	.bars		= { [0] = { .name = "regs" } },
};

module_upciedev_card(card, NULL);

MODULE_DESCRIPTION("Test of an interrupt that has no status");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
