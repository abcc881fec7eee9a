/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated from devices/demo/vtimer.yaml by upciedev-gencard; do not edit. */
#ifndef UPCIEDEV_VTIMER_GEN_H
#define UPCIEDEV_VTIMER_GEN_H

#include <linux/pci.h>
#include <linux/upciedev.h>

#define VTIMER_BAR_REGS		0
#define VTIMER_ID		0x0
#define VTIMER_FIRMWARE		0x4
#define VTIMER_SCRATCH		0x8
#define VTIMER_CTRL		0x10
#define VTIMER_STATUS		0x14
#define VTIMER_IRQ_STATUS	0x18
#define VTIMER_IRQ_ENABLE	0x1c
#define VTIMER_CLOCK		0x20
#define VTIMER_RATE		0x24
#define VTIMER_PULSE		0x28
#define VTIMER_EVENT_COUNT	0x30
#define VTIMER_SEND		0x34
#define VTIMER_TIME_SECONDS	0x40
#define VTIMER_TIME_NANOSECONDS	0x44
#define VTIMER_TIME_LATCH	0x48
#define VTIMER_TRIGGER_CTRL	0x100
#define VTIMER_TRIGGER_EVENT	0x104
#define VTIMER_TRIGGER_DELAY	0x108
#define VTIMER_TRIGGER_WIDTH	0x10c
#define VTIMER_TRIGGER_COUNT	0x110
#define VTIMER_PROGRAM_EVENT	0x200
#define VTIMER_PROGRAM_DELAY	0x204

static const struct upciedev_card_irq vtimer_irqs[] = {
	{
		.name	= "pulse",
		.vector	= 0,
		.status	= { 0x18, 0x1, VTIMER_BAR_REGS, 32 },
		.acknowledge	= { 0x18, 0x1, VTIMER_BAR_REGS, 32 },
		.enable	= { 0x1c, 0x1, VTIMER_BAR_REGS, 32 },
	},
	{
		.name	= "link_lost",
		.vector	= 0,
		.status	= { 0x18, 0x2, VTIMER_BAR_REGS, 32 },
		.acknowledge	= { 0x18, 0x2, VTIMER_BAR_REGS, 32 },
		.enable	= { 0x1c, 0x2, VTIMER_BAR_REGS, 32 },
	},
	{
		.name	= "overrun",
		.vector	= 0,
		.status	= { 0x18, 0x4, VTIMER_BAR_REGS, 32 },
		.acknowledge	= { 0x18, 0x4, VTIMER_BAR_REGS, 32 },
		.enable	= { 0x1c, 0x4, VTIMER_BAR_REGS, 32 },
	},
};

#define VTIMER_BARS {							\
	[VTIMER_BAR_REGS] = { .name = "regs", .flags = UPCIEDEV_BAR_MMAP_UC }, \
}

static const struct pci_device_id vtimer_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x00a9) },
	{ }
};

#endif /* UPCIEDEV_VTIMER_GEN_H */
