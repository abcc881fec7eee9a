// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transfers between boards that a card plugin starts: as UPCIEDEV_DMA_PEER, without files
 *
 * The board that writes stays entered all the time, for the tables of its card may belong to
 * another plugin, which could be unloaded otherwise.
 */
#include <linux/sched/mm.h>

#include "compat.h"
#include "internal.h"

static int request_check(const struct upciedev_peer_request *request)
{
	const struct upciedev_card *card = request->from->device->card;

	if (!request->timeout_ms || request->timeout_ms > UPCIEDEV_DMA_MAX_MS ||
	    request->bar >= UPCIEDEV_NR_BARS || request->channel >= card->nr_dmas)
		return -EINVAL;
	return upciedev_channel_possible(request->from, request->channel);
}

/* The board that writes has been entered */
static int transfer(const struct upciedev_peer_request *request,
		    struct upciedev_peer_result *result)
{
	struct upciedev_place to = {
		.board = request->to, .path = UPCIEDEV_PATH_PLUGIN, .bar = request->bar,
		.offset = request->peer_offset, .length = request->length,
	};
	struct upciedev_channel *channel;
	int err;

	err = request_check(request);
	if (err)
		return err;
	channel = upciedev_channel_create(request->from, request->channel, NULL);
	if (IS_ERR(channel))
		return PTR_ERR(channel);
	err = upciedev_peer_once(channel, &to, request->offset, request->timeout_ms, result);
	upciedev_channel_free(channel);
	return err;
}

int upciedev_peer_transfer(const struct upciedev_peer_request *request,
			   struct upciedev_peer_result *result)
{
	unsigned int flags;
	int err;

	*result = (struct upciedev_peer_result) {};
	err = upciedev_dma_enter(request->from);
	if (err)
		return err;
	flags = memalloc_noio_save();
	err = transfer(request, result);
	memalloc_noio_restore(flags);
	upciedev_dma_leave(request->from);
	return err == -ERESTARTNOHAND ? -EINTR : err;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_peer_transfer);
