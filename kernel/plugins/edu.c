// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's teaching device */
#include "edu.gen.h"

/* Early versions of QEMU gave these ids to something else */
static int edu_start(struct upciedev_board *board)
{
	u32 id;
	int err = upciedev_read32(board, EDU_BAR_REGS, EDU_ID, &id);

	if (err)
		return err;
	return (id & 0xff) == 0xed ? 0 : -ENODEV;
}

static const struct upciedev_card edu_card = {
	.name		= "edu",
	.guards		= edu_guards,
	.nr_guards	= ARRAY_SIZE(edu_guards),
	.irqs		= edu_irqs,
	.nr_irqs	= ARRAY_SIZE(edu_irqs),
	.dmas		= edu_dmas,
	.nr_dmas	= ARRAY_SIZE(edu_dmas),
	.bars		= EDU_BARS,
	.start		= edu_start,
};
module_upciedev_card(edu_card, edu_ids);

MODULE_DEVICE_TABLE(pci, edu_ids);
MODULE_DESCRIPTION("upciedev plugin for QEMU's edu");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
