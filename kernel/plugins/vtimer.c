// SPDX-License-Identifier: GPL-2.0-only
/* The demonstration crate's timing receiver: all of it is in its board file */
#include "vtimer.gen.h"

static const struct upciedev_card vtimer_card = {
	.name		= "vtimer",
	.irqs		= vtimer_irqs,
	.nr_irqs	= ARRAY_SIZE(vtimer_irqs),
	.bars		= VTIMER_BARS,
};
module_upciedev_card(vtimer_card, vtimer_ids);

MODULE_DEVICE_TABLE(pci, vtimer_ids);
MODULE_DESCRIPTION("upciedev plugin for the demonstration crate's timing receiver");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
