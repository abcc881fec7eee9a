/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated from tests/guest/hostbridge/peer.yaml by upciedev-gencard; do not edit. */
#ifndef UPCIEDEV_PEER_GEN_H
#define UPCIEDEV_PEER_GEN_H

#include <linux/pci.h>
#include <linux/upciedev.h>

#define PEER_BAR_REGS		0
#define PEER_BAR_MEMORY		2
#define PEER_ID			0x0
#define PEER_SCRATCH		0x4
#define PEER_DMA_HOST		0x80
#define PEER_DMA_OFFSET		0x88
#define PEER_DMA_LENGTH		0x8c
#define PEER_DMA_CONTROL	0x90
#define PEER_DMA_STATUS		0x94
#define PEER_FLASH		0xf00

static const struct upciedev_guard peer_guards[] = {
	{
		.bar	= PEER_BAR_REGS,
		.offset	= 0x80,
		.length	= 0x14,
		.flags	= UPCIEDEV_GUARD_READABLE,
	},
	{
		.bar	= PEER_BAR_REGS,
		.offset	= 0xf00,
		.length	= 0x4,
		.flags	= UPCIEDEV_GUARD_READABLE | UPCIEDEV_GUARD_ADMIN,
	},
	{
		.bar	= PEER_BAR_REGS,
		.offset	= 0x0,
		.length	= 0x8,
		.flags	= UPCIEDEV_GUARD_OPEN,
	},
	{
		.bar	= PEER_BAR_REGS,
		.offset	= 0x80,
		.length	= 0x18,
		.flags	= UPCIEDEV_GUARD_OPEN,
	},
	{
		.bar	= PEER_BAR_REGS,
		.offset	= 0xf00,
		.length	= 0x4,
		.flags	= UPCIEDEV_GUARD_OPEN,
	},
};

static const struct upciedev_card_step peer_read_start[] = {
	{ { 0x90, 0xffffffff, PEER_BAR_REGS, 32 }, 0x1 },
};

static const struct upciedev_card_step peer_read_stop[] = {
	{ { 0x90, 0x2, PEER_BAR_REGS, 32 }, 0x2 },
};

static const struct upciedev_card_dma peer_dmas[] = {
	{
		.name	= "read",
		.engine	= 1,
		.alignment = 1,
		.irq	= -1,
		.address_bits = 64,
		.max_length = 0x100000,
		.memory	= 0x100000,
		.host	= {
			{ 0x80, 0xffffffffffffffff, PEER_BAR_REGS, 64 },
		},
		.board	= { 0x88, 0xffffffff, PEER_BAR_REGS, 32 },
		.length	= { 0x8c, 0xffffffff, PEER_BAR_REGS, 32 },
		.busy	= { 0x90, 0x1, PEER_BAR_REGS, 32 },
		.error	= { 0x94, 0x1, PEER_BAR_REGS, 32 },
		.start	= peer_read_start,
		.nr_start = ARRAY_SIZE(peer_read_start),
		.stop	= peer_read_stop,
		.nr_stop = ARRAY_SIZE(peer_read_stop),
	},
};

#define PEER_BARS {							\
	[PEER_BAR_REGS] = { .name = "regs", .flags = UPCIEDEV_BAR_MMAP_UC }, \
	[PEER_BAR_MEMORY] = { .name = "memory",				\
		.flags = UPCIEDEV_BAR_MMAP_UC | UPCIEDEV_BAR_PEER },	\
}

static const struct pci_device_id peer_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x00b8) },
	{ }
};

#endif /* UPCIEDEV_PEER_GEN_H */
