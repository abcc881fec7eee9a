/* SPDX-License-Identifier: GPL-2.0-only */
/* What dma_ring.c, the frames, and dma_stream.c, which moves them, share */
#ifndef UPCIEDEV_DMA_RING_H
#define UPCIEDEV_DMA_RING_H

#include "internal.h"

struct upciedev_ring {
	struct upciedev_channel *channel;
	struct upciedev_locked locked;
	u64 frame_length;
	u32 frames;
	u32 frame_pages;
	u32 head_pages;
	u64 nr_pages;
	struct page **pages;
	struct upciedev_memory *memory;		/* of each frame */
	struct file *peer_file;			/* or all are in its board */
	struct upciedev_place peer;		/* the first frame */
	u64 peer_step;
	struct upciedev_dma_head *head;		/* users map it and the queue behind it */
	struct upciedev_dma_frame *queue;

	spinlock_t lock;			/* all that follows, and *@head */
	bool *held;				/* of each frame: by the user */
	u32 *given;				/* frames for the engine, in order */
	u64 given_first;
	u64 given_end;
	u64 ready;
	u64 seen;				/* by the user, as far as we were told */
	u64 sequence;
	u64 lost;
	u32 state;				/* UPCIEDEV_DMA_*, as in the head */
	int error;

	/* Of the stream; channel->lock while it does not run */
	struct task_struct *thread;		/* until it is joined; channel->lock */
	struct upciedev_dma_start start;
	u64 causes;				/* held; device->lock */
	u64 triggers;				/* taken so far */
	u32 stops;				/* grows with each stop */
	u32 stops_before;
};

static inline bool upciedev_ring_takes(const struct upciedev_ring *ring)
{
	return ring->channel->dma->flags & UPCIEDEV_DMA_TO_BOARD;
}

/* Once there it stays, so that its users need no lock */
static inline struct upciedev_ring *
upciedev_ring_of(const struct upciedev_channel *channel)
{
	/* Pairs with ring_attach() */
	return smp_load_acquire(&channel->ring);
}

/* dma_frames.c */
bool upciedev_ring_next(struct upciedev_ring *ring, u32 *index);
void upciedev_ring_deliver(struct upciedev_ring *ring, u32 index, u64 time_ns, u32 lost);
void upciedev_ring_state(struct upciedev_ring *ring, u32 state, int error);

#endif /* UPCIEDEV_DMA_RING_H */
