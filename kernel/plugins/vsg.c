// SPDX-License-Identifier: GPL-2.0-only
/* A memory board whose engine takes lists of descriptors; the rest is in its board file */
#include "vsg.gen.h"

struct vsg_descriptor {
	__le64 host;
	__le64 board;
	__le32 length;
	__le32 flags;
	__le64 nothing;
};

#define VSG_LAST	0x1

static int vsg_start(struct upciedev_engine *engine, const struct upciedev_dma_piece *pieces,
		     u32 count)
{
	struct upciedev_board *board = upciedev_engine_board(engine);
	const struct upciedev_card_dma *dma = upciedev_engine_dma(engine);
	u64 address;
	struct vsg_descriptor *list = upciedev_engine_descriptors(engine, &address);
	int err;
	u32 i;

	for (i = 0; i < count; i++)
		list[i] = (struct vsg_descriptor) {
			.host	= cpu_to_le64(pieces[i].host),
			.board	= cpu_to_le64(pieces[i].board),
			.length	= cpu_to_le32(pieces[i].length),
			.flags	= cpu_to_le32(i + 1 == count ? VSG_LAST : 0),
		};
	err = upciedev_write(board, VSG_BAR_REGS, VSG_DMA_LIST, 64, address);
	return err ?: upciedev_write32(board, VSG_BAR_REGS, VSG_DMA_CONTROL, dma->start->value);
}

static const struct upciedev_engine_ops vsg_engine = {
	.max_pieces		= VSG_DESCRIPTORS,
	.descriptor_bytes	= VSG_DESCRIPTORS * sizeof(struct vsg_descriptor),
	.start			= vsg_start,
};

static const struct upciedev_card vsg_card = {
	.name		= "vsg",
	.guards		= vsg_guards,
	.nr_guards	= ARRAY_SIZE(vsg_guards),
	.irqs		= vsg_irqs,
	.nr_irqs	= ARRAY_SIZE(vsg_irqs),
	.dmas		= vsg_dmas,
	.nr_dmas	= ARRAY_SIZE(vsg_dmas),
	.bars		= VSG_BARS,
};
module_upciedev_card(vsg_card, vsg_ids);

MODULE_DEVICE_TABLE(pci, vsg_ids);
MODULE_DESCRIPTION("upciedev plugin for the demonstration's scatter-gather memory board");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
