// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_IRQ_OPEN: a subscriber, which has a cursor into the ring of each vector
 *
 * What a slow subscriber did not read in time is overwritten: it sees a step in the
 * sequence and the number of events lost. Subscribers do not know of each other. The ring is
 * there while it has a reader.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

#define MAX_FILES	128	/* subscriptions to a board, of all users together */

/* One vector of one subscriber */
struct upciedev_watch {
	struct list_head node;		/* vector->readers, under its lock */
	struct upciedev_irq_file *reader;
	u64 next;			/* sequence to read next */
};

struct upciedev_irq_file {
	struct upciedev_board *board;
	struct list_head node;		/* board->irq_files */
	kuid_t owner;
	struct eventfd_ctx *eventfd;
	struct wait_queue_head wait;
	struct mutex lock;		/* one read at a time, so that events come in order */
	u32 vectors;
	u64 causes;
	struct upciedev_watch watches[UPCIEDEV_MAX_VECTORS];
};

/* In the handler: the caller holds the vector's lock */
void upciedev_readers_wake(struct upciedev_vector *vector)
{
	struct upciedev_watch *watch;

	lockdep_assert_held(&vector->lock);
	list_for_each_entry(watch, &vector->readers, node) {
		wake_up_all(&watch->reader->wait);
		if (watch->reader->eventfd)
			upciedev_eventfd_signal(watch->reader->eventfd);
	}
}

/* A reader has come; the caller holds the device's lock, and the board is there */
static int ring_make(struct upciedev_vector *vector)
{
	struct upciedev_irq_event *ring;

	if (vector->ring)
		return 0;
	ring = kvcalloc(UPCIEDEV_RING_EVENTS, sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return -ENOMEM;
	upciedev_count(UPCIEDEV_COUNT_EVENT_RINGS, 1);
	spin_lock_irq(&vector->lock);
	vector->ring = ring;
	spin_unlock_irq(&vector->lock);
	return 0;
}

/* The last reader has left, or the board, whose events are not read any more */
void upciedev_event_ring_free(struct upciedev_vector *vector)
{
	struct upciedev_irq_event *ring;

	spin_lock_irq(&vector->lock);
	ring = vector->ring;
	vector->ring = NULL;
	spin_unlock_irq(&vector->lock);
	if (ring)
		upciedev_count(UPCIEDEV_COUNT_EVENT_RINGS, -1);
	kvfree(ring);
}

/* Copies the oldest event that is left, without taking it; false: none */
static bool peek(struct upciedev_irq_file *reader, u32 index, struct upciedev_irq_event *event)
{
	struct upciedev_vector *vector = &reader->board->vectors[index];
	u64 next = READ_ONCE(reader->watches[index].next), oldest;
	bool any;

	spin_lock_irq(&vector->lock);
	any = vector->ring && next != vector->head;
	if (any) {
		oldest = max_t(s64, 0, vector->head - UPCIEDEV_RING_EVENTS);
		oldest = max(oldest, next);
		*event = vector->ring[oldest & (UPCIEDEV_RING_EVENTS - 1)];
		event->lost = min_t(u64, oldest - next, U16_MAX);
	}
	spin_unlock_irq(&vector->lock);
	return any;
}

static bool oldest_event(struct upciedev_irq_file *reader, struct upciedev_irq_event *event)
{
	struct upciedev_irq_event other;
	bool any = false;
	u32 i;

	for (i = 0; i < reader->board->nr_vectors; i++) {
		if (!(reader->vectors & BIT(i)) || !peek(reader, i, &other))
			continue;
		if (!any || other.time_ns < event->time_ns)
			*event = other;
		any = true;
	}
	return any;
}

static bool pending(struct upciedev_irq_file *reader)
{
	struct upciedev_irq_event event;

	return oldest_event(reader, &event);
}

static ssize_t read_events(struct upciedev_irq_file *reader, char __user *user, size_t count)
{
	struct upciedev_irq_event event;
	struct upciedev_watch *watch;
	size_t done;

	for (done = 0; count - done >= sizeof(event); done += sizeof(event)) {
		if (!oldest_event(reader, &event))
			break;
		if (copy_to_user(user + done, &event, sizeof(event)))
			return done ?: -EFAULT;
		watch = &reader->watches[event.vector];
		atomic64_add(event.sequence - watch->next, &reader->board->device->lost);
		WRITE_ONCE(watch->next, event.sequence + 1);
	}
	return done;
}

static ssize_t irq_read(struct file *filp, char __user *user, size_t count, loff_t *ppos)
{
	struct upciedev_irq_file *reader = filp->private_data;
	struct upciedev_board *board = reader->board;
	ssize_t done;
	int err;

	if (count < sizeof(struct upciedev_irq_event))
		return -EINVAL;
	for (;;) {
		if (upciedev_gone(board))
			return -ENODEV;
		if (mutex_lock_interruptible(&reader->lock))
			return -ERESTARTSYS;
		done = read_events(reader, user, count);
		mutex_unlock(&reader->lock);
		if (done)
			return done;
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(reader->wait,
					       upciedev_gone(board) || pending(reader));
		if (err)
			return err;
	}
}

static __poll_t irq_poll(struct file *filp, struct poll_table_struct *table)
{
	struct upciedev_irq_file *reader = filp->private_data;

	poll_wait(filp, &reader->wait, table);
	if (upciedev_gone(reader->board))
		return EPOLLERR | EPOLLHUP;
	return pending(reader) ? EPOLLIN | EPOLLRDNORM : 0;
}

static long irq_ioctl(struct file *filp, unsigned int command, unsigned long arg)
{
	struct upciedev_irq_file *reader = filp->private_data;
	struct upciedev_board *board = reader->board;
	int err = 0;

	if (command != UPCIEDEV_IRQ_UNMASK)
		return -ENOTTY;
	if (arg >= board->nr_vectors)
		return -EINVAL;
	arg = array_index_nospec(arg, board->nr_vectors);
	if (!(reader->vectors & BIT(arg)))
		return -EINVAL;
	mutex_lock(&board->device->lock);
	if (board->device->board == board)
		upciedev_vector_unmask(&board->vectors[arg]);
	else
		err = -ENODEV;
	mutex_unlock(&board->device->lock);
	return err;
}

/* The caller holds the device's lock */
static void unwatch(struct upciedev_irq_file *reader)
{
	bool there = reader->board->device->board == reader->board;
	struct upciedev_vector *vector;
	u32 i;

	list_del(&reader->node);
	if (there)
		upciedev_causes_put(reader->board, reader->causes);
	for (i = 0; i < reader->board->nr_vectors; i++) {
		vector = &reader->board->vectors[i];
		if (!reader->watches[i].reader)
			continue;
		spin_lock_irq(&vector->lock);
		list_del(&reader->watches[i].node);
		spin_unlock_irq(&vector->lock);
		if (list_empty(&vector->readers))
			upciedev_event_ring_free(vector);
		if (there)
			upciedev_vector_put(vector);
	}
}

static void reader_free(struct upciedev_irq_file *reader)
{
	struct upciedev_device *device = reader->board->device;

	mutex_lock(&device->lock);
	unwatch(reader);
	mutex_unlock(&device->lock);
	if (reader->eventfd)
		eventfd_ctx_put(reader->eventfd);
	module_put(device->owner);
	upciedev_board_put(reader->board);
	kfree(reader);
	upciedev_count(UPCIEDEV_COUNT_IRQ_FILES, -1);
}

static int irq_release(struct inode *inode, struct file *filp)
{
	reader_free(filp->private_data);
	return 0;
}

static const struct file_operations irq_fops = {
	.owner		= THIS_MODULE,
	.release	= irq_release,
	.read		= irq_read,
	.poll		= irq_poll,
	.unlocked_ioctl	= irq_ioctl,
	.compat_ioctl	= irq_ioctl,
	.llseek		= noop_llseek,
};

/* The caller holds the device's lock */
static int watch(struct upciedev_irq_file *reader, u32 index)
{
	struct upciedev_vector *vector = &reader->board->vectors[index];
	struct upciedev_watch *watch = &reader->watches[index];
	int err = upciedev_vector_get(vector);

	if (err)
		return err;
	err = ring_make(vector);
	if (err) {
		upciedev_vector_put(vector);
		return err;
	}
	watch->reader = reader;
	spin_lock_irq(&vector->lock);
	watch->next = vector->head;
	list_add_tail(&watch->node, &vector->readers);
	spin_unlock_irq(&vector->lock);
	return 0;
}

/*
 * Each event wakes all who subscribe in the hard interrupt, so their number is limited. The
 * kernel's own listeners are not in the list. The caller holds the device's lock.
 */
static int admit(struct upciedev_irq_file *reader)
{
	struct upciedev_irq_file *other;
	u32 all = 0, mine = 0;

	list_for_each_entry(other, &reader->board->irq_files, node) {
		all++;
		mine += uid_eq(other->owner, reader->owner);
	}
	if (mine >= UPCIEDEV_IRQ_MAX_FILES || all >= MAX_FILES)
		return -ENOSPC;
	list_add_tail(&reader->node, &reader->board->irq_files);
	return 0;
}

static int watch_all(struct upciedev_irq_file *reader, u64 causes)
{
	struct upciedev_device *device = reader->board->device;
	int err = -ENODEV;
	u32 i;

	mutex_lock(&device->lock);
	if (device->board == reader->board)
		err = admit(reader);
	for (i = 0; !err && i < reader->board->nr_vectors; i++)
		if (reader->vectors & BIT(i))
			err = watch(reader, i);
	if (!err) {
		reader->causes = causes ?: upciedev_causes_of(reader->board, reader->vectors);
		upciedev_causes_get(reader->board, reader->causes);
	}
	mutex_unlock(&device->lock);
	return err;
}

/* The file that asks keeps the card's module until here */
static struct upciedev_irq_file *reader_create(struct upciedev_file *file,
					       const struct upciedev_irq_open *open)
{
	struct upciedev_irq_file *reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	struct eventfd_ctx *eventfd = NULL;
	int err;

	if (!reader)
		return ERR_PTR(-ENOMEM);
	if (open->eventfd != -1)
		eventfd = eventfd_ctx_fdget(open->eventfd);
	if (IS_ERR(eventfd)) {
		kfree(reader);
		return ERR_CAST(eventfd);
	}
	__module_get(file->device->owner);
	kref_get(&file->board->ref);
	upciedev_count(UPCIEDEV_COUNT_IRQ_FILES, 1);
	reader->board = file->board;
	INIT_LIST_HEAD(&reader->node);
	reader->owner = current_uid();
	reader->eventfd = eventfd;
	reader->vectors = open->vectors;
	mutex_init(&reader->lock);
	init_waitqueue_head(&reader->wait);
	err = watch_all(reader, open->causes);
	if (!err)
		return reader;
	reader_free(reader);
	return ERR_PTR(err);
}

static struct file *reader_open(struct upciedev_file *file, const struct upciedev_irq_open *open)
{
	struct upciedev_irq_file *reader = reader_create(file, open);
	int flags = O_RDONLY | (open->flags & UPCIEDEV_IRQ_NONBLOCK ? O_NONBLOCK : 0);
	struct file *filp;

	if (IS_ERR(reader))
		return ERR_CAST(reader);
	filp = anon_inode_getfile("[upciedev-irq]", &irq_fops, reader, flags);
	if (IS_ERR(filp))
		reader_free(reader);
	return filp;
}

static int open_check(const struct upciedev_board *board, const struct upciedev_irq_open *open)
{
	if (open->reserved || open->flags & ~UPCIEDEV_IRQ_NONBLOCK)
		return -EINVAL;
	if (!board->nr_vectors)
		return -EOPNOTSUPP;
	if (!open->vectors || open->vectors > GENMASK(board->nr_vectors - 1, 0))
		return -EINVAL;
	if (open->causes & ~upciedev_causes_of(board, open->vectors))
		return -EINVAL;
	return 0;
}

long upciedev_irq_open(struct upciedev_file *file, struct upciedev_irq_open __user *arg)
{
	struct upciedev_irq_open open;
	struct file *filp;
	int err, fd;

	if (copy_from_user(&open, arg, sizeof(open)))
		return -EFAULT;
	err = open_check(file->board, &open);
	if (err)
		return err;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	filp = reader_open(file, &open);
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

long upciedev_irq_info(struct upciedev_file *file, struct upciedev_irq_info __user *arg)
{
	struct upciedev_irq_info info;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.reserved32 || info.reserved[0] || info.reserved[1])
		return -EINVAL;
	info.kind = file->board->irq_kind;
	info.nr_vectors = file->board->nr_vectors;
	info.nr_causes = file->device->card->nr_irqs;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}
