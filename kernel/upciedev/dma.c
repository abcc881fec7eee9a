// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA in the life of a board: engines, turns, and who uses mapped memory
 *
 * Nobody holds a lock while an engine works. Who wants one waits for its turn, and
 * between entering and leaving memory is mapped for the board. When the board ends, all
 * waits end, those who have entered stop their engines and leave, and then the rings are
 * unmapped: from then on the board reaches no memory.
 */
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

static const struct upciedev_card_bits *trigger_of(const struct upciedev_card_dma *dma)
{
	return dma->nr_start ? &dma->start[dma->nr_start - 1].to : &dma->length;
}

/* As the card says, else those that are started by one register */
static bool same_engine(const struct upciedev_card_dma *one, const struct upciedev_card_dma *other)
{
	const struct upciedev_card_bits *mine = trigger_of(one), *theirs = trigger_of(other);

	if (one->engine || other->engine)
		return one->engine == other->engine;
	return mine->width && theirs->width && mine->bar == theirs->bar &&
	       mine->offset == theirs->offset;
}

/* That of the first channel that shares it */
static u32 engine_index(const struct upciedev_card *card, u32 channel)
{
	u32 i;

	for (i = 0; i < channel; i++)
		if (same_engine(&card->dmas[i], &card->dmas[channel]))
			break;
	return i;
}

struct upciedev_engine *upciedev_engine_of(const struct upciedev_board *board, u32 channel)
{
	return &board->engines[engine_index(board->device->card, channel)];
}

static int steps_check(const struct upciedev_device *device,
		       const struct upciedev_card_step *steps, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (!steps[i].to.width || upciedev_bits_check(device, &steps[i].to))
			return -EINVAL;
	return 0;
}

static int channel_check(const struct upciedev_device *device, const struct upciedev_card_dma *dma)
{
	if (upciedev_bits_check(device, &dma->host[0]) ||
	    upciedev_bits_check(device, &dma->host[1]) ||
	    upciedev_bits_check(device, &dma->board) ||
	    upciedev_bits_check(device, &dma->length) ||
	    upciedev_bits_check(device, &dma->busy) ||
	    upciedev_bits_check(device, &dma->error) ||
	    steps_check(device, dma->start, dma->nr_start) ||
	    steps_check(device, dma->stop, dma->nr_stop))
		return -EINVAL;
	if (dma->ops)
		return 0;
	return dma->host[0].width && dma->length.width ? 0 : -EINVAL;
}

static int set_masks(struct upciedev_device *device)
{
	const struct upciedev_card *card = device->card;
	u32 i, bits = 64;

	for (i = 0; i < card->nr_dmas; i++)
		bits = min(bits, card->dmas[i].address_bits);
	dma_set_max_seg_size(&device->pdev->dev, round_down(UINT_MAX, PAGE_SIZE));
	return dma_set_mask_and_coherent(&device->pdev->dev, DMA_BIT_MASK(bits));
}

/* At probe: do the registers of the card's engines exist? */
int upciedev_dma_check(const struct upciedev_device *device)
{
	const struct upciedev_card *card = device->card;
	u32 i;

	for (i = 0; i < card->nr_dmas; i++)
		if (channel_check(device, &card->dmas[i]))
			return dev_err_probe(&device->pdev->dev, -EINVAL,
					     "DMA channel '%s' has a register that %s has not\n",
					     card->dmas[i].name, card->name);
	return 0;
}

static int engine_begin(struct upciedev_board *board, u32 channel)
{
	const struct upciedev_card_dma *dma = &board->device->card->dmas[channel];
	u32 bytes = dma->ops ? dma->ops->descriptor_bytes : 0;
	struct upciedev_engine *engine;

	engine = upciedev_engine_of(board, channel);
	if (bytes <= engine->descriptor_bytes)
		return 0;
	if (engine->descriptors)	/* channels that share an engine differ in them */
		return -EINVAL;
	engine->descriptors = dma_alloc_coherent(&board->device->pdev->dev, bytes,
						 &engine->descriptors_at, GFP_KERNEL);
	engine->descriptor_bytes = engine->descriptors ? bytes : 0;
	return engine->descriptors ? 0 : -ENOMEM;
}

static void descriptors_free(struct upciedev_board *board)
{
	struct upciedev_engine *engine;

	for (engine = board->engines; engine < board->engines + board->device->card->nr_dmas;
	     engine++) {
		if (!engine->descriptors || !upciedev_memory_safe(board))
			continue;
		dma_free_coherent(&board->device->pdev->dev, engine->descriptor_bytes,
				  engine->descriptors, engine->descriptors_at);
		engine->descriptors = NULL;
	}
}

int upciedev_dma_begin(struct upciedev_board *board)
{
	u32 i, channels = board->device->card->nr_dmas;
	int err;

	if (!channels)
		return 0;
	err = set_masks(board->device);
	if (err)
		return err;
	board->engines = kcalloc(channels, sizeof(*board->engines), GFP_KERNEL);
	if (!board->engines)
		return -ENOMEM;
	for (i = 0; i < channels; i++) {
		board->engines[i].board = board;
		INIT_LIST_HEAD(&board->engines[i].turns);
	}
	for (i = 0; i < channels && !err; i++)
		err = engine_begin(board, i);
	if (err)
		descriptors_free(board);
	return err;
}

static bool all_left(struct upciedev_board *board)
{
	u32 users;

	spin_lock(&board->dma_lock);
	users = board->dma_users;
	spin_unlock(&board->dma_lock);
	return !users;
}

/* The board is marked as gone; waits only for engines to stop, which takes no long */
void upciedev_dma_end(struct upciedev_board *board)
{
	struct upciedev_device *device = board->device;
	struct upciedev_channel *channel, *next;

	spin_lock(&board->dma_lock);
	board->dma_ended = true;
	spin_unlock(&board->dma_lock);
	wake_up_all(&board->dma_wait);
	upciedev_peers_wake();
	wait_event(board->dma_wait, all_left(board));
	mutex_lock(&device->lock);
	list_for_each_entry_safe(channel, next, &board->channels, node)
		upciedev_channel_leave(channel);
	mutex_unlock(&device->lock);
	if (board->engines)
		descriptors_free(board);
}

void upciedev_dma_free(struct upciedev_board *board)
{
	kfree(board->engines);
}

/* From here to upciedev_dma_leave() memory may be mapped; do not wait for users meanwhile */
int upciedev_dma_enter(struct upciedev_board *board)
{
	bool ended;

	spin_lock(&board->dma_lock);
	ended = board->dma_ended || upciedev_gone(board);
	if (!ended)
		board->dma_users++;
	spin_unlock(&board->dma_lock);
	return ended ? -ENODEV : 0;
}

void upciedev_dma_leave(struct upciedev_board *board)
{
	spin_lock(&board->dma_lock);
	board->dma_users--;
	spin_unlock(&board->dma_lock);
	wake_up_all(&board->dma_wait);
}

struct upciedev_limit upciedev_limit_in(u32 timeout_ms, const u32 *cancels)
{
	return (struct upciedev_limit) {
		.deadline = jiffies + msecs_to_jiffies(timeout_ms) + 1,
		.cancels = cancels,
		.cancels_before = READ_ONCE(*cancels),
	};
}

long upciedev_limit_left(const struct upciedev_limit *limit)
{
	long left = limit->deadline - jiffies;

	return max(left, 0L);
}

/* 0 as long as nothing ends the wait */
int upciedev_limit_check(struct upciedev_board *board, const struct upciedev_limit *limit)
{
	if (upciedev_gone(board))
		return -ENODEV;
	if (limit->peer && upciedev_gone(limit->peer))
		return -EHOSTDOWN;
	if (READ_ONCE(*limit->cancels) != limit->cancels_before)
		return -ECANCELED;
	if (signal_pending(current))
		return -ERESTARTNOHAND;	/* EINTR, or all of it again if nobody handles it */
	return upciedev_limit_left(limit) ? 0 : -ETIMEDOUT;
}

static bool is_first(const struct upciedev_engine *engine, const struct upciedev_turn *turn)
{
	bool first;

	spin_lock(&engine->board->dma_lock);
	first = list_is_first(&turn->node, &engine->turns);
	spin_unlock(&engine->board->dma_lock);
	return first;
}

/* In the order of their coming. On success end it with upciedev_turn_end() */
int upciedev_turn_take(struct upciedev_engine *engine, struct upciedev_turn *turn,
		       const struct upciedev_limit *limit)
{
	struct upciedev_board *board = engine->board;
	int err = 0;

	spin_lock(&board->dma_lock);
	list_add_tail(&turn->node, &engine->turns);
	spin_unlock(&board->dma_lock);
	while (!is_first(engine, turn)) {
		err = upciedev_limit_check(board, limit);
		if (err) {
			upciedev_turn_end(engine, turn);
			return err;
		}
		wait_event_interruptible_timeout(board->dma_wait,
						 is_first(engine, turn) ||
						 upciedev_limit_check(board, limit),
						 upciedev_limit_left(limit));
	}
	return 0;
}

void upciedev_turn_end(struct upciedev_engine *engine, struct upciedev_turn *turn)
{
	spin_lock(&engine->board->dma_lock);
	list_del(&turn->node);
	spin_unlock(&engine->board->dma_lock);
	wake_up_all(&engine->board->dma_wait);
}

struct upciedev_board *upciedev_engine_board(const struct upciedev_engine *engine)
{
	return engine->board;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_engine_board);

const struct upciedev_card_dma *upciedev_engine_dma(const struct upciedev_engine *engine)
{
	return engine->dma;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_engine_dma);

void *upciedev_engine_descriptors(const struct upciedev_engine *engine, u64 *address)
{
	*address = engine->descriptors_at;
	return engine->descriptors;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_engine_descriptors);
