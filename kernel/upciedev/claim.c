// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_CLAIM: one program writes, all others only read
 *
 * A claim is a number that is in force on the board as long as its lease, a file
 * of its own, is open. The files that carry the number may write. Numbers are
 * never used twice, so that a file may keep that of a claim that has ended.
 *
 * The maps of a file count as writable from the moment one of their pages might
 * have been written, until they are closed: what was handed out is not taken
 * back, hence a claim is refused while others hold such a map. It is refused as
 * well while DMA of others writes to the board: streams and transfers to its
 * memory, and peers that write into its windows.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

struct lease {
	struct upciedev_board *board;
	unsigned long number;	/* of the claim; 0: not in force yet */
};

static int lease_release(struct inode *inode, struct file *filp)
{
	struct lease *lease = filp->private_data;
	struct upciedev_board *board = lease->board;
	struct upciedev_device *device = board->device;

	mutex_lock(&device->lock);
	if (lease->number) {
		WRITE_ONCE(board->claim, 0);
		put_pid(board->holder);
		board->holder = NULL;
	}
	mutex_unlock(&device->lock);
	upciedev_board_put(board);
	kfree(lease);
	upciedev_count(UPCIEDEV_COUNT_LEASES, -1);
	return 0;
}

static __poll_t lease_poll(struct file *filp, struct poll_table_struct *table)
{
	struct lease *lease = filp->private_data;

	poll_wait(filp, &lease->board->wait, table);
	return upciedev_gone(lease->board) ? EPOLLERR | EPOLLHUP : 0;
}

static const struct file_operations lease_fops = {
	.owner		= THIS_MODULE,
	.release	= lease_release,
	.poll		= lease_poll,
	.llseek		= noop_llseek,
};

static struct file *lease_open(struct upciedev_board *board)
{
	struct lease *lease = kzalloc(sizeof(*lease), GFP_KERNEL_ACCOUNT);
	struct file *filp;

	if (!lease)
		return ERR_PTR(-ENOMEM);
	filp = anon_inode_getfile("[upciedev-lease]", &lease_fops, lease, O_RDONLY);
	if (IS_ERR(filp)) {
		kfree(lease);
		return filp;
	}
	lease->board = board;
	kref_get(&board->ref);
	upciedev_count(UPCIEDEV_COUNT_LEASES, 1);
	return filp;
}

static bool excluded(const struct upciedev_file *file)
{
	return !upciedev_gone(file->board) && !upciedev_may_write(file->board, file);
}

static bool writes(const struct upciedev_file *file, u32 state)
{
	return state == UPCIEDEV_CLAIM_MAPPED ? file->writable_maps : file->dma_writes;
}

/* Another file that might write by a map, or that writes by DMA: @state says which */
static const struct upciedev_file *other_writer(const struct upciedev_file *file, u32 state)
{
	const struct upciedev_file *other;

	list_for_each_entry(other, &file->device->files, node)
		if (other != file && other->board == file->board && writes(other, state))
			return other;
	return NULL;
}

/* DMA that a plugin has begun has no holder */
static int tell_writer(const struct upciedev_file *file, struct upciedev_claim *claim)
{
	const struct upciedev_file *writer;
	u32 state = UPCIEDEV_CLAIM_MAPPED;

	writer = other_writer(file, state);
	if (!writer) {
		state = UPCIEDEV_CLAIM_DMA;
		writer = other_writer(file, state);
	}
	if (!writer && !file->board->dma_writes)
		return 0;
	claim->state = state;
	claim->holder = writer ? pid_vnr(writer->opener) : 0;
	return -EBUSY;
}

/* Who keeps @file from taking the claim */
static int tell(struct upciedev_file *file, struct upciedev_claim *claim)
{
	const struct upciedev_board *board = file->board;

	lockdep_assert_held(&file->device->lock);
	claim->state = UPCIEDEV_CLAIM_FREE;
	claim->holder = 0;
	if (board->claim) {
		claim->state = excluded(file) ? UPCIEDEV_CLAIM_OTHER : UPCIEDEV_CLAIM_MINE;
		claim->holder = pid_vnr(board->holder);
		return -EBUSY;
	}
	return tell_writer(file, claim);
}

static int put_in_force(struct upciedev_file *file, struct lease *lease,
			struct upciedev_claim *claim)
{
	static atomic_long_t numbers = ATOMIC_LONG_INIT(0);
	struct upciedev_board *board = file->board;
	int err = -ENODEV;

	mutex_lock(&file->device->lock);
	if (file->device->board == board)
		err = tell(file, claim);
	if (!err) {
		lease->number = atomic_long_inc_return(&numbers);
		board->holder = get_pid(task_tgid(current));
		WRITE_ONCE(file->claim, lease->number);
		WRITE_ONCE(board->claim, lease->number);
		claim->state = UPCIEDEV_CLAIM_MINE;
		claim->holder = pid_vnr(board->holder);
	}
	mutex_unlock(&file->device->lock);
	/* Nobody else is in the middle of a write when this is over */
	if (!err)
		synchronize_srcu(&file->device->srcu);
	return err;
}

static long take(struct upciedev_file *file, struct upciedev_claim *claim,
		 struct upciedev_claim __user *arg)
{
	struct file *filp;
	int fd, err;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	filp = lease_open(file->board);
	if (IS_ERR(filp)) {
		put_unused_fd(fd);
		return PTR_ERR(filp);
	}
	err = put_in_force(file, filp->private_data, claim);
	claim->lease = err ? -1 : fd;
	if (copy_to_user(arg, claim, sizeof(*claim)))
		err = -EFAULT;
	if (err) {
		put_unused_fd(fd);
		fput(filp);
		return err;
	}
	fd_install(fd, filp);
	return 0;
}

static long join(struct upciedev_file *file, int fd)
{
	struct file *filp = fget(fd);
	const struct lease *lease;
	long err = -EINVAL;

	if (!filp)
		return -EBADF;
	lease = filp->private_data;
	if (filp->f_op == &lease_fops && lease->board == file->board) {
		WRITE_ONCE(file->claim, lease->number);
		err = 0;
	}
	fput(filp);
	return err;
}

static long query(struct upciedev_file *file, struct upciedev_claim *claim,
		  struct upciedev_claim __user *arg)
{
	mutex_lock(&file->device->lock);
	tell(file, claim);
	mutex_unlock(&file->device->lock);
	return copy_to_user(arg, claim, sizeof(*claim)) ? -EFAULT : 0;
}

long upciedev_claim(struct upciedev_file *file, struct upciedev_claim __user *arg)
{
	struct upciedev_claim claim;

	if (copy_from_user(&claim, arg, sizeof(claim)))
		return -EFAULT;
	if (claim.reserved[0] || claim.reserved[1])
		return -EINVAL;
	if (claim.op == UPCIEDEV_CLAIM_QUERY)
		return query(file, &claim, arg);
	if (claim.op != UPCIEDEV_CLAIM_TAKE && claim.op != UPCIEDEV_CLAIM_JOIN)
		return -EINVAL;
	if (!(file->filp->f_mode & FMODE_WRITE))
		return -EBADF;
	if (claim.op == UPCIEDEV_CLAIM_JOIN)
		return join(file, claim.lease);
	return take(file, &claim, arg);
}

/* A map of @file is about to become writable */
int upciedev_claim_map(struct upciedev_file *file)
{
	int err = 0;

	mutex_lock(&file->device->lock);
	if (excluded(file))
		err = -EBUSY;
	else
		file->writable_maps++;
	mutex_unlock(&file->device->lock);
	return err;
}

void upciedev_claim_unmap(struct upciedev_file *file)
{
	mutex_lock(&file->device->lock);
	file->writable_maps--;
	mutex_unlock(&file->device->lock);
}

/**
 * upciedev_claim_dma() - DMA is about to write to a board
 * @board: board
 * @file: of it, that has begun the DMA or named the window; NULL: a plugin, which has no
 *	part in any claim
 *
 * As long as it lasts nobody else takes the claim. On success end it with
 * upciedev_claim_dma_end().
 */
int upciedev_claim_dma(struct upciedev_board *board, struct upciedev_file *file)
{
	u32 *count = file ? &file->dma_writes : &board->dma_writes;
	int err = 0;

	mutex_lock(&board->device->lock);
	if (file ? excluded(file) : board->claim)
		err = -EBUSY;
	else
		++*count;
	mutex_unlock(&board->device->lock);
	return err;
}

void upciedev_claim_dma_end(struct upciedev_board *board, struct upciedev_file *file)
{
	u32 *count = file ? &file->dma_writes : &board->dma_writes;

	mutex_lock(&board->device->lock);
	--*count;
	mutex_unlock(&board->device->lock);
}
