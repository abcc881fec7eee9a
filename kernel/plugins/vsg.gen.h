/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated from devices/demo/vsg.yaml by upciedev-gencard; do not edit. */
#ifndef UPCIEDEV_VSG_GEN_H
#define UPCIEDEV_VSG_GEN_H

#include <linux/pci.h>
#include <linux/upciedev.h>

#define VSG_BAR_REGS		0
#define VSG_BAR_RAM		2
#define VSG_ID			0x0
#define VSG_SCRATCH		0x4
#define VSG_IRQ_STATUS		0x8
#define VSG_IRQ_ENABLE		0xc
#define VSG_DMA_LIST		0x80
#define VSG_DMA_CONTROL		0x88
#define VSG_DMA_STATUS		0x8c
#define VSG_DMA_TAKEN		0x90

static const struct upciedev_guard vsg_guards[] = {
	{
		.bar	= VSG_BAR_REGS,
		.offset	= 0x80,
		.length	= 0xc,
		.flags	= UPCIEDEV_GUARD_READABLE,
	},
};

static const struct upciedev_card_irq vsg_irqs[] = {
	{
		.name	= "done",
		.vector	= 0,
		.status	= { 0x8, 0x1, VSG_BAR_REGS, 32 },
		.acknowledge	= { 0x8, 0x1, VSG_BAR_REGS, 32 },
		.enable	= { 0xc, 0x1, VSG_BAR_REGS, 32 },
	},
};

#define VSG_DESCRIPTORS	256

static const struct upciedev_engine_ops vsg_engine;

static const struct upciedev_card_step vsg_read_start[] = {
	{ { 0x88, 0xffffffff, VSG_BAR_REGS, 32 }, 0x1 },
};

static const struct upciedev_card_step vsg_read_stop[] = {
	{ { 0x88, 0x3, VSG_BAR_REGS, 32 }, 0x2 },
};

static const struct upciedev_card_step vsg_write_start[] = {
	{ { 0x88, 0xffffffff, VSG_BAR_REGS, 32 }, 0x5 },
};

static const struct upciedev_card_step vsg_write_stop[] = {
	{ { 0x88, 0x3, VSG_BAR_REGS, 32 }, 0x2 },
};

static const struct upciedev_card_dma vsg_dmas[] = {
	{
		.name	= "read",
		.engine	= 1,
		.alignment = 1,
		.irq	= 0,
		.address_bits = 64,
		.max_length = 0x100000,
		.memory	= 0x4000000,
		.host	= {
			{ 0x80, 0xffffffffffffffff, VSG_BAR_REGS, 64 },
		},
		.busy	= { 0x8c, 0x1, VSG_BAR_REGS, 32 },
		.error	= { 0x8c, 0x2, VSG_BAR_REGS, 32 },
		.start	= vsg_read_start,
		.nr_start = ARRAY_SIZE(vsg_read_start),
		.stop	= vsg_read_stop,
		.nr_stop = ARRAY_SIZE(vsg_read_stop),
		.ops	= &vsg_engine,
	},
	{
		.name	= "write",
		.flags	= UPCIEDEV_DMA_TO_BOARD,
		.engine	= 1,
		.alignment = 1,
		.irq	= 0,
		.address_bits = 64,
		.max_length = 0x100000,
		.memory	= 0x4000000,
		.host	= {
			{ 0x80, 0xffffffffffffffff, VSG_BAR_REGS, 64 },
		},
		.busy	= { 0x8c, 0x1, VSG_BAR_REGS, 32 },
		.error	= { 0x8c, 0x2, VSG_BAR_REGS, 32 },
		.start	= vsg_write_start,
		.nr_start = ARRAY_SIZE(vsg_write_start),
		.stop	= vsg_write_stop,
		.nr_stop = ARRAY_SIZE(vsg_write_stop),
		.ops	= &vsg_engine,
	},
};

#define VSG_BARS {							\
	[VSG_BAR_REGS] = { .name = "regs", .flags = UPCIEDEV_BAR_MMAP_UC }, \
	[VSG_BAR_RAM] = { .name = "ram",				\
		.flags = UPCIEDEV_BAR_MMAP_UC | UPCIEDEV_BAR_PEER },	\
}

static const struct pci_device_id vsg_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x00ad) },
	{ }
};

#endif /* UPCIEDEV_VSG_GEN_H */
