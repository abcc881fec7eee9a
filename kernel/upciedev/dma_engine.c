// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine at work: start, wait, and in any case bring it to rest
 *
 * Most engines of FPGA boards are a few registers, which the card's tables name. When
 * upciedev_engine_run() returns, the engine does not touch the memory any more.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

#define STOP_MS		250	/* an engine has so long to come to rest */
#define LOOK_MS		20	/* for interrupts get lost */
#define MAX_PIECES	512

static u64 swapped(u64 value, const struct upciedev_card_bits *bits)
{
	if (!(bits->flags & UPCIEDEV_BITS_BIG))
		return value;
	return swab64(value) >> (64 - bits->width);
}

/* @value stands in the place of the bits */
static int put(struct upciedev_board *board, const struct upciedev_card_bits *bits, u64 value)
{
	u64 old;

	if (!bits->width)
		return 0;
	if (bits->mask == GENMASK_ULL(bits->width - 1, 0))
		return upciedev_write(board, bits->bar, bits->offset, bits->width,
				      swapped(value, bits));
	return upciedev_modify(board, bits->bar, bits->offset, bits->width,
			       swapped(bits->mask, bits), swapped(value, bits), &old);
}

static int put_number(struct upciedev_board *board, const struct upciedev_card_bits *bits,
		      u64 number)
{
	u32 shift;

	if (!bits->width)
		return 0;
	shift = __ffs64(bits->mask);
	if (number > bits->mask >> shift)
		return -ERANGE;
	return put(board, bits, number << shift);
}

static u64 get(struct upciedev_board *board, const struct upciedev_card_bits *bits)
{
	u64 value;

	if (upciedev_read(board, bits->bar, bits->offset, bits->width, &value))
		return bits->mask;
	return swapped(value, bits) & bits->mask;
}

static int put_all(struct upciedev_board *board, const struct upciedev_card_step *steps, u32 count)
{
	int err = 0;
	u32 i;

	for (i = 0; i < count && !err; i++)
		err = put(board, &steps[i].to, steps[i].value);
	return err;
}

static int put_host(struct upciedev_board *board, const struct upciedev_card_dma *dma, u64 address)
{
	u32 low;
	int err;

	if (!dma->host[1].width)
		return put_number(board, &dma->host[0], address);
	low = hweight64(dma->host[0].mask);
	err = put_number(board, &dma->host[0], address & GENMASK_ULL(low - 1, 0));
	return err ?: put_number(board, &dma->host[1], low < 64 ? address >> low : 0);
}

static int start(struct upciedev_engine *engine, const struct upciedev_dma_piece *pieces,
		 u32 count)
{
	struct upciedev_board *board = engine->board;
	const struct upciedev_card_dma *dma = engine->dma;
	int err;

	if (dma->ops)
		return dma->ops->start(engine, pieces, count);
	err = put_host(board, dma, pieces->host);
	if (!err)
		err = put_number(board, &dma->board, pieces->board);
	if (!err)
		err = put_number(board, &dma->length, pieces->length);
	return err ?: put_all(board, dma->start, dma->nr_start);
}

static u64 interrupts(const struct upciedev_engine *engine)
{
	if (engine->dma->irq < 0 || !engine->board->nr_vectors)
		return 0;
	return atomic64_read(&engine->board->causes[engine->dma->irq].raised);
}

/* @before: interrupts when it was started */
static bool at_rest(struct upciedev_engine *engine, u64 before)
{
	const struct upciedev_card_dma *dma = engine->dma;

	if (dma->ops && dma->ops->running)
		return !dma->ops->running(engine);
	if (dma->busy.width)
		return !get(engine->board, &dma->busy);
	return interrupts(engine) != before;
}

/* Its end would not be reported, since a storm of its interrupts was stopped */
static bool is_deaf(const struct upciedev_engine *engine)
{
	const struct upciedev_card_dma *dma = engine->dma;

	return !dma->busy.width && !(dma->ops && dma->ops->running) &&
	       upciedev_causes_stormed(engine->board, BIT_ULL(dma->irq));
}

static void pause(struct upciedev_engine *engine, u64 seen, u32 round,
		  const struct upciedev_limit *limit)
{
	struct upciedev_board *board = engine->board;
	u32 delay_us = min(5U << min(round, 8U), 1000U);

	if (engine->dma->irq < 0 || !board->nr_vectors) {
		usleep_range(delay_us, 2 * delay_us);
		return;
	}
	wait_event_interruptible_timeout(board->dma_wait,
					 interrupts(engine) != seen ||
					 upciedev_limit_check(board, limit),
					 min_t(long, upciedev_limit_left(limit),
					       msecs_to_jiffies(LOOK_MS)));
}

static int wait_for_end(struct upciedev_engine *engine, u64 before,
			const struct upciedev_limit *limit)
{
	struct upciedev_board *board = engine->board;
	u32 round;
	u64 seen;
	int err;

	for (round = 0;; round++) {
		seen = interrupts(engine);
		err = upciedev_limit_check(board, limit);
		if (at_rest(engine, before))
			break;
		if (err)
			return err;
		pause(engine, seen, round, limit);
	}
	if (upciedev_gone(board))
		return -ENODEV;
	if (!engine->dma->error.width || !get(board, &engine->dma->error))
		return 0;
	/* A board that was pulled answers with ones, which are no error of its engine */
	return pci_device_is_present(board->device->pdev) ? -EIO : -ENODEV;
}

/* Not heard from it any more: nobody may get the memory back before it is harmless */
static void cut_off(struct upciedev_engine *engine)
{
	struct upciedev_board *board = engine->board;
	struct pci_dev *pdev = board->device->pdev;

	pci_warn(pdev, "DMA channel %s does not stop: cut off from the bus\n", engine->dma->name);
	if (!upciedev_cut_off(board->device)) {
		WRITE_ONCE(board->unsafe, true);
		pci_err(pdev, "still reaches memory, which is not given back\n");
	}
	upciedev_board_fail(board);
}

static void bring_to_rest(struct upciedev_engine *engine, u64 before)
{
	const struct upciedev_card_dma *dma = engine->dma;
	unsigned long end = jiffies + msecs_to_jiffies(STOP_MS);

	if (!pci_device_is_present(engine->board->device->pdev))
		return;
	if (dma->ops && dma->ops->stop)
		dma->ops->stop(engine);
	else
		put_all(engine->board, dma->stop, dma->nr_stop);
	while (!at_rest(engine, before)) {
		if (time_after(jiffies, end)) {
			cut_off(engine);
			return;
		}
		usleep_range(200, 1000);
	}
}

static int run(struct upciedev_engine *engine, const struct upciedev_dma_piece *pieces, u32 count,
	       const struct upciedev_limit *limit)
{
	u64 before = interrupts(engine);
	int err = upciedev_limit_check(engine->board, limit);

	if (err)
		return err;
	if (is_deaf(engine))
		return -EOVERFLOW;
	err = start(engine, pieces, count);
	/* The tables refuse a number that their registers cannot take before they start anything */
	if (err == -ERANGE && !engine->dma->ops)
		return err;
	if (!err && engine->dma->irq >= 0)
		upciedev_causes_rearm(engine->board, BIT_ULL(engine->dma->irq));
	if (!err)
		err = wait_for_end(engine, before, limit);
	if (err)
		bring_to_rest(engine, before);
	return err;
}

/* Where a walk through mapped memory stands */
struct walk {
	struct scatterlist *sg;	/* NULL: a peer's window */
	u64 address;		/* of the stretch */
	u64 length;
	u64 skip;		/* bytes of it that are behind */
	u64 board;
	u64 left;
};

static void enter_stretch(struct walk *walk, struct scatterlist *sg)
{
	walk->sg = sg;
	if (!sg)
		return;
	walk->address = sg_dma_address(sg);
	walk->length = sg_dma_len(sg);
}

static struct walk walk_from(struct upciedev_memory *memory, u64 from, u64 length, u64 board)
{
	struct walk walk = {
		.address = memory->address, .length = memory->length,
		.skip = from, .board = board, .left = length,
	};

	enter_stretch(&walk, memory->table.sgl);
	for (; walk.sg && walk.skip >= walk.length; enter_stretch(&walk, sg_next(walk.sg)))
		walk.skip -= walk.length;
	return walk;
}

/* @limit: bytes; of one start, a multiple of the alignment */
static u64 next_piece(struct walk *walk, u64 limit, struct upciedev_dma_piece *piece)
{
	piece->host = walk->address + walk->skip;
	piece->board = walk->board;
	piece->length = min3(walk->length - walk->skip, walk->left, limit);
	walk->skip += piece->length;
	walk->board += piece->length;
	walk->left -= piece->length;
	if (walk->sg && walk->skip == walk->length) {
		enter_stretch(walk, sg_next(walk->sg));
		walk->skip = 0;
	}
	return piece->length;
}

/*
 * Only what moves: the rest of a frame is the user's. In steps of a page, for what an IOMMU
 * made one stretch need not be one in memory.
 */
static void sync(struct device *dev, struct walk walk, enum dma_data_direction direction,
		 bool for_cpu)
{
	struct upciedev_dma_piece piece;

	while (walk.sg && walk.left) {
		next_piece(&walk, PAGE_SIZE - offset_in_page(walk.address + walk.skip), &piece);
		if (for_cpu)
			dma_sync_single_for_cpu(dev, piece.host, piece.length, direction);
		else
			dma_sync_single_for_device(dev, piece.host, piece.length, direction);
	}
}

static struct upciedev_dma_piece *pieces_alloc(u32 count)
{
	return kvmalloc_array(count, sizeof(struct upciedev_dma_piece), GFP_NOIO);
}

static int move(struct upciedev_engine *engine, struct walk *walk,
		const struct upciedev_limit *limit, u64 *done)
{
	const struct upciedev_card_dma *dma = engine->dma;
	u32 most = dma->ops ? min_t(u32, dma->ops->max_pieces, MAX_PIECES) : 1;
	struct upciedev_dma_piece one, *pieces = &one;
	u32 count;
	int err = 0;
	u64 bytes;

	if (most > 1)
		pieces = pieces_alloc(most);
	if (!pieces)
		return -ENOMEM;
	while (walk->left && !err) {
		bytes = 0;
		for (count = 0; count < most && walk->left; count++)
			bytes += next_piece(walk, round_down(dma->max_length, dma->alignment),
					    &pieces[count]);
		err = run(engine, pieces, count, limit);
		*done += err ? 0 : bytes;
	}
	if (pieces != &one)
		kvfree(pieces);
	return err;
}

/**
 * upciedev_engine_run() - move a stretch of mapped memory
 * @channel: channel, whose engine's turn the caller has
 * @memory: mapped; the caller has entered
 * @from: first byte in it
 * @length: bytes
 * @offset: first byte in the board's memory
 * @limit: what ends it
 * @done: grows by the bytes that were moved, also on error
 */
int upciedev_engine_run(struct upciedev_channel *channel, struct upciedev_memory *memory,
			u64 from, u64 length, u64 offset,
			const struct upciedev_limit *limit, u64 *done)
{
	const struct walk all = walk_from(memory, from, length, channel->dma->base + offset);
	struct device *dev = &channel->board->device->pdev->dev;
	struct upciedev_engine *engine = channel->engine;
	struct walk walk = all;
	int err;

	engine->dma = channel->dma;
	sync(dev, all, memory->direction, false);
	err = move(engine, &walk, limit, done);
	if (upciedev_memory_safe(channel->board))
		sync(dev, all, memory->direction, true);
	return err;
}

/* As upciedev_engine_run(), of memory that stays mapped anyway: waits for the turn first */
int upciedev_engine_move(struct upciedev_channel *channel, struct upciedev_memory *memory,
			 u64 from, u64 length, u64 offset,
			 const struct upciedev_limit *limit, u64 *done)
{
	struct upciedev_turn turn;
	int err;

	err = upciedev_turn_take(channel->engine, &turn, limit);
	if (err)
		return err;
	err = upciedev_engine_run(channel, memory, from, length, offset, limit, done);
	upciedev_turn_end(channel->engine, &turn);
	return err;
}
