// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_DMA_OPEN: a file for a channel
 *
 * Bus Master is on, and the interrupt that tells the end enabled, while a channel is open.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

long upciedev_dma_info(struct upciedev_file *file, struct upciedev_dma_info __user *arg)
{
	const struct upciedev_card *card = file->device->card;
	const struct upciedev_card_dma *dma;
	struct upciedev_dma_info info;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.size != sizeof(info) || info.channel >= card->nr_dmas)
		return -EINVAL;
	info.channel = array_index_nospec(info.channel, card->nr_dmas);
	dma = &card->dmas[info.channel];
	memset((void *)&info + offsetofend(typeof(info), channel), 0,
	       sizeof(info) - offsetofend(typeof(info), channel));
	info.flags = dma->flags & UPCIEDEV_DMA_TO_BOARD;
	if (dma->ops)
		info.flags |= UPCIEDEV_DMA_DESCRIPTORS;
	if (dma->nr_stop || (dma->ops && dma->ops->stop))
		info.flags |= UPCIEDEV_DMA_STOPPABLE;
	info.nr_channels = card->nr_dmas;
	info.alignment = dma->alignment;
	info.address_bits = dma->address_bits;
	info.max_length = round_down(dma->max_length, dma->alignment);
	info.memory = dma->memory;
	strscpy(info.name, dma->name, sizeof(info.name));
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Does the engine reach this stretch of the board's memory? */
int upciedev_channel_check(const struct upciedev_channel *channel, u64 offset, u64 length)
{
	const struct upciedev_card_dma *dma = channel->dma;
	u64 size = dma->memory ?: U64_MAX - dma->base;

	if (!length)
		return -EINVAL;
	if (offset > size || length > size - offset)
		return -ERANGE;
	if (dma->flags & UPCIEDEV_DMA_TO_BOARD && (offset | length) & (dma->alignment - 1))
		return -EINVAL;
	return 0;
}

static u64 causes_of(const struct upciedev_channel *channel)
{
	if (channel->dma->irq < 0 || !channel->board->nr_vectors)
		return 0;
	return BIT_ULL(channel->dma->irq);
}

/* A stream has a thread, so files are limited; those of plugins are not */
static bool quota_used_up(const struct upciedev_channel *channel)
{
	const struct upciedev_channel *other;
	u32 count = 0;

	lockdep_assert_held(&channel->board->device->lock);
	list_for_each_entry(other, &channel->board->channels, node)
		count += other->file && uid_eq(other->opener, channel->opener);
	return channel->file && count >= UPCIEDEV_DMA_MAX_FILES;
}

/* The caller holds the device's lock */
static int join(struct upciedev_channel *channel)
{
	struct upciedev_board *board = channel->board;
	int err;

	if (board->device->board != board)
		return -ENODEV;
	if (quota_used_up(channel))
		return -EDQUOT;
	err = upciedev_causes_hold(board, causes_of(channel));
	if (err)
		return err;
	upciedev_master_get(board->device);
	list_add(&channel->node, &board->channels);
	return 0;
}

/* The caller holds the device's lock; nothing happens the second time */
void upciedev_channel_leave(struct upciedev_channel *channel)
{
	lockdep_assert_held(&channel->board->device->lock);
	if (list_empty(&channel->node))
		return;
	list_del_init(&channel->node);
	upciedev_ring_leave(channel);
	upciedev_master_put(channel->board->device);
	upciedev_causes_drop(channel->board, causes_of(channel));
}

void upciedev_channel_free(struct upciedev_channel *channel)
{
	struct upciedev_device *device = channel->board->device;

	upciedev_stream_stop(channel);
	mutex_lock(&device->lock);
	upciedev_channel_leave(channel);
	mutex_unlock(&device->lock);
	upciedev_ring_free(channel);
	if (channel->board_file)
		fput(channel->board_file);
	kfree(channel);
	upciedev_count(UPCIEDEV_COUNT_CHANNELS, -1);
}

/* To the board it counts as a write; of a plugin no claim of its own board knows */
static bool counts_as_write(const struct upciedev_channel *channel)
{
	return channel->file && channel->dma->flags & UPCIEDEV_DMA_TO_BOARD;
}

/* A stream or a transfer begins; on success end it with upciedev_channel_end() */
int upciedev_channel_begin(struct upciedev_channel *channel)
{
	if (counts_as_write(channel))
		return upciedev_claim_dma(channel->board, channel->file);
	return upciedev_may_write(channel->board, channel->file) ? 0 : -EBUSY;
}

void upciedev_channel_end(struct upciedev_channel *channel)
{
	if (counts_as_write(channel))
		upciedev_claim_dma_end(channel->board, channel->file);
}

static int dma_release(struct inode *inode, struct file *filp)
{
	upciedev_channel_free(filp->private_data);
	return 0;
}

static __poll_t dma_poll(struct file *filp, struct poll_table_struct *table)
{
	struct upciedev_channel *channel = filp->private_data;

	poll_wait(filp, &channel->board->dma_wait, table);
	if (upciedev_gone(channel->board))
		return EPOLLERR | EPOLLHUP;
	return upciedev_ring_has_news(channel) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int dma_mmap(struct file *filp, struct vm_area_struct *vma)
{
	return upciedev_ring_mmap(filp->private_data, vma);
}

static long cancel(struct upciedev_channel *channel, unsigned long arg)
{
	if (arg)
		return -EINVAL;
	WRITE_ONCE(channel->cancels, channel->cancels + 1);
	wake_up_all(&channel->board->dma_wait);
	return 0;
}

static long dma_ioctl(struct file *filp, unsigned int command, unsigned long arg)
{
	struct upciedev_channel *channel = filp->private_data;
	void __user *user = (void __user *)arg;

	switch (command) {
	case UPCIEDEV_DMA_TRANSFER:
		return upciedev_dma_transfer(channel, user);
	case UPCIEDEV_DMA_CANCEL:
		return cancel(channel, arg);
	case UPCIEDEV_DMA_RING:
		return upciedev_ring_create(channel, user);
	case UPCIEDEV_DMA_START:
		return upciedev_stream_start(channel, user);
	case UPCIEDEV_DMA_STOP:
		return arg ? -EINVAL : upciedev_stream_stop(channel);
	case UPCIEDEV_DMA_EXCHANGE:
		return upciedev_ring_exchange(channel, user);
	case UPCIEDEV_DMA_PEER:
		return upciedev_dma_peer(channel, user);
	case UPCIEDEV_DMA_PEER_RING:
		return upciedev_peer_ring_create(channel, user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations dma_fops = {
	.owner		= THIS_MODULE,
	.release	= dma_release,
	.poll		= dma_poll,
	.mmap		= dma_mmap,
	.unlocked_ioctl	= dma_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

/**
 * upciedev_channel_create() - somebody uses a channel
 * @board: board
 * @number: channel that it has
 * @file: by which it is asked for; NULL: a plugin, which holds and has entered the board
 */
struct upciedev_channel *upciedev_channel_create(struct upciedev_board *board, u32 number,
						 struct upciedev_file *file)
{
	struct upciedev_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL_ACCOUNT);
	struct upciedev_device *device = board->device;
	int err;

	if (!channel)
		return ERR_PTR(-ENOMEM);
	channel->board_file = file ? get_file(file->filp) : NULL;
	channel->file = file;
	channel->opener = current_uid();
	channel->board = board;
	channel->dma = &device->card->dmas[number];
	channel->engine = upciedev_engine_of(board, number);
	INIT_LIST_HEAD(&channel->node);
	mutex_init(&channel->lock);
	upciedev_count(UPCIEDEV_COUNT_CHANNELS, 1);
	mutex_lock(&device->lock);
	err = join(channel);
	mutex_unlock(&device->lock);
	if (!err)
		return channel;
	upciedev_channel_free(channel);
	return ERR_PTR(err);
}

/* May it be used at all? @number exists */
int upciedev_channel_possible(const struct upciedev_board *board, u32 number)
{
	const struct upciedev_card_dma *dma = &board->device->card->dmas[number];
	bool visible = dma->busy.width || (dma->ops && dma->ops->running);

	/* Where only an interrupt reports the end, no other one may pass for it */
	if (!visible && !upciedev_cause_is_sure(board, dma->irq)) {
		dev_warn_ratelimited(&board->device->pdev->dev,
				     "DMA channel %s: only a vector of its own could report its end\n",
				     dma->name);
		return -EOPNOTSUPP;
	}
	return upciedev_may_master(board->device) ? 0 : -EOPNOTSUPP;
}

static int open_check(const struct upciedev_file *file, const struct upciedev_dma_open *open)
{
	const struct upciedev_card *card = file->device->card;

	if (open->flags || open->reserved32 || open->reserved[0] || open->reserved[1] ||
	    open->channel >= card->nr_dmas)
		return -EINVAL;
	if (!(file->filp->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!upciedev_may_write(file->board, file))
		return -EBUSY;
	return upciedev_channel_possible(file->board,
					 array_index_nospec(open->channel, card->nr_dmas));
}

static struct file *channel_open(struct upciedev_file *file, u32 number)
{
	struct upciedev_channel *channel = upciedev_channel_create(file->board, number, file);
	struct file *filp;

	if (IS_ERR(channel))
		return ERR_CAST(channel);
	filp = anon_inode_getfile("[upciedev-dma]", &dma_fops, channel, O_RDWR);
	if (IS_ERR(filp))
		upciedev_channel_free(channel);
	return filp;
}

long upciedev_dma_open(struct upciedev_file *file, struct upciedev_dma_open __user *arg)
{
	struct upciedev_dma_open open;
	struct file *filp;
	int err, fd;

	if (copy_from_user(&open, arg, sizeof(open)))
		return -EFAULT;
	err = open_check(file, &open);
	if (err)
		return err;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	filp = channel_open(file, array_index_nospec(open.channel, file->device->card->nr_dmas));
	if (IS_ERR(filp)) {
		put_unused_fd(fd);
		return PTR_ERR(filp);
	}
	if (put_user(fd, &arg->fd)) {
		put_unused_fd(fd);
		fput(filp);
		return -EFAULT;
	}
	fd_install(fd, filp);
	return 0;
}
