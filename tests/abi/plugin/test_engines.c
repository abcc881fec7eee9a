// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card for tests/abi/engines_test.cpp: takes the memory of an ivshmem for the registers of two
 * engines that only callbacks know. They move nothing, and run until a user writes 0 to @RUNNING.
 */
#include <linux/pci.h>
#include <linux/upciedev.h>

#define BAR	2
#define RUNNING	0x1000
#define STARTS	0x1004
#define STOPS	0x1008
#define FAILING	0x100c	/* start returns an error once it has started the engine */
#define STEP	0x10	/* from an engine's registers to the next one's */

static const struct upciedev_card_dma dmas[];

static u64 register_of(struct upciedev_engine *engine, u64 offset)
{
	return offset + STEP * (upciedev_engine_dma(engine) - dmas);
}

static u32 get(struct upciedev_engine *engine, u64 offset)
{
	u32 value = 0;

	upciedev_read32(upciedev_engine_board(engine), BAR, register_of(engine, offset), &value);
	return value;
}

static int put(struct upciedev_engine *engine, u64 offset, u32 value)
{
	return upciedev_write32(upciedev_engine_board(engine), BAR, register_of(engine, offset),
				value);
}

static int engine_start(struct upciedev_engine *engine, const struct upciedev_dma_piece *pieces,
			u32 count)
{
	put(engine, RUNNING, 1);
	put(engine, STARTS, get(engine, STARTS) + 1);
	return get(engine, FAILING) ? -EIO : 0;
}

static bool engine_running(struct upciedev_engine *engine)
{
	return get(engine, RUNNING);
}

static void engine_stop(struct upciedev_engine *engine)
{
	put(engine, STOPS, get(engine, STOPS) + 1);
	put(engine, RUNNING, 0);
}

static const struct upciedev_engine_ops ops = {
	.max_pieces	= 8,
	.start		= engine_start,
	.running	= engine_running,
	.stop		= engine_stop,
};

static const struct upciedev_card_dma dmas[] = {
	{
		.name		= "first",
		.alignment	= 1,
		.irq		= -1,
		.address_bits	= 64,
		.max_length	= 0x100000,
		.ops		= &ops,
	},
	{
		.name		= "second",
		.alignment	= 1,
		.irq		= -1,
		.address_bits	= 64,
		.max_length	= 0x100000,
		.ops		= &ops,
	},
};

static const struct upciedev_card card = {
	.name		= "engines",
	.dmas		= dmas,
	.nr_dmas	= ARRAY_SIZE(dmas),
	.bars		= { [BAR] = { .name = "memory", .flags = UPCIEDEV_BAR_MMAP_UC } },
};

module_upciedev_card(card, NULL);

MODULE_DESCRIPTION("Test of engines that only callbacks know");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
