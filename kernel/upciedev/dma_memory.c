// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a board reaches: pages, how many of them a user may lock, and their mapping by
 * the DMA API
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

/* What the bounce buffers of swiotlb hold bounds a stretch */
static u32 longest_stretch(struct device *dev)
{
	size_t most = min_t(size_t, dma_max_mapping_size(dev), dma_get_max_seg_size(dev));

	return max_t(size_t, round_down(min_t(size_t, most, UINT_MAX), PAGE_SIZE), PAGE_SIZE);
}

static int map(struct upciedev_board *board, struct upciedev_memory *memory, struct page **pages,
	       u32 nr_pages, u32 offset, u64 length, enum dma_data_direction direction)
{
	struct device *dev = &board->device->pdev->dev;
	int err;

	err = sg_alloc_table_from_pages_segment(&memory->table, pages, nr_pages, offset, length,
						longest_stretch(dev), GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	err = dma_map_sgtable(dev, &memory->table, direction, 0);
	if (err) {
		sg_free_table(&memory->table);
		return err == -EINVAL || err == -EIO ? -ENOMEM : err;
	}
	memory->direction = direction;
	memory->mapped = true;
	return 0;
}

/* The caller has entered */
int upciedev_memory_map(struct upciedev_board *board, struct upciedev_memory *memory,
			struct page **pages, u32 nr_pages, u32 offset, u64 length,
			enum dma_data_direction direction)
{
	unsigned int flags = memalloc_noio_save();
	int err = map(board, memory, pages, nr_pages, offset, length, direction);

	memalloc_noio_restore(flags);
	return err;
}

/* Whether no engine may write any more to what was mapped for it */
bool upciedev_memory_safe(const struct upciedev_board *board)
{
	return !READ_ONCE(board->unsafe);
}

/*
 * What an engine may still write to stays mapped for ever. upciedev_engine_run() has given
 * the memory back to the CPU already: users own it since, and swiotlb must not copy the
 * board's bytes over theirs once more.
 */
void upciedev_memory_unmap(struct upciedev_board *board, struct upciedev_memory *memory)
{
	if (!memory->mapped || !upciedev_memory_safe(board))
		return;
	dma_unmap_sgtable(&board->device->pdev->dev, &memory->table, memory->direction,
			  DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(&memory->table);
	memory->mapped = false;
}

/*
 * Counts pages as locked by the calling user, within the process' RLIMIT_MEMLOCK. They are the
 * user's, not the process': files outlive the process and are passed on. @locked is empty, and
 * remains so where CAP_IPC_LOCK lifts the limit.
 */
int upciedev_lock_pages(struct upciedev_locked *locked, u64 pages)
{
	struct user_struct *user = current_user();
	u64 limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	long before = atomic_long_read(&user->locked_vm);

	if (capable(CAP_IPC_LOCK))
		return 0;
	do {
		if (pages > limit || before > limit - pages)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&user->locked_vm, &before, before + pages));
	locked->user = get_uid(user);
	locked->pages = pages;
	return 0;
}

/* Some or all of them */
void upciedev_unlock_pages(struct upciedev_locked *locked, u64 pages)
{
	if (!locked->user)
		return;
	atomic_long_sub(pages, &locked->user->locked_vm);
	locked->pages -= pages;
	if (locked->pages)
		return;
	free_uid(locked->user);
	locked->user = NULL;
}

void upciedev_pages_free(struct page **pages, u32 count)
{
	while (count)
		__free_page(pages[--count]);
}

/* The kernel helps engines of 32 bits and more, not those with fewer */
bool upciedev_reaches_all_memory(const struct upciedev_board *board)
{
	struct device *dev = &board->device->pdev->dev;
	u64 mask = dma_get_mask(dev);

	return mask >= DMA_BIT_MASK(32) || dma_get_required_mask(dev) <= mask;
}

/* As much together as can be had: each stretch costs a start of the engine */
static struct page *alloc_block(gfp_t flags, u32 order)
{
	flags |= __GFP_NOWARN | (order ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL);
	return alloc_pages(flags, order);
}

#define LARGEST_BLOCK	8	/* 1 MiB */

/* Pages of their own, so that users may keep some of them */
int upciedev_pages_alloc(const struct upciedev_board *board, struct page **pages, u32 count)
{
	u64 mask = dma_get_mask(&board->device->pdev->dev);
	gfp_t flags = GFP_KERNEL_ACCOUNT | __GFP_ZERO;
	u32 order = LARGEST_BLOCK, done = 0, i;
	struct page *block;

	if (count > si_mem_available())
		return -ENOMEM;
	if (!upciedev_reaches_all_memory(board))
		flags |= GFP_DMA;
	else if (mask <= DMA_BIT_MASK(32))
		flags |= GFP_DMA32;
	while (done < count) {
		order = min_t(u32, order, ilog2(count - done));
		block = alloc_block(flags, order);
		if (!block && !order) {
			upciedev_pages_free(pages, done);
			return -ENOMEM;
		}
		if (!block) {
			order--;
			continue;
		}
		if (order)
			split_page(block, order);
		for (i = 0; i < BIT(order); i++)
			pages[done++] = block + i;
	}
	return 0;
}
