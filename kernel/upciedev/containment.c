// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containment: what makes a board reach memory, and what ends it
 *
 * The device has one state, which changes in move_to() alone. Bus Master is on in the state
 * MASTER and in no other:
 *
 *	QUIET		nothing needs Bus Master
 *	MASTER		vectors or channels are open
 *	CUT_OFF		an engine did not stop. It goes on as soon as Bus Master is on again, with
 *			addresses of memory that has been freed: leaving this state takes a proof
 *			that the board has been reset
 *	RESETTING	between two boards: a reset, a suspend or a recovery is under way, or the
 *			board was taken offline
 *	LOST		no reset is possible, or the last one failed
 *
 * Interrupt handlers mask INTx while others set Bus Master in the same register, so each
 * change of the Command register is one step under the same lock.
 */
#include <linux/iommu.h>
#include <linux/pci.h>

#include "compat.h"
#include "internal.h"

static void change(struct upciedev_device *device, u16 clear, u16 set)
{
	u16 old, command;

	lockdep_assert_held(&device->containment.lock);
	pci_read_config_word(device->pdev, PCI_COMMAND, &old);
	command = (old & ~clear) | set;
	if (command != old && !PCI_POSSIBLE_ERROR(old))
		pci_write_config_word(device->pdev, PCI_COMMAND, command);
}

static void move_to(struct upciedev_device *device, enum upciedev_state state)
{
	struct upciedev_containment *containment = &device->containment;

	lockdep_assert_held(&containment->lock);
	if (state == UPCIEDEV_CUT_OFF || state == UPCIEDEV_LOST)
		containment->owes_reset = true;
	else if (state == UPCIEDEV_QUIET)
		containment->owes_reset = false;
	if (state == UPCIEDEV_QUIET && containment->masters)
		state = UPCIEDEV_MASTER;
	containment->state = state;
	if (state == UPCIEDEV_MASTER)
		change(device, 0, PCI_COMMAND_MASTER);
	else
		change(device, PCI_COMMAND_MASTER, 0);
}

void upciedev_containment_init(struct upciedev_device *device)
{
	spin_lock_init(&device->containment.lock);
}

/* Vectors and channels need Bus Master; each get is followed by a put */
void upciedev_master_get(struct upciedev_device *device)
{
	struct upciedev_containment *containment = &device->containment;
	unsigned long flags;

	spin_lock_irqsave(&containment->lock, flags);
	containment->masters++;
	if (containment->state == UPCIEDEV_QUIET)
		move_to(device, UPCIEDEV_MASTER);
	spin_unlock_irqrestore(&containment->lock, flags);
}

void upciedev_master_put(struct upciedev_device *device)
{
	struct upciedev_containment *containment = &device->containment;
	unsigned long flags;

	spin_lock_irqsave(&containment->lock, flags);
	if (!--containment->masters && containment->state == UPCIEDEV_MASTER)
		move_to(device, UPCIEDEV_QUIET);
	spin_unlock_irqrestore(&containment->lock, flags);
}

/*
 * The board is to reach nothing any more, whatever needs it to. Returns whether it is sure
 * to be quiet: Bus Master is off, and what was under way has arrived.
 */
bool upciedev_cut_off(struct upciedev_device *device)
{
	struct upciedev_containment *containment = &device->containment;
	struct pci_dev *pdev = device->pdev;
	unsigned long flags;
	u16 command;

	spin_lock_irqsave(&containment->lock, flags);
	if (containment->state == UPCIEDEV_RESETTING)
		containment->owes_reset = true;
	else
		move_to(device, UPCIEDEV_CUT_OFF);
	spin_unlock_irqrestore(&containment->lock, flags);
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (PCI_POSSIBLE_ERROR(command))	/* it left */
		return true;
	return !(command & PCI_COMMAND_MASTER) && pci_wait_for_pending_transaction(pdev);
}

/* The board has ended, and a reset or a time without power may follow */
void upciedev_between_boards(struct upciedev_device *device)
{
	unsigned long flags;

	spin_lock_irqsave(&device->containment.lock, flags);
	move_to(device, UPCIEDEV_RESETTING);
	spin_unlock_irqrestore(&device->containment.lock, flags);
}

/* A reset failed, or none is possible */
void upciedev_lose(struct upciedev_device *device)
{
	unsigned long flags;

	spin_lock_irqsave(&device->containment.lock, flags);
	move_to(device, UPCIEDEV_LOST);
	spin_unlock_irqrestore(&device->containment.lock, flags);
}

/* Does the next board take a proof that this one has been reset? */
bool upciedev_owes_reset(struct upciedev_device *device)
{
	struct upciedev_containment *containment = &device->containment;
	unsigned long flags;
	bool owes;

	spin_lock_irqsave(&containment->lock, flags);
	owes = containment->owes_reset;
	spin_unlock_irqrestore(&containment->lock, flags);
	return owes;
}

/**
 * upciedev_settle() - may a board begin?
 * @device: device, between two boards
 * @proof: that a board which owes a reset has been reset
 *
 * The only way out of CUT_OFF and LOST. Returns false where the proof is missing: then the
 * device stays cut off.
 */
bool upciedev_settle(struct upciedev_device *device, enum upciedev_reset_proof proof)
{
	bool settled = proof != UPCIEDEV_NO_PROOF || !upciedev_owes_reset(device);
	unsigned long flags;

	spin_lock_irqsave(&device->containment.lock, flags);
	move_to(device, settled ? UPCIEDEV_QUIET : UPCIEDEV_CUT_OFF);
	spin_unlock_irqrestore(&device->containment.lock, flags);
	return settled;
}

/* A reset of the function alone. It is the one whose result says what has happened */
enum upciedev_reset_proof upciedev_reset_function(struct pci_dev *pdev)
{
	int err;

	if (pcie_reset_flr(pdev, PCI_RESET_PROBE) || !pci_device_is_present(pdev))
		return UPCIEDEV_NO_PROOF;
	pci_save_state(pdev);
	err = pcie_reset_flr(pdev, PCI_RESET_DO_RESET);
	pci_restore_state(pdev);
	return err ? UPCIEDEV_NO_PROOF : UPCIEDEV_PROOF_FUNCTION;
}

/* INTx; the caller knows whether the board is there */
void upciedev_intx(struct upciedev_device *device, bool on)
{
	unsigned long flags;

	spin_lock_irqsave(&device->containment.lock, flags);
	change(device, on ? PCI_COMMAND_INTX_DISABLE : 0, on ? 0 : PCI_COMMAND_INTX_DISABLE);
	spin_unlock_irqrestore(&device->containment.lock, flags);
}

/* Returns whether the board asserted its INTx, which then is masked */
bool upciedev_check_and_mask_intx(struct upciedev_device *device)
{
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&device->containment.lock, flags);
	ours = pci_check_and_mask_intx(device->pdev);
	spin_unlock_irqrestore(&device->containment.lock, flags);
	return ours;
}

static int count_member(struct device *dev, void *count)
{
	++*(int *)count;
	return 0;
}

/*
 * Alone in its group, so that no path to a neighbour by-passes the IOMMU; and its messages
 * are remapped, else a write to the address of the interrupt controller is an interrupt of
 * any kind and vector.
 */
static bool isolated(struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);
	int members = 0;
	bool msi;

	if (!group)
		return false;
	iommu_group_for_each_dev(group, &members, count_member);
	msi = upciedev_isolated_msi(dev, group);
	iommu_group_put(group);
	return members == 1 && msi;
}

/*
 * Does an IOMMU keep whatever bus address the board emits away from all memory
 * that is not its own? A lazily flushed domain does not: there an address works
 * for a while after its memory was freed. Nor does one that the board may
 * by-pass by translations of its own (ATS).
 *
 * Asked when a board begins. The administrator may change the kind of the domain later.
 */
bool upciedev_confined(const struct upciedev_device *device)
{
	struct pci_dev *pdev = device->pdev;
	struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);

	return domain && domain->type == IOMMU_DOMAIN_DMA && !pdev->ats_enabled &&
	       isolated(&pdev->dev);
}

/*
 * Users of a board of which nothing is known may reach its DMA registers: with Bus
 * Master on, even for an MSI alone, they would own the machine.
 */
bool upciedev_may_master(const struct upciedev_device *device)
{
	return !(device->card->flags & UPCIEDEV_CARD_GENERIC) || READ_ONCE(device->confined) ||
	       upciedev_unguarded(device);
}
