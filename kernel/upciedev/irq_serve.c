// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: from the hard interrupt to the ring of its vector
 *
 * The tables of the card say which registers have the status of its causes, acknowledge and
 * enable them. The only locks in the handler are those of its vector and of its board's
 * registers: boards do not wait for each other.
 */
#include <linux/interrupt.h>
#include <linux/ktime.h>

#include "compat.h"
#include "irq.h"
#include "trace.h"

/*
 * A cause that comes while another is served may send no message of its own, so the
 * status is read until nothing is pending. Each round is an event of its own: a cause
 * that comes twice is reported twice. The hard interrupt does so many rounds, the thread the rest.
 */
#define HARD_ROUNDS	4

/* Before the first listener nothing is reported, and nothing limits the rounds but this */
#define SILENT_ROUNDS	64

/* Of so many INTx that no cause explains, one is asked for whose it is */
#define UNEXPLAINED	16

/* A register as it was read last; of several causes it is read only once */
struct reading {
	const struct upciedev_card_bits *from;
	u64 value;
};

static bool same_register(const struct upciedev_card_bits *one,
			  const struct upciedev_card_bits *other)
{
	return one->bar == other->bar && one->offset == other->offset &&
	       one->width == other->width;
}

/* 0 as well where the board has gone, which answers with ones */
static u64 read_status(struct upciedev_board *board, const struct upciedev_card_bits *bits)
{
	u64 value;

	if (upciedev_read(board, bits->bar, bits->offset, bits->width, &value))
		return 0;
	if (value == GENMASK_ULL(bits->width - 1, 0) &&
	    !pci_device_is_present(board->device->pdev))
		return 0;
	return value;
}

static u64 pending(struct upciedev_board *board, const struct upciedev_card_bits *status,
		   struct reading *last)
{
	if (!last->from || !same_register(last->from, status)) {
		last->from = status;
		last->value = read_status(board, status);
	}
	return last->value & status->mask;
}

static void acknowledge(struct upciedev_board *board, const struct upciedev_card_irq *cause,
			u64 bits)
{
	const struct upciedev_card_bits *to = &cause->acknowledge;

	if (!to->width)
		return;
	if (!cause->status.width)
		bits = to->mask;
	else if (cause->status.mask != to->mask)
		bits = bits >> __ffs64(cause->status.mask) << __ffs64(to->mask);
	upciedev_write(board, to->bar, to->offset, to->width, bits);
}

/* Whether serving it makes it no longer pending */
static bool ends_when_served(const struct upciedev_card_irq *cause)
{
	return cause->status.width && cause->acknowledge.width;
}

static bool belongs_to(const struct upciedev_vector *vector, const struct upciedev_card_irq *cause)
{
	return cause->vector % vector->board->nr_vectors == vector->index;
}

/* @message: one has come, which is all that says that a cause without an end of its own came */
static u64 serve_round(struct upciedev_vector *vector, bool message)
{
	struct upciedev_board *board = vector->board;
	const struct upciedev_card *card = board->device->card;
	const struct upciedev_card_irq *cause;
	struct reading last = {};
	u64 served = 0, bits;

	for (cause = card->irqs; cause < card->irqs + card->nr_irqs; cause++) {
		if (!belongs_to(vector, cause) || (!message && !ends_when_served(cause)))
			continue;
		bits = cause->status.width ? pending(board, &cause->status, &last) : ~0ULL;
		if (!bits)
			continue;
		acknowledge(board, cause, bits);
		served |= BIT_ULL(cause - card->irqs);
	}
	return served;
}

/* The caller holds the vector's lock */
static void put_event(struct upciedev_vector *vector, u64 status, u64 now)
{
	struct upciedev_irq_event event = {
		.vector = vector->index,
		.flags = vector->masked ? UPCIEDEV_IRQ_MASKED : 0,
		.status = status,
		.sequence = vector->head++,
		.time_ns = now,
	};

	lockdep_assert_held(&vector->lock);
	trace_upciedev_irq(vector->board->device->pdev, &event);
	if (!vector->ring)
		return;
	vector->ring[event.sequence & (UPCIEDEV_RING_EVENTS - 1)] = event;
	upciedev_readers_wake(vector);
}

/*
 * Spurious ones are only counted, but a storm of them is an event, too. @unbroken: something
 * was pending ever since the one before.
 */
static void count(struct upciedev_vector *vector, u64 status, bool spurious, bool unbroken)
{
	struct upciedev_device *device = vector->board->device;
	u64 now = ktime_get_ns();
	bool stopped = false;
	unsigned long flags;

	spin_lock_irqsave(&vector->lock, flags);
	if (upciedev_storm(vector, now, unbroken) && !vector->stormed) {
		upciedev_vector_stop(vector, "a storm of interrupts");
		stopped = true;
	}
	if (!spurious || stopped)
		put_event(vector, status, now);
	spin_unlock_irqrestore(&vector->lock, flags);
	atomic64_inc(spurious ? &device->spurious : &device->interrupts);
}

/*
 * For those who wait in the kernel: engines and streams, if they wait for one of these. A new count
 * comes with a time that is as new (pairs with the acquire of a stream).
 */
static void wake_engines(struct upciedev_board *board, u64 served)
{
	u64 now = ktime_get_ns(), all = served;
	u32 i;

	for (i = 0; served; i++, served >>= 1) {
		if (!(served & 1))
			continue;
		WRITE_ONCE(board->causes[i].time_ns, now);
		atomic64_fetch_inc_release(&board->causes[i].raised);
	}
	smp_mb();	/* @raised before @held: pairs with upciedev_causes_hold() */
	if (all & READ_ONCE(board->held))
		wake_up_all(&board->dma_wait);
}

/*
 * Acknowledges what is pending, in at most @rounds rounds, and reports it. Returns whether more
 * may be pending. A subscriber that has read that the vector is masked gets nothing more until it
 * is unmasked. Adds a bit for each cause to *@causes.
 */
static bool serve(struct upciedev_vector *vector, u32 rounds, bool message, u64 *causes)
{
	bool unbroken = !message;
	u64 served;

	while (rounds--) {
		served = serve_round(vector, message);
		if (!served)
			return false;
		*causes |= served;
		count(vector, served, false, unbroken);
		wake_engines(vector->board, served);
		if (READ_ONCE(vector->masked))
			return false;
		message = false;
		unbroken = true;
	}
	return true;
}

static bool take_missed(struct upciedev_vector *vector)
{
	bool missed;

	spin_lock_irq(&vector->lock);
	missed = vector->missed;
	vector->missed = false;
	spin_unlock_irq(&vector->lock);
	return missed;
}

/*
 * Is the vector disabled? Where handlers are threads, as on PREEMPT_RT, a message that came just
 * before still wakes one: what it is about is served by the thread, or when the vector is unmasked.
 */
static bool leave_to_others(struct upciedev_vector *vector)
{
	unsigned long flags;
	bool disabled;

	spin_lock_irqsave(&vector->lock, flags);
	disabled = vector->masked || vector->handed;
	if (disabled)
		vector->missed = true;
	spin_unlock_irqrestore(&vector->lock, flags);
	return disabled;
}

/* False if a message was missed meanwhile: then there is more to serve */
static bool take_back(struct upciedev_vector *vector)
{
	bool done;

	spin_lock_irq(&vector->lock);
	done = !vector->missed || vector->masked;
	if (done)
		WRITE_ONCE(vector->handed, false);
	spin_unlock_irq(&vector->lock);
	return done;
}

/*
 * Until nothing is pending; what never ends is a storm, and masked. In a process, while
 * neither the handler of the vector nor its thread runs.
 */
void upciedev_serve_all(struct upciedev_vector *vector)
{
	bool message = take_missed(vector);
	u64 causes = 0;

	if (message && !vector->board->device->card->nr_irqs)
		count(vector, 0, false, false);
	while (!upciedev_gone(vector->board) && serve(vector, HARD_ROUNDS, message, &causes)) {
		message = false;
		cond_resched();
	}
}

/* As above, for what came before anybody listened: it is no event, but would send no message */
void upciedev_serve_silently(struct upciedev_vector *vector)
{
	u32 round;

	for (round = 0; round < SILENT_ROUNDS; round++)
		if (!serve_round(vector, !round))
			break;
}

/*
 * Nobody's cause: a neighbour's interrupt, or ours and stuck. Then it is masked, before
 * the kernel gives up the line for all who share it.
 */
static irqreturn_t unexplained(struct upciedev_vector *vector)
{
	struct upciedev_device *device = vector->board->device;
	unsigned long flags;
	u64 causes = 0;

	if (++vector->unexplained % UNEXPLAINED || !upciedev_check_and_mask_intx(device))
		return IRQ_NONE;
	if (serve(vector, HARD_ROUNDS, true, &causes) || causes) {	/* it came just now */
		upciedev_update_intx(vector);
		return IRQ_HANDLED;
	}
	if (upciedev_gone(vector->board))	/* it was not asked */
		return IRQ_HANDLED;
	atomic64_inc(&device->spurious);
	spin_lock_irqsave(&vector->lock, flags);
	upciedev_vector_stop(vector, "a stuck interrupt");
	put_event(vector, 0, ktime_get_ns());
	spin_unlock_irqrestore(&vector->lock, flags);
	return IRQ_HANDLED;
}

/* A line is raised as long as a cause is pending, so the handler is called again for the rest */
irqreturn_t upciedev_intx_handler(int irq, void *data)
{
	struct upciedev_vector *vector = data;
	bool by_user = vector->board->served_by_user;
	u64 causes = 0;

	if (!READ_ONCE(vector->users) || READ_ONCE(vector->masked) ||
	    (by_user && !upciedev_mask_for_user(vector)))
		return IRQ_NONE;
	serve(vector, HARD_ROUNDS, true, &causes);
	if (causes)
		return IRQ_HANDLED;
	if (!by_user)
		return unexplained(vector);
	count(vector, 0, false, false);
	return IRQ_HANDLED;
}

/*
 * A message need not come for what is left: the thread serves it, without an interrupt meanwhile.
 * One that does come is kept by the kernel until the vector is enabled again.
 */
irqreturn_t upciedev_msi_handler(int irq, void *data)
{
	struct upciedev_vector *vector = data;
	u64 causes = 0;

	if ((READ_ONCE(vector->masked) || READ_ONCE(vector->handed)) && leave_to_others(vector))
		return IRQ_HANDLED;
	if (serve(vector, HARD_ROUNDS, true, &causes)) {
		WRITE_ONCE(vector->handed, true);
		disable_irq_nosync(irq);
		return IRQ_WAKE_THREAD;
	}
	if (!causes)
		count(vector, 0, vector->board->device->card->nr_irqs, false);
	return IRQ_HANDLED;
}

irqreturn_t upciedev_msi_thread(int irq, void *data)
{
	struct upciedev_vector *vector = data;

	do {
		upciedev_serve_all(vector);
	} while (!upciedev_gone(vector->board) && !take_back(vector));
	enable_irq(irq);
	return IRQ_HANDLED;
}

static void enable(struct upciedev_board *board, u32 index, bool on)
{
	const struct upciedev_card_bits *bits = &board->device->card->irqs[index].enable;
	u64 old;

	if (bits->width)
		upciedev_modify(board, bits->bar, bits->offset, bits->width, bits->mask,
				on ? bits->mask : 0, &old);
}

/*
 * The caller holds the device's lock, and has got the vectors. A cause that came just before it
 * was enabled may have sent no message.
 */
void upciedev_causes_get(struct upciedev_board *board, u64 causes)
{
	u32 i, vectors = 0;

	lockdep_assert_held(&board->device->lock);
	for (i = 0; i < board->device->card->nr_irqs; i++) {
		if (!(causes & BIT_ULL(i)) || board->users[i]++)
			continue;
		enable(board, i, true);
		vectors |= BIT(board->device->card->irqs[i].vector % board->nr_vectors);
	}
	for (i = 0; i < board->nr_vectors; i++)
		if (vectors & BIT(i))
			upciedev_vector_look(&board->vectors[i]);
}

/* The caller holds the device's lock */
void upciedev_causes_put(struct upciedev_board *board, u64 causes)
{
	u32 i;

	lockdep_assert_held(&board->device->lock);
	for (i = 0; i < board->device->card->nr_irqs; i++)
		if (causes & BIT_ULL(i) && !--board->users[i])
			enable(board, i, false);
}

/* Of a card's tables: is there such a register? Where none is named, that is right, too */
int upciedev_bits_check(const struct upciedev_device *device,
			const struct upciedev_card_bits *bits)
{
	const struct upciedev_span span = {
		.bar = bits->bar, .width = bits->width, .offset = bits->offset, .count = 1,
	};

	if (!bits->width)
		return 0;
	if (!bits->mask || (bits->width < 64 && bits->mask >> bits->width))
		return -EINVAL;
	return upciedev_span_check(device, &span);
}

/* At probe: do the registers of the card's causes exist? */
int upciedev_irqs_check(const struct upciedev_device *device)
{
	const struct upciedev_card *card = device->card;
	const struct upciedev_card_irq *cause;

	for (cause = card->irqs; cause < card->irqs + card->nr_irqs; cause++)
		if (upciedev_bits_check(device, &cause->status) ||
		    upciedev_bits_check(device, &cause->acknowledge) ||
		    upciedev_bits_check(device, &cause->enable))
			return dev_err_probe(&device->pdev->dev, -EINVAL,
					     "interrupt '%s' has a register that %s has not\n",
					     cause->name, card->name);
	return 0;
}
