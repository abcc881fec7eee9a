/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated from devices/demo/vadc10.yaml by upciedev-gencard; do not edit. */
#ifndef UPCIEDEV_VADC10_GEN_H
#define UPCIEDEV_VADC10_GEN_H

#include <linux/pci.h>
#include <linux/upciedev.h>

#define VADC10_BAR_REGS		0
#define VADC10_BAR_DDR		2
#define VADC10_ID		0x0
#define VADC10_FIRMWARE		0x4
#define VADC10_SERIAL		0x8
#define VADC10_SCRATCH		0xc
#define VADC10_CTRL		0x20
#define VADC10_STATUS		0x24
#define VADC10_IRQ_STATUS	0x28
#define VADC10_IRQ_ENABLE	0x2c
#define VADC10_TRIGGERS		0x30
#define VADC10_LOST		0x34
#define VADC10_WRITTEN		0x38
#define VADC10_LENGTH		0x40
#define VADC10_PRETRIGGER	0x44
#define VADC10_DECIMATION	0x48
#define VADC10_TRIGGER_RATE	0x4c
#define VADC10_TIME		0x50
#define VADC10_STAMPS		0x58
#define VADC10_TEMP		0x60
#define VADC10_DMA_SOURCE	0x80
#define VADC10_DMA_DESTINATION	0x88
#define VADC10_DMA_LENGTH	0x90
#define VADC10_DMA_CONTROL	0x94
#define VADC10_DMA_STATUS	0x98
#define VADC10_ADC_CH_GAIN	0x1000
#define VADC10_ADC_CH_OFFSET	0x1004
#define VADC10_ADC_CH_CONFIG	0x1008

static const struct upciedev_guard vadc10_guards[] = {
	{
		.bar	= VADC10_BAR_REGS,
		.offset	= 0x80,
		.length	= 0x18,
		.flags	= UPCIEDEV_GUARD_READABLE,
	},
};

static const struct upciedev_card_irq vadc10_irqs[] = {
	{
		.name	= "dma_done",
		.vector	= 0,
		.status	= { 0x28, 0x1, VADC10_BAR_REGS, 32 },
		.acknowledge	= { 0x28, 0x1, VADC10_BAR_REGS, 32 },
		.enable	= { 0x2c, 0x1, VADC10_BAR_REGS, 32 },
	},
	{
		.name	= "trigger",
		.vector	= 0,
		.status	= { 0x28, 0x2, VADC10_BAR_REGS, 32 },
		.acknowledge	= { 0x28, 0x2, VADC10_BAR_REGS, 32 },
		.enable	= { 0x2c, 0x2, VADC10_BAR_REGS, 32 },
	},
	{
		.name	= "done",
		.vector	= 0,
		.status	= { 0x28, 0x4, VADC10_BAR_REGS, 32 },
		.acknowledge	= { 0x28, 0x4, VADC10_BAR_REGS, 32 },
		.enable	= { 0x2c, 0x4, VADC10_BAR_REGS, 32 },
	},
	{
		.name	= "overflow",
		.vector	= 0,
		.status	= { 0x28, 0x8, VADC10_BAR_REGS, 32 },
		.acknowledge	= { 0x28, 0x8, VADC10_BAR_REGS, 32 },
		.enable	= { 0x2c, 0x8, VADC10_BAR_REGS, 32 },
	},
};

static const struct upciedev_card_step vadc10_read_start[] = {
	{ { 0x94, 0x3, VADC10_BAR_REGS, 32 }, 0x1 },
};

static const struct upciedev_card_step vadc10_read_stop[] = {
	{ { 0x94, 0x3, VADC10_BAR_REGS, 32 }, 0x2 },
};

static const struct upciedev_card_dma vadc10_dmas[] = {
	{
		.name	= "read",
		.engine	= 1,
		.alignment = 4,
		.irq	= 0,
		.address_bits = 64,
		.max_length = 0x4000000,
		.memory	= 0x4000000,
		.host	= {
			{ 0x88, 0xffffffffffffffff, VADC10_BAR_REGS, 64 },
		},
		.board	= { 0x80, 0xffffffffffffffff, VADC10_BAR_REGS, 64 },
		.length	= { 0x90, 0xffffffff, VADC10_BAR_REGS, 32 },
		.busy	= { 0x98, 0x1, VADC10_BAR_REGS, 32 },
		.error	= { 0x98, 0x4, VADC10_BAR_REGS, 32 },
		.start	= vadc10_read_start,
		.nr_start = ARRAY_SIZE(vadc10_read_start),
		.stop	= vadc10_read_stop,
		.nr_stop = ARRAY_SIZE(vadc10_read_stop),
	},
};

#define VADC10_BARS {							\
	[VADC10_BAR_REGS] = { .name = "regs", .flags = UPCIEDEV_BAR_MMAP_UC }, \
	[VADC10_BAR_DDR] = { .name = "ddr",				\
		.flags = UPCIEDEV_BAR_MMAP_UC | UPCIEDEV_BAR_PEER },	\
}

static const struct pci_device_id vadc10_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x00ac) },
	{ }
};

#endif /* UPCIEDEV_VADC10_GEN_H */
