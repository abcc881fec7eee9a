// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt vectors: granted, requested, masked, and given back
 *
 * Vectors are granted when a board begins and given back when it ends, so that
 * each generation starts from a clean state, also after a reset or a bus error.
 * A vector is requested when somebody first subscribes to it, and kept; Bus Master is
 * on, or INTx enabled, only while somebody does: from bind on, and between two boards, too.
 */
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "compat.h"
#include "irq.h"
#define CREATE_TRACE_POINTS
#include "trace.h"

/* Of a board whose causes its card does not name: its users tell them apart */
#define UNKNOWN_VECTORS	8

#define STORM_WINDOW_NS	(100 * NSEC_PER_MSEC)

static uint storm_limit = 10000;
module_param(storm_limit, uint, 0644);
MODULE_PARM_DESC(storm_limit, "Interrupts of a vector in 100 ms from which on it is masked");

/*
 * Has one come too often? What is pending without a break, however slowly it is served, is
 * within one window. The caller holds the vector's lock.
 */
bool upciedev_storm(struct upciedev_vector *vector, u64 now, bool unbroken)
{
	lockdep_assert_held(&vector->lock);
	if (!unbroken && now - vector->window_start > STORM_WINDOW_NS) {
		vector->window_start = now;
		vector->window_count = 0;
	}
	return ++vector->window_count > READ_ONCE(storm_limit);
}

/* A line that others share is not disabled: the board is told to let go of it */
static void mask(struct upciedev_vector *vector)
{
	WRITE_ONCE(vector->masked, true);
	WRITE_ONCE(vector->stormed, true);
	if (vector->board->irq_kind == UPCIEDEV_IRQ_INTX)
		upciedev_intx(vector->board->device, false);
	else
		disable_irq_nosync(vector->irq);
}

/*
 * INTx is on only while the vector has listeners and is not masked. The handler may mask it at
 * any moment, so the register follows both under the vector's lock.
 */
void upciedev_update_intx(struct upciedev_vector *vector)
{
	unsigned long flags;

	spin_lock_irqsave(&vector->lock, flags);
	upciedev_intx(vector->board->device, READ_ONCE(vector->users) && !vector->masked);
	spin_unlock_irqrestore(&vector->lock, flags);
}

/* The caller holds the vector's lock */
void upciedev_vector_stop(struct upciedev_vector *vector, const char *why)
{
	struct upciedev_device *device = vector->board->device;

	lockdep_assert_held(&vector->lock);
	mask(vector);
	wake_up_all(&vector->board->dma_wait);	/* streams that it started end */
	atomic64_inc(&device->storms);
	trace_upciedev_irq_storm(device->pdev, vector->index);
	dev_warn_ratelimited(&device->pdev->dev, "vector %u: %s, masked\n", vector->index, why);
}

/* Is there a cause that no status register tells? On INTx only the board's pending bit does */
static bool tells_too_little(const struct upciedev_card *card)
{
	u32 i;

	for (i = 0; i < card->nr_irqs; i++)
		if (!card->irqs[i].status.width)
			return true;
	return !card->nr_irqs;
}

bool upciedev_mask_for_user(struct upciedev_vector *vector)
{
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&vector->lock, flags);
	ours = upciedev_check_and_mask_intx(vector->board->device);
	if (ours)
		WRITE_ONCE(vector->masked, true);
	spin_unlock_irqrestore(&vector->lock, flags);
	return ours;
}

static int request(struct upciedev_vector *vector)
{
	struct upciedev_board *board = vector->board;
	bool intx = board->irq_kind == UPCIEDEV_IRQ_INTX;
	int err;

	if (vector->requested)
		return 0;
	if (intx)
		err = request_irq(vector->irq, upciedev_intx_handler, IRQF_SHARED, "upciedev",
				  vector);
	else
		err = request_threaded_irq(vector->irq, upciedev_msi_handler, upciedev_msi_thread,
					   0, "upciedev", vector);
	vector->requested = !err;
	return err;
}

/*
 * MSI vectors have one message, which the kernel writes when the first of them is
 * requested and clears when that is freed: others alone would write to address 0.
 */
static int request_with_first(struct upciedev_vector *vector)
{
	struct upciedev_board *board = vector->board;
	int err = 0;

	if (board->irq_kind == UPCIEDEV_IRQ_MSI)
		err = request(&board->vectors[0]);
	return err ?: request(vector);
}

/* Whether it was masked; from now on the handler reports again what it serves */
static bool take_mask(struct upciedev_vector *vector)
{
	bool masked;

	spin_lock_irq(&vector->lock);
	masked = vector->masked;
	WRITE_ONCE(vector->masked, false);
	WRITE_ONCE(vector->stormed, false);
	vector->window_count = 0;
	spin_unlock_irq(&vector->lock);
	return masked;
}

/*
 * The caller holds the device's lock, and the board is there. A line is still raised by what is
 * pending. A message may not come again for it, so it is served here, after a handler that may
 * just be ending.
 */
void upciedev_vector_unmask(struct upciedev_vector *vector)
{
	lockdep_assert_held(&vector->board->device->lock);
	if (!take_mask(vector))
		return;
	if (vector->board->irq_kind == UPCIEDEV_IRQ_INTX) {
		upciedev_update_intx(vector);
		return;
	}
	synchronize_irq(vector->irq);
	upciedev_serve_all(vector);
	enable_irq(vector->irq);
}

/* As above: is there something pending for which no message will come? */
void upciedev_vector_look(struct upciedev_vector *vector)
{
	lockdep_assert_held(&vector->board->device->lock);
	if (vector->board->irq_kind == UPCIEDEV_IRQ_INTX)
		return;
	disable_irq(vector->irq);
	if (!READ_ONCE(vector->masked))
		upciedev_serve_all(vector);
	enable_irq(vector->irq);
}

/* Whatever was pending before the first listener came is no event, and would send no message */
static void begin_clean(struct upciedev_vector *vector)
{
	if (vector->board->irq_kind == UPCIEDEV_IRQ_INTX) {
		upciedev_serve_silently(vector);
		take_mask(vector);
		upciedev_update_intx(vector);
		return;
	}
	if (take_mask(vector))
		synchronize_irq(vector->irq);
	else
		disable_irq(vector->irq);
	vector->missed = false;
	upciedev_serve_silently(vector);
	enable_irq(vector->irq);
}

/* The caller holds the device's lock, and the board is there */
int upciedev_vector_get(struct upciedev_vector *vector)
{
	int err = vector->users ? 0 : request_with_first(vector);

	lockdep_assert_held(&vector->board->device->lock);
	if (err || vector->users++)
		return err;
	if (vector->board->irq_kind != UPCIEDEV_IRQ_INTX)
		upciedev_master_get(vector->board->device);
	begin_clean(vector);
	return 0;
}

/* The last listener has left: @users is 0 */
static void leave(struct upciedev_vector *vector)
{
	if (vector->board->irq_kind == UPCIEDEV_IRQ_INTX)
		upciedev_update_intx(vector);
	else
		upciedev_master_put(vector->board->device);
}

/* The caller holds the device's lock */
void upciedev_vector_put(struct upciedev_vector *vector)
{
	lockdep_assert_held(&vector->board->device->lock);
	if (!--vector->users)
		leave(vector);
}

/* In the end; whoever still reads learns that nothing comes any more */
static void release(struct upciedev_vector *vector)
{
	if (vector->requested)
		free_irq(vector->irq, vector);
	vector->requested = false;
	upciedev_event_ring_free(vector);
	spin_lock_irq(&vector->lock);
	upciedev_readers_wake(vector);
	spin_unlock_irq(&vector->lock);
}

/* Causes of these vectors */
u64 upciedev_causes_of(const struct upciedev_board *board, u32 vectors)
{
	const struct upciedev_card *card = board->device->card;
	u64 causes = 0;
	u32 i;

	for (i = 0; i < card->nr_irqs; i++)
		if (vectors & BIT(card->irqs[i].vector % board->nr_vectors))
			causes |= BIT_ULL(i);
	return causes;
}

static struct upciedev_vector *vector_of(const struct upciedev_board *board, u32 cause)
{
	return &board->vectors[board->device->card->irqs[cause].vector % board->nr_vectors];
}

/*
 * Does each interrupt that is counted for this cause come from it? Without a status only a vector
 * that it shares with no other cause, nor with other devices, says so. -1: there is no cause.
 */
bool upciedev_cause_is_sure(const struct upciedev_board *board, int cause)
{
	const struct upciedev_card_irq *irqs = board->device->card->irqs;
	u32 vector;

	if (cause < 0 || !board->nr_vectors)
		return false;
	if (irqs[cause].status.width)
		return true;
	vector = vector_of(board, cause)->index;
	return board->irq_kind != UPCIEDEV_IRQ_INTX &&
	       upciedev_causes_of(board, BIT(vector)) == BIT_ULL(cause);
}

/* Is one of their vectors masked, so that none of them comes? */
bool upciedev_causes_stormed(const struct upciedev_board *board, u64 causes)
{
	u32 i;

	for (i = 0; i < board->device->card->nr_irqs; i++)
		if (causes & BIT_ULL(i) && READ_ONCE(vector_of(board, i)->stormed))
			return true;
	return false;
}

/*
 * An INTx that only a user can serve was masked when one of them came. An engine that has been
 * started since, or a stream that has moved what came, is as good as a user.
 */
void upciedev_causes_rearm(struct upciedev_board *board, u64 causes)
{
	struct upciedev_vector *vector = board->vectors;
	unsigned long flags;

	if (!causes || !board->served_by_user || upciedev_dma_enter(board))
		return;
	spin_lock_irqsave(&vector->lock, flags);
	if (vector->masked && !vector->stormed) {
		WRITE_ONCE(vector->masked, false);
		upciedev_intx(board->device, READ_ONCE(vector->users));
	}
	spin_unlock_irqrestore(&vector->lock, flags);
	upciedev_dma_leave(board);
}

static int hold(struct upciedev_board *board, u32 cause)
{
	int err = upciedev_vector_get(vector_of(board, cause));

	if (err)
		return err;
	if (!board->holders[cause]++)
		WRITE_ONCE(board->held, board->held | BIT_ULL(cause));
	smp_mb();	/* @held before @raised is read: pairs with wake_engines() */
	upciedev_causes_get(board, BIT_ULL(cause));
	if (READ_ONCE(vector_of(board, cause)->stormed))
		upciedev_vector_unmask(vector_of(board, cause));
	return 0;
}

/*
 * Subscribe in the kernel, which also ends the mask of a storm; the caller holds the device's
 * lock, and the board is there
 */
int upciedev_causes_hold(struct upciedev_board *board, u64 causes)
{
	u64 held = 0;
	u32 i;
	int err;

	lockdep_assert_held(&board->device->lock);
	for (i = 0; i < board->device->card->nr_irqs; i++) {
		if (!(causes & BIT_ULL(i)))
			continue;
		err = hold(board, i);
		if (err) {
			upciedev_causes_drop(board, held);
			return err;
		}
		held |= BIT_ULL(i);
	}
	return 0;
}

/* As above */
void upciedev_causes_drop(struct upciedev_board *board, u64 causes)
{
	u32 i;

	lockdep_assert_held(&board->device->lock);
	for (i = 0; i < board->device->card->nr_irqs; i++) {
		if (!(causes & BIT_ULL(i)))
			continue;
		if (!--board->holders[i])
			WRITE_ONCE(board->held, board->held & ~BIT_ULL(i));
		upciedev_causes_put(board, BIT_ULL(i));
		upciedev_vector_put(vector_of(board, i));
	}
}

static u32 granted_kind(const struct pci_dev *pdev)
{
	if (pdev->msix_enabled)
		return UPCIEDEV_IRQ_MSIX;
	return pdev->msi_enabled ? UPCIEDEV_IRQ_MSI : UPCIEDEV_IRQ_INTX;
}

/* A processor has about 200 for all devices, so no board gets what its card does not name */
static u32 vectors_wanted(const struct upciedev_card *card)
{
	u32 i, wanted = 0;

	for (i = 0; i < card->nr_irqs; i++)
		wanted = max(wanted, card->irqs[i].vector + 1);
	return min_t(u32, wanted ?: UNKNOWN_VECTORS, UPCIEDEV_MAX_VECTORS);
}

/* The PCI core is not asked for INTx: it would enable it, with nobody to serve it */
static int grant(struct upciedev_device *device)
{
	struct pci_dev *pdev = device->pdev;
	int nr = 0;

	/* An MSI is a write of the board into memory */
	if (upciedev_may_master(device))
		nr = pci_alloc_irq_vectors(pdev, 1, vectors_wanted(device->card),
					   PCI_IRQ_MSIX | PCI_IRQ_MSI);
	if (nr > 0)
		return nr;
	return pdev->irq ? 1 : 0;
}

/* The PCI core enables INTx when it takes messages away */
static void give_back(struct upciedev_device *device)
{
	pci_free_irq_vectors(device->pdev);
	upciedev_intx(device, false);
}

/* A board that cannot interrupt is a board, too */
int upciedev_irqs_begin(struct upciedev_board *board)
{
	struct pci_dev *pdev = board->device->pdev;
	int i, nr = grant(board->device);

	INIT_LIST_HEAD(&board->irq_files);
	if (!nr)
		return 0;
	board->vectors = kcalloc(nr, sizeof(*board->vectors), GFP_KERNEL);
	board->causes = kcalloc(board->device->card->nr_irqs, sizeof(*board->causes), GFP_KERNEL);
	if (!board->vectors || !board->causes) {
		give_back(board->device);
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++) {
		spin_lock_init(&board->vectors[i].lock);
		INIT_LIST_HEAD(&board->vectors[i].readers);
		board->vectors[i].board = board;
		board->vectors[i].index = i;
		/* Not in the handler: since 6.1 it takes a mutex */
		board->vectors[i].irq = pci_irq_vector(pdev, i);
	}
	board->nr_vectors = nr;
	board->irq_kind = granted_kind(pdev);
	board->served_by_user = board->irq_kind == UPCIEDEV_IRQ_INTX &&
				tells_too_little(board->device->card);
	return 0;
}

/*
 * The board is marked as gone: no vector is requested from now on. First it is silenced. Then
 * a message that it sent before may still wait at a CPU that has its interrupts off, and
 * would find a vector without an owner: "unexpected IRQ trap". The grace period waits for
 * such a CPU, unless that is just falling asleep; then the trap is a message, and no more.
 */
void upciedev_irqs_end(struct upciedev_board *board)
{
	struct upciedev_vector *vector, *end = board->vectors + board->nr_vectors;

	if (!board->nr_vectors)
		return;
	for (vector = board->vectors; vector < end; vector++) {
		if (!vector->users)
			continue;
		WRITE_ONCE(vector->users, 0);
		leave(vector);
	}
	if (board->irq_kind != UPCIEDEV_IRQ_INTX)
		synchronize_rcu();
	for (vector = board->vectors; vector < end; vector++)
		release(vector);
	give_back(board->device);
}

void upciedev_irqs_free(struct upciedev_board *board)
{
	kfree(board->vectors);
	kfree(board->causes);
}
