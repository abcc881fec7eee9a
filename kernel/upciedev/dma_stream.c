// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_DMA_START: frames flow by themselves
 *
 * A thread of the ring waits for a trigger, if there is one, and for a frame, has the engine
 * move it, and delivers it. It enters only while it moves a frame, so that the end of the
 * board waits for no trigger. Streams share no worker, since each may wait for hours.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "dma_ring.h"

/* How often its causes came, and when the last of them */
static u64 triggers(const struct upciedev_ring *ring, u64 *time_ns)
{
	const struct upciedev_board *board = ring->channel->board;
	u64 count = 0, time;
	u32 i;

	*time_ns = 0;
	for (i = 0; i < board->device->card->nr_irqs; i++) {
		if (!(ring->start.causes & BIT_ULL(i)))
			continue;
		count += atomic64_read_acquire(&board->causes[i].raised);
		time = READ_ONCE(board->causes[i].time_ns);
		*time_ns = max(*time_ns, time);
	}
	return count;
}

static bool stopped(const struct upciedev_ring *ring)
{
	return READ_ONCE(ring->stops) != ring->stops_before;
}

/* Why the stream ends; 0: it does not */
static int over(const struct upciedev_ring *ring)
{
	if (upciedev_gone(ring->channel->board))
		return -ENODEV;
	if (ring->peer_file && upciedev_gone(ring->peer.board))
		return -EHOSTDOWN;
	if (stopped(ring))
		return -ECANCELED;
	return upciedev_causes_stormed(ring->channel->board, ring->start.causes) ? -EOVERFLOW : 0;
}

static bool has_frame(struct upciedev_ring *ring)
{
	bool any;

	spin_lock(&ring->lock);
	any = ring->given_first != ring->given_end;
	spin_unlock(&ring->lock);
	return any;
}

static int wait_for_trigger(struct upciedev_ring *ring, u64 *time_ns, u32 *lost)
{
	u64 count;

	upciedev_causes_rearm(ring->channel->board, ring->start.causes);
	wait_event_interruptible(ring->channel->board->dma_wait,
				 triggers(ring, time_ns) != ring->triggers || over(ring));
	count = triggers(ring, time_ns);
	if (count == ring->triggers)
		return over(ring);
	*lost += count - ring->triggers - 1;
	ring->triggers = count;
	return over(ring);
}

/* With a trigger there must be a frame at that moment; else it is waited for */
static int next_frame(struct upciedev_ring *ring, u32 *index, u64 *time_ns, u32 *lost)
{
	int err = 0;

	*lost = 0;
	while (ring->start.causes) {
		err = wait_for_trigger(ring, time_ns, lost);
		if (err || upciedev_ring_next(ring, index))
			return err;
		++*lost;
	}
	wait_event_interruptible(ring->channel->board->dma_wait, has_frame(ring) || over(ring));
	err = over(ring);
	if (!err)
		upciedev_ring_next(ring, index);
	return err;
}

static int move_frame(struct upciedev_ring *ring, u32 index, u64 offset)
{
	struct upciedev_limit limit = upciedev_limit_in(ring->start.timeout_ms, &ring->stops);
	struct upciedev_board *board = ring->channel->board;
	struct upciedev_place place = ring->peer;
	struct upciedev_route route;
	u64 done = 0;
	int err;

	limit.cancels_before = ring->stops_before;
	if (ring->peer_file) {
		place.offset += index * ring->peer_step;
		return upciedev_peer_move(ring->channel, &place, offset, &limit, &route, &done);
	}
	err = upciedev_dma_enter(board);
	if (err)
		return err;
	err = upciedev_engine_move(ring->channel, &ring->memory[index], 0, ring->frame_length,
				   offset, &limit, &done);
	upciedev_dma_leave(board);
	return err;
}

/* What was not moved is the engine's, first of all */
static void keep_frame(struct upciedev_ring *ring, u32 index)
{
	spin_lock(&ring->lock);
	ring->given[--ring->given_first % ring->frames] = index;
	spin_unlock(&ring->lock);
}

static int flow(struct upciedev_ring *ring)
{
	const struct upciedev_dma_start *start = &ring->start;
	u64 offset = start->offset, number, time_ns;
	u32 index, lost;
	int err;

	for (number = 0; !start->count || number < start->count; number++) {
		err = next_frame(ring, &index, &time_ns, &lost);
		if (err)
			return err;
		err = move_frame(ring, index, offset);
		if (err) {
			keep_frame(ring, index);
			return err;
		}
		upciedev_ring_deliver(ring, index, start->causes ? time_ns : ktime_get_ns(), lost);
		offset += start->step;
	}
	return 0;
}

/* The claim is free before the state says so */
static void stream_end(struct upciedev_ring *ring, int error)
{
	upciedev_channel_end(ring->channel);
	upciedev_ring_state(ring, UPCIEDEV_DMA_ENDED, error);
}

static int stream_thread(void *data)
{
	struct upciedev_ring *ring = data;
	int err = flow(ring);

	stream_end(ring, err == -ECANCELED ? 0 : -err);
	return 0;
}

/*
 * Waits for the end of the thread. One that was stopped before it began never runs, and so
 * did not set the state. The caller holds channel->lock.
 */
static void stream_join(struct upciedev_ring *ring)
{
	if (!ring->thread)
		return;
	kthread_stop(ring->thread);
	put_task_struct(ring->thread);
	ring->thread = NULL;
	if (READ_ONCE(ring->state) == UPCIEDEV_DMA_RUNNING)
		stream_end(ring, 0);
}

/* The caller holds channel->lock */
static int stream_run(struct upciedev_ring *ring)
{
	struct pci_dev *pdev = ring->channel->board->device->pdev;
	struct task_struct *thread;

	thread = kthread_create(stream_thread, ring, "upciedev-dma/%s", pci_name(pdev));
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	ring->thread = get_task_struct(thread);
	upciedev_ring_state(ring, UPCIEDEV_DMA_RUNNING, 0);
	wake_up_process(thread);
	return 0;
}

static void drop_causes(struct upciedev_ring *ring)
{
	struct upciedev_board *board = ring->channel->board;

	mutex_lock(&board->device->lock);
	upciedev_causes_drop(board, ring->causes);	/* none once the board has left */
	ring->causes = 0;
	mutex_unlock(&board->device->lock);
}

static int hold_causes(struct upciedev_ring *ring, u64 causes)
{
	struct upciedev_board *board = ring->channel->board;
	int err = -ENODEV;

	mutex_lock(&board->device->lock);
	if (!list_empty(&ring->channel->node))
		err = upciedev_causes_hold(board, causes);
	if (!err)
		ring->causes = causes;
	mutex_unlock(&board->device->lock);
	return err;
}

static int start_check(const struct upciedev_channel *channel,
		       const struct upciedev_dma_start *start)
{
	u64 all = channel->board->device->card->nr_irqs;
	u64 length = channel->ring->frame_length, span;

	if (start->flags || start->reserved[0] || start->reserved[1] || !start->timeout_ms ||
	    start->timeout_ms > UPCIEDEV_DMA_MAX_MS || (start->step && !start->count))
		return -EINVAL;
	all = all ? GENMASK_ULL(all - 1, 0) : 0;
	if (start->causes & ~all || (start->causes && !channel->board->nr_vectors))
		return -EINVAL;
	if (check_mul_overflow(start->step, start->count ? start->count - 1 : 0, &span) ||
	    check_add_overflow(span, length, &span))
		return -ERANGE;
	if ((start->offset | start->step) & (channel->dma->alignment - 1))
		return -EINVAL;
	return upciedev_channel_check(channel, start->offset, span);
}

/* Counts as a write from here to stream_end() */
static int begin(struct upciedev_ring *ring, const struct upciedev_dma_start *what)
{
	u64 time_ns;
	int err;

	err = hold_causes(ring, what->causes);
	if (err)
		return err;
	ring->start = *what;
	ring->stops_before = ring->stops;
	ring->triggers = triggers(ring, &time_ns);
	err = stream_run(ring);
	if (err)
		drop_causes(ring);
	return err;
}

static int start(struct upciedev_channel *channel, const struct upciedev_dma_start *what)
{
	struct upciedev_ring *ring = channel->ring;
	int err;

	if (!ring)
		return -EINVAL;
	err = start_check(channel, what);
	if (err)
		return err;
	if (READ_ONCE(ring->state) == UPCIEDEV_DMA_RUNNING)
		return -EBUSY;
	stream_join(ring);	/* it has reported its end, and is about to return */
	drop_causes(ring);
	err = upciedev_channel_begin(channel);
	if (err)
		return err;
	err = begin(ring, what);
	if (err)
		upciedev_channel_end(channel);
	return err;
}

long upciedev_stream_start(struct upciedev_channel *channel, struct upciedev_dma_start __user *arg)
{
	struct upciedev_dma_start what;
	int err;

	if (copy_from_user(&what, arg, sizeof(what)))
		return -EFAULT;
	if (upciedev_gone(channel->board))
		return -ENODEV;
	if (mutex_lock_interruptible(&channel->lock))
		return -ERESTARTSYS;
	err = start(channel, &what);
	mutex_unlock(&channel->lock);
	return err;
}

long upciedev_stream_stop(struct upciedev_channel *channel)
{
	struct upciedev_ring *ring;

	mutex_lock(&channel->lock);
	ring = channel->ring;
	if (ring) {
		WRITE_ONCE(ring->stops, ring->stops + 1);
		wake_up_all(&channel->board->dma_wait);
		stream_join(ring);	/* an engine comes to rest soon */
		drop_causes(ring);
	}
	mutex_unlock(&channel->lock);
	return 0;
}
