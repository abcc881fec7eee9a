// SPDX-License-Identifier: GPL-2.0-only
/* The demonstration crate's ten-channel digitizer: all of it is in its board file */
#include "vadc10.gen.h"

static const struct upciedev_card vadc10_card = {
	.name		= "vadc10",
	.guards		= vadc10_guards,
	.nr_guards	= ARRAY_SIZE(vadc10_guards),
	.irqs		= vadc10_irqs,
	.nr_irqs	= ARRAY_SIZE(vadc10_irqs),
	.dmas		= vadc10_dmas,
	.nr_dmas	= ARRAY_SIZE(vadc10_dmas),
	.bars		= VADC10_BARS,
};
module_upciedev_card(vadc10_card, vadc10_ids);

MODULE_DEVICE_TABLE(pci, vadc10_ids);
MODULE_DESCRIPTION("upciedev plugin for the demonstration crate's ten-channel digitizer");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
