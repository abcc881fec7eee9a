// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of a ring go round: given to the engine, delivered to the user
 */
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "dma_ring.h"

/* The oldest frame that was given to the engine; false: there is none */
bool upciedev_ring_next(struct upciedev_ring *ring, u32 *index)
{
	bool any;

	spin_lock(&ring->lock);
	any = ring->given_first != ring->given_end;
	if (any)
		*index = ring->given[ring->given_first++ % ring->frames];
	spin_unlock(&ring->lock);
	return any;
}

/* The frame is the user's from now on */
void upciedev_ring_deliver(struct upciedev_ring *ring, u32 index, u64 time_ns, u32 lost)
{
	struct upciedev_dma_frame *entry;

	spin_lock(&ring->lock);
	entry = &ring->queue[ring->ready % ring->frames];
	ring->lost += lost;
	ring->sequence += lost;
	entry->sequence = ring->sequence++;
	entry->time_ns = time_ns;
	entry->length = ring->frame_length;
	entry->index = index;
	entry->lost = lost;
	ring->held[index] = true;
	ring->ready++;
	WRITE_ONCE(ring->head->lost, ring->lost);
	/* After the entry; users read it before */
	smp_store_release(&ring->head->ready, ring->ready);
	spin_unlock(&ring->lock);
	wake_up_all(&ring->channel->board->dma_wait);
}

void upciedev_ring_state(struct upciedev_ring *ring, u32 state, int error)
{
	spin_lock(&ring->lock);
	ring->state = state;
	ring->error = error;
	WRITE_ONCE(ring->head->error, error);
	/* After the error; users read it before */
	smp_store_release(&ring->head->state, state);
	spin_unlock(&ring->lock);
	wake_up_all(&ring->channel->board->dma_wait);
}

static bool has_news(struct upciedev_ring *ring, u64 seen)
{
	bool news;

	spin_lock(&ring->lock);
	news = ring->ready > seen || ring->state == UPCIEDEV_DMA_ENDED;
	spin_unlock(&ring->lock);
	return news;
}

bool upciedev_ring_has_news(const struct upciedev_channel *channel)
{
	struct upciedev_ring *ring = upciedev_ring_of(channel);

	return ring && has_news(ring, READ_ONCE(ring->seen));
}

static int give(struct upciedev_ring *ring, u32 index)
{
	int err = -EINVAL;

	if (index >= ring->frames)
		return err;
	index = array_index_nospec(index, ring->frames);
	spin_lock(&ring->lock);
	if (ring->held[index]) {
		ring->held[index] = false;
		ring->given[ring->given_end++ % ring->frames] = index;
		err = 0;
	}
	spin_unlock(&ring->lock);
	return err;
}

static int give_all(struct upciedev_ring *ring, const struct upciedev_dma_exchange *what)
{
	const u32 __user *indices = u64_to_user_ptr(what->indices);
	u32 i, index;
	int err = 0;

	for (i = 0; i < what->count && !err; i++)
		err = get_user(index, indices + i) ? -EFAULT : give(ring, index);
	if (what->count)
		wake_up_all(&ring->channel->board->dma_wait);
	return err;
}

/* Why there is no frame, when no wait is left: what ended the stream, before all */
static int no_frame(struct upciedev_ring *ring, u64 seen)
{
	int err;

	spin_lock(&ring->lock);
	if (ring->ready > seen)
		err = 0;
	else if (ring->state == UPCIEDEV_DMA_ENDED)
		err = -ring->error ?: -ENODATA;
	else
		err = upciedev_gone(ring->channel->board) ? -ENODEV : -ETIMEDOUT;
	spin_unlock(&ring->lock);
	return err;
}

/* A stream that runs when the board goes soon tells its end */
static bool nothing_comes(const struct upciedev_ring *ring)
{
	return upciedev_gone(ring->channel->board) &&
	       READ_ONCE(ring->state) != UPCIEDEV_DMA_RUNNING;
}

static int wait_for_frame(struct upciedev_ring *ring, const struct upciedev_dma_exchange *what)
{
	struct upciedev_board *board = ring->channel->board;
	long left;

	left = wait_event_interruptible_timeout(board->dma_wait,
						has_news(ring, what->seen) || nothing_comes(ring),
						msecs_to_jiffies(what->timeout_ms));
	if (left >= 0)
		return no_frame(ring, what->seen);
	return what->count ? -EINTR : -ERESTARTNOHAND;	/* what was given was given */
}

long upciedev_ring_exchange(struct upciedev_channel *channel,
			    struct upciedev_dma_exchange __user *arg)
{
	struct upciedev_ring *ring = upciedev_ring_of(channel);
	struct upciedev_dma_exchange what;
	int err;

	if (copy_from_user(&what, arg, sizeof(what)))
		return -EFAULT;
	if (!ring || what.reserved[0] || what.reserved[1] ||
	    what.count > UPCIEDEV_DMA_MAX_FRAMES || what.timeout_ms > UPCIEDEV_DMA_MAX_MS)
		return -EINVAL;
	err = give_all(ring, &what);
	if (err)
		return err;
	WRITE_ONCE(ring->seen, what.seen);
	return what.timeout_ms ? wait_for_frame(ring, &what) : 0;
}
