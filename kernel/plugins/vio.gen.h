/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated from devices/demo/vio.yaml by upciedev-gencard; do not edit. */
#ifndef UPCIEDEV_VIO_GEN_H
#define UPCIEDEV_VIO_GEN_H

#include <linux/pci.h>
#include <linux/upciedev.h>

#define VIO_BAR_BRIDGE		0
#define VIO_BAR_REGS		2
#define VIO_BAR_WINDOW		4
#define VIO_BRIDGE_STATUS	0x0
#define VIO_BRIDGE_RESET	0x4
#define VIO_ID			0x0
#define VIO_SCRATCH		0x4
#define VIO_UPTIME		0x8
#define VIO_IRQ_STATUS		0x10
#define VIO_IRQ_ENABLE		0x14
#define VIO_DIO_INPUT		0x20
#define VIO_DIO_OUTPUT		0x24
#define VIO_DIO_DIRECTION	0x28
#define VIO_DIO_SET		0x2c
#define VIO_DIO_CLEAR		0x30
#define VIO_DIO_TOGGLE		0x34
#define VIO_DIO_EDGES		0x38
#define VIO_I2C_COMMAND		0x60
#define VIO_I2C_ADDRESS		0x64
#define VIO_I2C_DATA		0x68
#define VIO_I2C_STATUS		0x6c
#define VIO_DAC_VALUE		0x100
#define VIO_DAC_RANGE		0x104
#define VIO_ADC_VALUE		0x140
#define VIO_MODULE_PRESENT	0x200
#define VIO_MODULE_SLOT_ID	0x201
#define VIO_MODULE_POWER	0x204
#define VIO_MODULE_CURRENT	0x208
#define VIO_DMA_HOST_HIGH	0x3000
#define VIO_DMA_HOST_LOW	0x3004
#define VIO_DMA_OFFSET		0x3008
#define VIO_DMA_LENGTH		0x300c
#define VIO_DMA_CONTROL		0x3010
#define VIO_DMA_STATUS		0x3014

static const struct upciedev_guard vio_guards[] = {
	{
		.bar	= VIO_BAR_REGS,
		.offset	= 0x3000,
		.length	= 0x14,
		.flags	= UPCIEDEV_GUARD_READABLE,
	},
	{
		.bar	= VIO_BAR_REGS,
		.offset	= 0x3040,
		.length	= 0x14,
		.flags	= UPCIEDEV_GUARD_READABLE,
	},
};

static const struct upciedev_card_irq vio_irqs[] = {
	{
		.name	= "read_done",
		.vector	= 0,
		.status	= { 0x10, 0x1000000, VIO_BAR_REGS, 32 },
		.acknowledge	= { 0x10, 0x1000000, VIO_BAR_REGS, 32 },
		.enable	= { 0x14, 0x1000000, VIO_BAR_REGS, 32 },
	},
	{
		.name	= "write_done",
		.vector	= 0,
		.status	= { 0x10, 0x2000000, VIO_BAR_REGS, 32 },
		.acknowledge	= { 0x10, 0x2000000, VIO_BAR_REGS, 32 },
		.enable	= { 0x14, 0x2000000, VIO_BAR_REGS, 32 },
	},
};

static const struct upciedev_card_step vio_read_start[] = {
	{ { 0x3010, 0x3, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG }, 0x1 },
};

static const struct upciedev_card_step vio_read_stop[] = {
	{ { 0x3010, 0x3, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG }, 0x2 },
};

static const struct upciedev_card_step vio_write_start[] = {
	{ { 0x3050, 0x3, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG }, 0x1 },
};

static const struct upciedev_card_step vio_write_stop[] = {
	{ { 0x3050, 0x3, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG }, 0x2 },
};

static const struct upciedev_card_dma vio_dmas[] = {
	{
		.name	= "read",
		.engine	= 1,
		.alignment = 1,
		.irq	= 0,
		.address_bits = 64,
		.max_length = 0x40000,
		.memory	= 0x100000,
		.host	= {
			{ 0x3004, 0xffffffff, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
			{ 0x3000, 0xffffffff, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		},
		.board	= { 0x3008, 0xffffffff, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		.length	= { 0x300c, 0xffffffff, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		.busy	= { 0x3014, 0x1, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		.error	= { 0x3014, 0x2, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		.start	= vio_read_start,
		.nr_start = ARRAY_SIZE(vio_read_start),
		.stop	= vio_read_stop,
		.nr_stop = ARRAY_SIZE(vio_read_stop),
	},
	{
		.name	= "write",
		.flags	= UPCIEDEV_DMA_TO_BOARD,
		.engine	= 2,
		.alignment = 1,
		.irq	= 1,
		.address_bits = 64,
		.max_length = 0x40000,
		.memory	= 0x100000,
		.host	= {
			{ 0x3044, 0xffffffff, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
			{ 0x3040, 0xffffffff, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		},
		.board	= { 0x3048, 0xffffffff, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		.length	= { 0x304c, 0xffffffff, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		.busy	= { 0x3054, 0x1, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		.error	= { 0x3054, 0x2, VIO_BAR_REGS, 32, UPCIEDEV_BITS_BIG },
		.start	= vio_write_start,
		.nr_start = ARRAY_SIZE(vio_write_start),
		.stop	= vio_write_stop,
		.nr_stop = ARRAY_SIZE(vio_write_stop),
	},
};

#define VIO_BARS {							\
	[VIO_BAR_BRIDGE] = { .name = "bridge", .flags = UPCIEDEV_BAR_MMAP_UC }, \
	[VIO_BAR_REGS] = { .name = "regs", .flags = UPCIEDEV_BAR_MMAP_UC }, \
	[VIO_BAR_WINDOW] = { .name = "window",				\
		.flags = UPCIEDEV_BAR_MMAP_UC | UPCIEDEV_BAR_PEER },	\
}

static const struct pci_device_id vio_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x00aa) },
	{ }
};

#endif /* UPCIEDEV_VIO_GEN_H */
