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

/* PCI calls a BAR prefetchable if it is plain memory */
static bool peers;
module_param(peers, bool, 0644);
MODULE_PARM_DESC(peers, "Prefetchable BARs of boards bound from now on may be written by other boards' DMA");

static const struct upciedev_card generic_card = {
	.name	= "generic",
	.flags	= UPCIEDEV_CARD_GENERIC,
	.peers	= &peers,
	.bars	= {
		[0 ... UPCIEDEV_NR_BARS - 1] = { .flags = UPCIEDEV_BAR_MMAP_UC },
	},
};
module_upciedev_card(generic_card, NULL);

MODULE_DESCRIPTION("upciedev plugin for boards without one");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
