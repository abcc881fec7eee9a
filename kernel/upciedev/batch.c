// SPDX-License-Identifier: GPL-2.0-only
/*
 * UPCIEDEV_BATCH: operations in order, up to the first that fails
 *
 * Operations are copied in by chunks and their values copied out one by one, so
 * that a batch without reads may lie in read-only memory. Nothing is held while
 * copying or waiting; another thread that changes the operations meanwhile
 * only fools itself, since each is checked after it was copied.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

#define OPS_PER_CHUNK	64

/* Pause between the reads of a poll: doubled each time, in microseconds */
#define FIRST_PAUSE	10
#define LONGEST_PAUSE	1000

static const u32 op_needs[] = {
	[UPCIEDEV_OP_READ]	  = UPCIEDEV_AREA_CALL_READ,
	[UPCIEDEV_OP_WRITE]	  = UPCIEDEV_AREA_CALL_WRITE,
	[UPCIEDEV_OP_MODIFY]	  = UPCIEDEV_RIGHTS_CALL,
	[UPCIEDEV_OP_READ_BLOCK]  = UPCIEDEV_AREA_CALL_READ,
	[UPCIEDEV_OP_WRITE_BLOCK] = UPCIEDEV_AREA_CALL_WRITE,
	[UPCIEDEV_OP_POLL]	  = UPCIEDEV_AREA_CALL_READ,
};

static bool is_block(const struct upciedev_op *op)
{
	return op->op == UPCIEDEV_OP_READ_BLOCK || op->op == UPCIEDEV_OP_WRITE_BLOCK;
}

static bool fits(u64 value, u32 width)
{
	return width >= 64 || !(value >> width);
}

/* Whatever upciedev_span_check() does not look at */
static bool op_valid(const struct upciedev_op *op)
{
	if (op->op >= ARRAY_SIZE(op_needs))
		return false;
	if (is_block(op))
		return !op->mask && !(op->flags & ~UPCIEDEV_OP_FIXED);
	if (op->flags || !fits(op->mask, op->width))
		return false;
	if (op->op != UPCIEDEV_OP_READ && !fits(op->value, op->width))
		return false;
	if (op->op == UPCIEDEV_OP_POLL)
		return op->count <= UPCIEDEV_POLL_MAX_US;
	return op->count == 1 && (op->op == UPCIEDEV_OP_MODIFY || !op->mask);
}

static int poll_register(struct upciedev_board *board, const struct upciedev_span *span,
			 struct upciedev_op *op)
{
	ktime_t deadline = ktime_add_us(ktime_get(), op->count);
	s64 left, pause = FIRST_PAUSE;
	ktime_t sleep;
	u64 want = op->value & op->mask;
	int err;

	for (;; pause = min_t(s64, pause * 2, LONGEST_PAUSE)) {
		left = ktime_us_delta(deadline, ktime_get());
		err = upciedev_span_get(board, span, &op->value);
		if (err)
			return err;
		if ((op->value & op->mask) == want)
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		sleep = ns_to_ktime(min(pause, left) * NSEC_PER_USEC);
		err = wait_event_interruptible_hrtimeout(board->wait, READ_ONCE(board->gone),
							 sleep);
		if (err != -ETIME)
			return err ? -EINTR : -ENODEV;
	}
}

static int op_run(struct upciedev_file *file, struct upciedev_op *op)
{
	struct upciedev_board *board = file->board;
	struct upciedev_span span = {
		.bar = op->bar,
		.width = op->width,
		.offset = op->offset,
		.count = 1,
		.fixed = op->flags & UPCIEDEV_OP_FIXED,
		.file = file,
	};
	u32 needs;
	u64 done;
	int err;

	if (!op_valid(op))
		return -EINVAL;
	if (is_block(op))
		span.count = op->count;
	needs = op_needs[array_index_nospec(op->op, ARRAY_SIZE(op_needs))];
	err = upciedev_user_check(file, UPCIEDEV_PATH_BATCH, &span, needs);
	if (err)
		return err;
	switch (op->op) {
	case UPCIEDEV_OP_READ:
		return upciedev_span_get(board, &span, &op->value);
	case UPCIEDEV_OP_WRITE:
		return upciedev_span_put(board, &span, op->value);
	case UPCIEDEV_OP_MODIFY:
		return upciedev_span_modify(board, &span, op->mask, op->value, &op->value);
	case UPCIEDEV_OP_POLL:
		return poll_register(board, &span, op);
	default:
		return upciedev_copy_span(board, &span, op->op == UPCIEDEV_OP_WRITE_BLOCK,
					  false, u64_to_user_ptr(op->value), &done);
	}
}

/* Also after a poll that ran out of time: what was read last is of use */
static bool gives_value(const struct upciedev_op *op, int err)
{
	if (op->op == UPCIEDEV_OP_POLL)
		return !err || err == -ETIMEDOUT;
	return !err && (op->op == UPCIEDEV_OP_READ || op->op == UPCIEDEV_OP_MODIFY);
}

static int run_chunk(struct upciedev_file *file, struct upciedev_op *ops, u32 count,
		     struct upciedev_op __user *user, u32 *done)
{
	u32 i;
	int err;

	for (i = 0; i < count; i++) {
		err = op_run(file, &ops[i]);
		if (gives_value(&ops[i], err) && put_user(ops[i].value, &user[i].value))
			return -EFAULT;
		if (err)
			return err;
		++*done;
	}
	return 0;
}

static int run_all(struct upciedev_file *file, u32 count,
		   struct upciedev_op __user *user, u32 *done)
{
	u32 size = min_t(u32, count, OPS_PER_CHUNK);
	struct upciedev_op *ops;
	u32 first, some;
	int err = 0;

	ops = kmalloc_array(size, sizeof(*ops), GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	for (first = 0; !err && first < count; first += some) {
		some = min(count - first, size);
		if (fatal_signal_pending(current))
			err = -EINTR;
		else if (copy_from_user(ops, user + first, some * sizeof(*ops)))
			err = -EFAULT;
		else
			err = run_chunk(file, ops, some, user + first, done);
		cond_resched();
	}
	kfree(ops);
	return err;
}

int upciedev_batch(struct upciedev_file *file, struct upciedev_batch __user *arg)
{
	struct upciedev_batch batch;
	u32 done = 0;
	int err = -EINVAL;

	/* Find out before anything is done whether it can be told */
	if (copy_from_user(&batch, arg, sizeof(batch)) || put_user(done, &arg->done))
		return -EFAULT;
	if (batch.count && batch.count <= UPCIEDEV_BATCH_MAX &&
	    !batch.reserved[0] && !batch.reserved[1])
		err = run_all(file, batch.count, u64_to_user_ptr(batch.ops), &done);
	if (put_user(done, &arg->done))
		return -EFAULT;
	return err;
}
