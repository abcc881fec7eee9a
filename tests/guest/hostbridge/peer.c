// SPDX-License-Identifier: GPL-2.0-only
/*
 * The card plugin of test_bridge's boards
 */
#include <linux/delay.h>

#include "peer.gen.h"

#define READY_MS	1000

/* The thread behind its registers may not have looked at them yet */
static int peer_start(struct upciedev_board *board)
{
	u32 id = 0, ms;
	int err = 0;

	for (ms = 0; ms < READY_MS && !err; ms++) {
		err = upciedev_read32(board, PEER_BAR_REGS, PEER_ID, &id);
		if (id == 0x54425231)
			return err;
		usleep_range(1000, 2000);
	}
	return err ?: -ENODEV;
}

static const struct upciedev_card peer_card = {
	.name		= "peer",
	.guards		= peer_guards,
	.nr_guards	= ARRAY_SIZE(peer_guards),
	.dmas		= peer_dmas,
	.nr_dmas	= ARRAY_SIZE(peer_dmas),
	.bars		= PEER_BARS,
	.start		= peer_start,
};
module_upciedev_card(peer_card, peer_ids);

MODULE_DEVICE_TABLE(pci, peer_ids);
MODULE_DESCRIPTION("Test: upciedev plugin for test_bridge's boards");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
