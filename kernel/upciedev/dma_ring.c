// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_DMA_RING: frames that the kernel and a user share
 *
 * The pages are ordinary ones, inserted into the user's maps with references: removal
 * unmaps them for the board, and the user keeps them. What the kernel tells stands in a
 * head that users can only read and that the kernel only writes; nothing that a user can
 * write is ever taken for true.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "dma_ring.h"

#define MOST_PAGES	(INT_MAX / sizeof(struct page *))

static int ring_check(const struct upciedev_channel *channel, const struct upciedev_dma_ring *ring)
{
	if (ring->flags || ring->reserved[0] || ring->reserved[1])
		return -EINVAL;
	if (!ring->frames || ring->frames > UPCIEDEV_DMA_MAX_FRAMES || !ring->frame_length)
		return -EINVAL;
	if (ring->frame_length & (channel->dma->alignment - 1))
		return -EINVAL;
	if (ring->frame_length > INT_MAX ||
	    ring->frames * DIV_ROUND_UP(ring->frame_length, PAGE_SIZE) > MOST_PAGES)
		return -EINVAL;
	return 0;
}

static int map_frames(struct upciedev_ring *ring)
{
	enum dma_data_direction direction;
	u32 i, frames = ring->peer_file ? 0 : ring->frames;
	int err = 0;

	direction = upciedev_ring_takes(ring) ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
	for (i = 0; i < frames && !err; i++)
		err = upciedev_memory_map(ring->channel->board, &ring->memory[i],
					  &ring->pages[i * ring->frame_pages], ring->frame_pages,
					  0, ring->frame_length, direction);
	return err;
}

static void unmap_frames(struct upciedev_ring *ring)
{
	u32 i;

	for (i = 0; i < ring->frames; i++)
		upciedev_memory_unmap(ring->channel->board, &ring->memory[i]);
}

/* What an engine may still write to is never given back */
static void pages_put(struct upciedev_ring *ring)
{
	if (!ring->nr_pages || !upciedev_memory_safe(ring->channel->board))
		return;
	upciedev_pages_free(ring->pages, ring->nr_pages);
	upciedev_unlock_pages(&ring->locked, ring->nr_pages);
	upciedev_count(UPCIEDEV_COUNT_RING_PAGES, -(int)ring->nr_pages);
}

static void ring_free(struct upciedev_ring *ring)
{
	pages_put(ring);
	if (ring->peer_file)
		fput(ring->peer_file);
	kvfree(ring->pages);
	kvfree(ring->memory);
	kvfree(ring->held);
	kvfree(ring->given);
	vfree(ring->head);
	kfree(ring);
}

void upciedev_ring_free(struct upciedev_channel *channel)
{
	if (channel->ring)
		ring_free(channel->ring);
	channel->ring = NULL;
}

/* The caller holds the device's lock, and the stream is at rest */
void upciedev_ring_leave(struct upciedev_channel *channel)
{
	struct upciedev_ring *ring = channel->ring;

	lockdep_assert_held(&channel->board->device->lock);
	if (!ring)
		return;
	upciedev_causes_drop(channel->board, ring->causes);
	ring->causes = 0;
	unmap_frames(ring);
}

static int pages_get(struct upciedev_ring *ring)
{
	u64 count = (u64)ring->frames * ring->frame_pages;
	int err;

	err = upciedev_lock_pages(&ring->locked, count);
	if (err)
		return err;
	ring->pages = kvmalloc_array(count, sizeof(*ring->pages), GFP_KERNEL_ACCOUNT);
	err = -ENOMEM;
	if (ring->pages)
		err = upciedev_pages_alloc(ring->channel->board, ring->pages, count);
	if (err) {
		upciedev_unlock_pages(&ring->locked, count);
		return err;
	}
	ring->nr_pages = count;
	upciedev_count(UPCIEDEV_COUNT_RING_PAGES, count);
	return 0;
}

static int tables_get(struct upciedev_ring *ring)
{
	size_t head = sizeof(*ring->head) + ring->frames * sizeof(*ring->queue);

	ring->head_pages = DIV_ROUND_UP(head, PAGE_SIZE);
	/* As vmalloc_user(), but accounted; ring_fault() wants no VM_USERMAP */
	ring->head = __vmalloc(ring->head_pages * PAGE_SIZE, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	ring->memory = kvcalloc(ring->frames, sizeof(*ring->memory), GFP_KERNEL_ACCOUNT);
	ring->held = kvcalloc(ring->frames, sizeof(*ring->held), GFP_KERNEL_ACCOUNT);
	ring->given = kvcalloc(ring->frames, sizeof(*ring->given), GFP_KERNEL_ACCOUNT);
	if (!ring->head || !ring->memory || !ring->held || !ring->given)
		return -ENOMEM;
	ring->queue = (struct upciedev_dma_frame *)(ring->head + 1);
	return 0;
}

/* From the board all frames are the engine's at first, to the board the user's */
static void deal_frames(struct upciedev_ring *ring)
{
	u32 i;

	for (i = 0; i < ring->frames; i++) {
		ring->held[i] = upciedev_ring_takes(ring);
		ring->given[i] = i;
	}
	ring->given_end = upciedev_ring_takes(ring) ? 0 : ring->frames;
}

/* Without memory for the frames */
static struct upciedev_ring *ring_alloc(struct upciedev_channel *channel, u64 frame_length,
					u32 frames)
{
	struct upciedev_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	int err;

	if (!ring)
		return ERR_PTR(-ENOMEM);
	ring->channel = channel;
	ring->frame_length = frame_length;
	ring->frames = frames;
	spin_lock_init(&ring->lock);
	err = tables_get(ring);
	if (err) {
		ring_free(ring);
		return ERR_PTR(err);
	}
	deal_frames(ring);
	return ring;
}

/* Entered meanwhile, so that the end of the board finds all rings or none */
static int ring_attach(struct upciedev_channel *channel, struct upciedev_ring *ring)
{
	int err = upciedev_dma_enter(channel->board);

	if (err)
		return err;
	err = map_frames(ring);
	if (err)
		unmap_frames(ring);
	else
		/* Complete; see upciedev_ring_of() */
		smp_store_release(&channel->ring, ring);
	upciedev_dma_leave(channel->board);
	return err;
}

static int ring_make(struct upciedev_channel *channel, struct upciedev_dma_ring *what)
{
	struct upciedev_ring *ring;
	int err;

	if (channel->ring)
		return -EBUSY;
	ring = ring_alloc(channel, what->frame_length, what->frames);
	if (IS_ERR(ring))
		return PTR_ERR(ring);
	ring->frame_pages = DIV_ROUND_UP(what->frame_length, PAGE_SIZE);
	err = pages_get(ring);
	if (!err)
		err = ring_attach(channel, ring);
	if (err) {
		ring_free(ring);
		return err;
	}
	what->head_length = ring->head_pages * PAGE_SIZE;
	what->position = what->head_length;
	what->step = ring->frame_pages * PAGE_SIZE;
	return 0;
}

long upciedev_ring_create(struct upciedev_channel *channel, struct upciedev_dma_ring __user *arg)
{
	struct upciedev_dma_ring what;
	int err;

	if (copy_from_user(&what, arg, sizeof(what)))
		return -EFAULT;
	err = ring_check(channel, &what);
	if (err)
		return err;
	if (mutex_lock_interruptible(&channel->lock))
		return -ERESTARTSYS;
	err = ring_make(channel, &what);
	mutex_unlock(&channel->lock);
	if (err)
		return err;
	return copy_to_user(arg, &what, sizeof(what)) ? -EFAULT : 0;
}

static int peer_ring_check(const struct upciedev_channel *channel,
			   const struct upciedev_dma_peer_ring *ring)
{
	u64 mask = channel->dma->alignment - 1;

	if (ring->flags || ring->reserved[0] || ring->reserved[1] || !ring->frames ||
	    ring->frames > UPCIEDEV_DMA_MAX_FRAMES || ring->bar >= UPCIEDEV_NR_BARS ||
	    !ring->frame_length || ring->step < ring->frame_length ||
	    (ring->frame_length | ring->step | ring->peer_offset) & mask)
		return -EINVAL;
	return 0;
}

/* Are all frames in the window, and may users reach them? */
static int frames_check(const struct upciedev_channel *channel, const struct upciedev_ring *ring)
{
	u64 length = upciedev_bar_length(ring->peer.board, ring->peer.bar), span;
	struct upciedev_place frame = ring->peer;
	int err = 0;
	u32 i;

	if (!length)
		return -ENXIO;
	if (check_mul_overflow(ring->peer_step, (u64)ring->frames - 1, &span) ||
	    check_add_overflow(span, ring->frame_length, &span) ||
	    ring->peer.offset > length || span > length - ring->peer.offset)
		return -ERANGE;
	for (i = 0; i < ring->frames && !err; i++, frame.offset += ring->peer_step)
		err = upciedev_place_may(channel, &frame, false);
	return err;
}

/* Takes over @filp */
static struct upciedev_ring *peer_ring_alloc(struct upciedev_channel *channel,
					     const struct upciedev_dma_peer_ring *what,
					     struct file *filp)
{
	struct upciedev_ring *ring = ring_alloc(channel, what->frame_length, what->frames);
	struct upciedev_file *peer = filp->private_data;
	int err;

	if (IS_ERR(ring)) {
		fput(filp);
		return ring;
	}
	ring->peer_file = filp;
	ring->peer_step = what->step;
	ring->peer = (struct upciedev_place) {
		.board = peer->board, .file = peer, .path = UPCIEDEV_PATH_PEER_RING,
		.offset = what->peer_offset,
		.bar = array_index_nospec(what->bar, UPCIEDEV_NR_BARS),
		.length = what->frame_length,
	};
	err = frames_check(channel, ring);
	if (!err)
		return ring;
	ring_free(ring);
	return ERR_PTR(err);
}

static int peer_ring_make(struct upciedev_channel *channel, struct upciedev_dma_peer_ring *what,
			  struct file *filp)
{
	struct upciedev_ring *ring;
	int err;

	if (channel->ring) {
		fput(filp);
		return -EBUSY;
	}
	ring = peer_ring_alloc(channel, what, filp);
	if (IS_ERR(ring))
		return PTR_ERR(ring);
	err = ring_attach(channel, ring);
	if (err)
		ring_free(ring);
	else
		what->head_length = ring->head_pages * PAGE_SIZE;
	return err;
}

long upciedev_peer_ring_create(struct upciedev_channel *channel,
			       struct upciedev_dma_peer_ring __user *arg)
{
	struct upciedev_dma_peer_ring what;
	struct file *filp;
	int err;

	if (copy_from_user(&what, arg, sizeof(what)))
		return -EFAULT;
	err = peer_ring_check(channel, &what);
	if (err)
		return err;
	filp = upciedev_board_file(what.peer);
	if (IS_ERR(filp))
		return PTR_ERR(filp);
	if ((filp->f_mode & (FMODE_READ | FMODE_WRITE)) != (FMODE_READ | FMODE_WRITE)) {
		fput(filp);
		return -EBADF;
	}
	mutex_lock(&channel->lock);
	err = peer_ring_make(channel, &what, filp);
	mutex_unlock(&channel->lock);
	if (err)
		return err;
	return copy_to_user(arg, &what, sizeof(what)) ? -EFAULT : 0;
}

static vm_fault_t ring_fault(struct vm_fault *vmf)
{
	const struct upciedev_channel *channel = vmf->vma->vm_file->private_data;
	const struct upciedev_ring *ring = channel->ring;
	u64 index = vmf->pgoff;

	if (index < ring->head_pages)
		vmf->page = vmalloc_to_page((char *)ring->head + index * PAGE_SIZE);
	else if (index - ring->head_pages < ring->nr_pages)
		vmf->page = ring->pages[index - ring->head_pages];
	else
		return VM_FAULT_SIGBUS;
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct ring_vm_ops = {
	.fault	= ring_fault,
};

int upciedev_ring_mmap(struct upciedev_channel *channel, struct vm_area_struct *vma)
{
	const struct upciedev_ring *ring = upciedev_ring_of(channel);
	u64 pages = vma_pages(vma), total;

	if (!ring || !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	total = ring->head_pages + ring->nr_pages;
	if (vma->vm_pgoff > total || pages > total - vma->vm_pgoff)
		return -ERANGE;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	vm_flags_clear(vma, VM_MAYEXEC);
	if (vma->vm_pgoff < ring->head_pages) {
		if (vma->vm_flags & VM_WRITE)
			return -EPERM;
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &ring_vm_ops;
	return 0;
}

static int transfer(struct upciedev_ring *ring, struct upciedev_dma_transfer *what,
		    const struct upciedev_limit *limit)
{
	u64 step = (u64)ring->frame_pages * PAGE_SIZE;
	u64 frame, from;

	frame = div64_u64_rem(what->address, step, &from);
	if (frame >= ring->frames || from > ring->frame_length ||
	    what->length > ring->frame_length - from)
		return -ERANGE;
	if ((what->offset | what->length | from) & (ring->channel->dma->alignment - 1))
		return -EINVAL;
	frame = array_index_nospec(frame, ring->frames);
	return upciedev_engine_move(ring->channel, &ring->memory[frame], from, what->length,
				    what->offset, limit, &what->done);
}

/* A transfer inside one frame */
long upciedev_ring_transfer(struct upciedev_channel *channel, struct upciedev_dma_transfer *what)
{
	struct upciedev_limit limit = upciedev_limit_in(what->timeout_ms, &channel->cancels);
	struct upciedev_ring *ring = upciedev_ring_of(channel);
	int err;

	if (!ring || ring->peer_file)
		return -EINVAL;
	err = upciedev_dma_enter(channel->board);
	if (err)
		return err;
	err = transfer(ring, what, &limit);
	upciedev_dma_leave(channel->board);
	return err;
}
