// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_DMA_TRANSFER: between the board and memory of the caller
 *
 * The caller's pages are pinned, some at a time, so that any length will do and other
 * channels get their turn in between. What the engine cannot reach because of its
 * alignment goes through a page or some of the kernel's: at the edges, or all of it where
 * the caller's address and the board's offset do not agree. So does everything of an
 * engine with so few address bits that it does not reach all memory.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

#define PINNED_PAGES	1024	/* at a time, 4 MiB */
#define BOUNCE_PAGES	16

struct request {
	struct upciedev_channel *channel;
	struct upciedev_limit limit;
	struct page **pages;		/* PINNED_PAGES, made when needed */
	struct upciedev_locked locked;	/* those that are pinned */
	struct page *bounce[BOUNCE_PAGES];
	u32 nr_bounce;
	u64 offset;
	u64 address;
	u64 left;
	u64 done;
	u64 bounced;
	bool bounce_all;
};

static bool to_board(const struct request *request)
{
	return request->channel->dma->flags & UPCIEDEV_DMA_TO_BOARD;
}

static enum dma_data_direction direction(const struct request *request)
{
	return to_board(request) ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

static void advance(struct request *request, u64 bytes)
{
	request->offset += bytes;
	request->address += bytes;
	request->left -= bytes;
	request->done += bytes;
}

/* The caller has the engine's turn */
static int map_and_move(struct request *request, struct page **pages, u32 nr_pages, u32 start,
			u64 length, u64 offset, u64 *done)
{
	struct upciedev_channel *channel = request->channel;
	struct upciedev_memory memory = {};
	int err;

	err = upciedev_dma_enter(channel->board);
	if (err)
		return err;
	err = upciedev_memory_map(channel->board, &memory, pages, nr_pages, start, length,
				  direction(request));
	if (!err) {
		err = upciedev_engine_run(channel, &memory, 0, length, offset, &request->limit,
					  done);
		upciedev_memory_unmap(channel->board, &memory);
	}
	upciedev_dma_leave(channel->board);
	return err;
}

/*
 * @length bytes of @pages from @start on; *@done is how many moved. Mapped only when it is
 * its turn: mappings may be few for all drivers together (swiotlb), and it may wait for long.
 */
static int move_pages(struct request *request, struct page **pages, u32 nr_pages, u32 start,
		      u64 length, u64 offset, u64 *done)
{
	struct upciedev_engine *engine = request->channel->engine;
	struct upciedev_turn turn;
	int err;

	err = upciedev_turn_take(engine, &turn, &request->limit);
	if (err)
		return err;
	err = map_and_move(request, pages, nr_pages, start, length, offset, done);
	upciedev_turn_end(engine, &turn);
	return err;
}

static long pin(struct request *request, u32 pages)
{
	u32 flags = FOLL_LONGTERM | (to_board(request) ? 0 : FOLL_WRITE);
	long pinned;
	int err;

	err = upciedev_lock_pages(&request->locked, pages);
	if (err)
		return err;
	pinned = pin_user_pages_fast(request->address & PAGE_MASK, pages, flags, request->pages);
	if (pinned < (long)pages)
		upciedev_unlock_pages(&request->locked, pages - max(pinned, 0L));
	if (pinned > 0)
		upciedev_count(UPCIEDEV_COUNT_PINNED_PAGES, pinned);
	return pinned ?: -EFAULT;
}

/* Pages that an engine may still write to stay pinned for ever */
static void unpin(struct request *request, u32 pages)
{
	if (!upciedev_memory_safe(request->channel->board))
		return;
	unpin_user_pages_dirty_lock(request->pages, pages, !to_board(request));
	upciedev_unlock_pages(&request->locked, pages);
	upciedev_count(UPCIEDEV_COUNT_PINNED_PAGES, -(int)pages);
}

/* Fewer where RLIMIT_MEMLOCK or memory is short */
static long pin_some(struct request *request, u32 pages)
{
	long pinned = pin(request, pages);

	for (; pinned == -ENOMEM && pages > 1; pinned = pin(request, pages))
		pages /= 2;
	return pinned;
}

/* Straight into or from the caller's pages; @length is aligned */
static int direct(struct request *request, u64 length)
{
	u32 start = offset_in_page(request->address);
	u64 done = 0;
	long pages;
	int err;

	if (!request->pages)
		request->pages = kvmalloc_array(PINNED_PAGES, sizeof(*request->pages), GFP_KERNEL);
	if (!request->pages)
		return -ENOMEM;
	length = min_t(u64, length, PINNED_PAGES * PAGE_SIZE - start);
	pages = pin_some(request, DIV_ROUND_UP(start + length, PAGE_SIZE));
	if (pages < 0)
		return pages;
	length = min_t(u64, length, pages * PAGE_SIZE - start);
	err = move_pages(request, request->pages, pages, start, length, request->offset, &done);
	unpin(request, pages);
	advance(request, done);
	return err;
}

static int copy_bounce(struct request *request, u64 skip, u64 length)
{
	u64 at, some, missing;
	char *kernel;

	for (at = 0; at < length; at += some) {
		some = min_t(u64, length - at, PAGE_SIZE - offset_in_page(skip + at));
		kernel = page_address(request->bounce[(skip + at) >> PAGE_SHIFT]);
		kernel += offset_in_page(skip + at);
		if (to_board(request))
			missing = copy_from_user(kernel, u64_to_user_ptr(request->address + at),
						 some);
		else
			missing = copy_to_user(u64_to_user_ptr(request->address + at), kernel,
					       some);
		if (missing)
			return -EFAULT;
	}
	return 0;
}

static int bounce_alloc(struct request *request)
{
	int err;

	if (request->nr_bounce)
		return 0;
	err = upciedev_pages_alloc(request->channel->board, request->bounce, BOUNCE_PAGES);
	if (!err)
		request->nr_bounce = BOUNCE_PAGES;
	return err;
}

/* By way of the kernel's pages: the engine moves whatever it must around the @length bytes */
static int bounced(struct request *request, u64 length)
{
	u32 alignment = request->channel->dma->alignment;
	u64 skip = request->offset & (alignment - 1);
	u64 done = 0, whole;
	int err;

	err = bounce_alloc(request);
	if (err)
		return err;
	length = min_t(u64, length, BOUNCE_PAGES * PAGE_SIZE - alignment);
	whole = round_up(skip + length, alignment);
	if (to_board(request))
		err = copy_bounce(request, skip, length);
	if (!err)
		err = move_pages(request, request->bounce, DIV_ROUND_UP(whole, PAGE_SIZE), 0,
				 whole, request->offset - skip, &done);
	if (!err && !to_board(request))
		err = copy_bounce(request, skip, length);
	if (err)
		return err;
	request->bounced += length;
	advance(request, length);
	return 0;
}

static int next_stretch(struct request *request)
{
	u32 alignment = request->channel->dma->alignment;
	u64 edge = request->offset & (alignment - 1);

	if (request->bounce_all || (request->address & (alignment - 1)) != edge)
		return bounced(request, request->left);
	if (edge)
		return bounced(request, min(request->left, alignment - edge));
	if (request->left < alignment)
		return bounced(request, request->left);
	return direct(request, round_down(request->left, alignment));
}

static void request_free(struct request *request)
{
	if (upciedev_memory_safe(request->channel->board))
		upciedev_pages_free(request->bounce, request->nr_bounce);
	kvfree(request->pages);
	kfree(request);
}

static int to_or_from_user(struct upciedev_channel *channel, struct upciedev_dma_transfer *transfer)
{
	struct request *request = kzalloc(sizeof(*request), GFP_KERNEL);
	int err = 0;

	if (!request)
		return -ENOMEM;
	request->channel = channel;
	request->limit = upciedev_limit_in(transfer->timeout_ms, &channel->cancels);
	request->bounce_all = !upciedev_reaches_all_memory(channel->board);
	request->offset = transfer->offset;
	request->address = transfer->address;
	request->left = transfer->length;
	while (request->left && !err)
		err = next_stretch(request);
	transfer->done = request->done;
	transfer->bounced = request->bounced;
	request_free(request);
	return err;
}

static int transfer_check(const struct upciedev_channel *channel,
			  const struct upciedev_dma_transfer *transfer)
{
	if (transfer->reserved[0] || transfer->reserved[1] || !transfer->timeout_ms ||
	    transfer->timeout_ms > UPCIEDEV_DMA_MAX_MS ||
	    transfer->flags & ~UPCIEDEV_DMA_RING_MEMORY)
		return -EINVAL;
	if (upciedev_gone(channel->board))
		return -ENODEV;
	if (!(transfer->flags & UPCIEDEV_DMA_RING_MEMORY) &&
	    !access_ok(u64_to_user_ptr(transfer->address), transfer->length))
		return -EFAULT;
	return upciedev_channel_check(channel, transfer->offset, transfer->length);
}

static int transfer_do(struct upciedev_channel *channel, struct upciedev_dma_transfer *transfer)
{
	int err = transfer_check(channel, transfer);

	if (!err)
		err = upciedev_channel_begin(channel);
	if (err)
		return err;
	if (transfer->flags & UPCIEDEV_DMA_RING_MEMORY)
		err = upciedev_ring_transfer(channel, transfer);
	else
		err = to_or_from_user(channel, transfer);
	upciedev_channel_end(channel);
	return err;
}

long upciedev_dma_transfer(struct upciedev_channel *channel,
			   struct upciedev_dma_transfer __user *arg)
{
	struct upciedev_dma_transfer transfer;
	int err;

	if (copy_from_user(&transfer, arg, sizeof(transfer)))
		return -EFAULT;
	transfer.done = 0;
	transfer.bounced = 0;
	err = transfer_do(channel, &transfer);
	if (copy_to_user(arg, &transfer, sizeof(transfer)))
		return -EFAULT;
	return err;
}
