// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any board, by the administrator's choice:
 *
 *	echo upciedev_generic > /sys/bus/pci/devices/<address>/driver_override
 *	echo <address> > /sys/bus/pci/drivers_probe
 *
 * Nothing is known of its DMA registers: Bus Master stays off.
 */
#include <linux/upciedev.h>

static const struct upciedev_card generic_card = {
	.name	= "generic",
	.flags	= UPCIEDEV_CARD_GENERIC,
	.bars	= {
		[0 ... UPCIEDEV_NR_BARS - 1] = { .flags = UPCIEDEV_BAR_MMAP_UC },
	},
};
module_upciedev_card(generic_card, NULL);

MODULE_DESCRIPTION("upciedev plugin for boards without one");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
