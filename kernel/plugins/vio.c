// SPDX-License-Identifier: GPL-2.0-only
/* The demonstration crate's I/O carrier: all of it is in its board file */
#include "vio.gen.h"

static const struct upciedev_card vio_card = {
	.name		= "vio",
	.guards		= vio_guards,
	.nr_guards	= ARRAY_SIZE(vio_guards),
	.irqs		= vio_irqs,
	.nr_irqs	= ARRAY_SIZE(vio_irqs),
	.dmas		= vio_dmas,
	.nr_dmas	= ARRAY_SIZE(vio_dmas),
	.bars		= VIO_BARS,
};
module_upciedev_card(vio_card, vio_ids);

MODULE_DEVICE_TABLE(pci, vio_ids);
MODULE_DESCRIPTION("upciedev plugin for the demonstration crate's I/O carrier");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
