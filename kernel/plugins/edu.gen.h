/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated from devices/qemu/edu.yaml by upciedev-gencard; do not edit. */
#ifndef UPCIEDEV_EDU_GEN_H
#define UPCIEDEV_EDU_GEN_H

#include <linux/pci.h>
#include <linux/upciedev.h>

#define EDU_BAR_REGS		0
#define EDU_ID			0x0
#define EDU_LIVENESS		0x4
#define EDU_FACTORIAL		0x8
#define EDU_STATUS		0x20
#define EDU_IRQ_STATUS		0x24
#define EDU_IRQ_RAISE		0x60
#define EDU_IRQ_ACK		0x64
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_DESTINATION	0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98

static const struct upciedev_guard edu_guards[] = {
	{
		.bar	= EDU_BAR_REGS,
		.offset	= 0x80,
		.length	= 0x20,
		.flags	= UPCIEDEV_GUARD_READABLE,
	},
};

static const struct upciedev_card_irq edu_irqs[] = {
	{
		.name	= "factorial",
		.vector	= 0,
		.status	= { 0x24, 0x1, EDU_BAR_REGS, 32 },
		.acknowledge	= { 0x64, 0x1, EDU_BAR_REGS, 32 },
		.enable	= { 0x20, 0x80, EDU_BAR_REGS, 32 },
	},
	{
		.name	= "dma",
		.vector	= 0,
		.status	= { 0x24, 0x100, EDU_BAR_REGS, 32 },
		.acknowledge	= { 0x64, 0x100, EDU_BAR_REGS, 32 },
	},
};

static const struct upciedev_card_step edu_read_start[] = {
	{ { 0x98, 0xffffffffffffffff, EDU_BAR_REGS, 64 }, 0x7 },
};

static const struct upciedev_card_step edu_write_start[] = {
	{ { 0x98, 0xffffffffffffffff, EDU_BAR_REGS, 64 }, 0x5 },
};

static const struct upciedev_card_dma edu_dmas[] = {
	{
		.name	= "read",
		.engine	= 1,
		.alignment = 1,
		.irq	= 1,
		.address_bits = 64,
		.max_length = 0xfff,
		.base	= 0x40000,
		.memory	= 0xfff,
		.host	= {
			{ 0x88, 0xffffffffffffffff, EDU_BAR_REGS, 64 },
		},
		.board	= { 0x80, 0xffffffffffffffff, EDU_BAR_REGS, 64 },
		.length	= { 0x90, 0xffffffffffffffff, EDU_BAR_REGS, 64 },
		.busy	= { 0x98, 0x1, EDU_BAR_REGS, 64 },
		.start	= edu_read_start,
		.nr_start = ARRAY_SIZE(edu_read_start),
	},
	{
		.name	= "write",
		.flags	= UPCIEDEV_DMA_TO_BOARD,
		.engine	= 1,
		.alignment = 1,
		.irq	= 1,
		.address_bits = 64,
		.max_length = 0xfff,
		.base	= 0x40000,
		.memory	= 0xfff,
		.host	= {
			{ 0x80, 0xffffffffffffffff, EDU_BAR_REGS, 64 },
		},
		.board	= { 0x88, 0xffffffffffffffff, EDU_BAR_REGS, 64 },
		.length	= { 0x90, 0xffffffffffffffff, EDU_BAR_REGS, 64 },
		.busy	= { 0x98, 0x1, EDU_BAR_REGS, 64 },
		.start	= edu_write_start,
		.nr_start = ARRAY_SIZE(edu_write_start),
	},
};

#define EDU_BARS {							\
	[EDU_BAR_REGS] = { .name = "regs", .flags = UPCIEDEV_BAR_MMAP_UC }, \
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};

#endif /* UPCIEDEV_EDU_GEN_H */
