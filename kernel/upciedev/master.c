// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Command register: Bus Master and INTx
 *
 * Bus Master is on only while somebody needs it. Interrupt handlers mask INTx while
 * others set Bus Master in the same register, so each change is one step under a
 * lock of the device.
 */
#include <linux/pci.h>

#include "internal.h"

static void change(struct upciedev_device *device, u16 clear, u16 set)
{
	unsigned long flags;
	u16 old, command;

	spin_lock_irqsave(&device->command_lock, flags);
	if (device->cut_off)
		set &= ~PCI_COMMAND_MASTER;
	pci_read_config_word(device->pdev, PCI_COMMAND, &old);
	command = (old & ~clear) | set;
	if (command != old && !PCI_POSSIBLE_ERROR(old))
		pci_write_config_word(device->pdev, PCI_COMMAND, command);
	spin_unlock_irqrestore(&device->command_lock, flags);
}

/*
 * Users of a board of which nothing is known may reach its DMA registers: with Bus
 * Master on, even for an MSI alone, they would own the machine.
 */
bool upciedev_may_master(const struct upciedev_device *device)
{
	return !(device->card->flags & UPCIEDEV_CARD_GENERIC) || device->confined ||
	       *device->plugin->unguard;
}

/* The caller holds the device's lock, or the board has ended */
void upciedev_master_get(struct upciedev_device *device)
{
	if (!device->masters++)
		change(device, 0, PCI_COMMAND_MASTER);
}

/* As above */
void upciedev_master_put(struct upciedev_device *device)
{
	if (!--device->masters)
		change(device, PCI_COMMAND_MASTER, 0);
}

/*
 * The board is to reach nothing any more, whoever else needs it to. Returns whether it
 * is sure to be quiet: Bus Master is off, and what was under way has arrived.
 */
bool upciedev_master_cut(struct upciedev_device *device)
{
	struct pci_dev *pdev = device->pdev;
	unsigned long flags;
	u16 command;

	spin_lock_irqsave(&device->command_lock, flags);
	device->cut_off = true;
	spin_unlock_irqrestore(&device->command_lock, flags);
	change(device, PCI_COMMAND_MASTER, 0);
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (PCI_POSSIBLE_ERROR(command))	/* it left */
		return true;
	return !(command & PCI_COMMAND_MASTER) && pci_wait_for_pending_transaction(pdev);
}

/* After a reset: it has forgotten what it was doing */
void upciedev_master_allow(struct upciedev_device *device)
{
	unsigned long flags;

	mutex_lock(&device->lock);
	spin_lock_irqsave(&device->command_lock, flags);
	device->cut_off = false;
	spin_unlock_irqrestore(&device->command_lock, flags);
	if (device->masters)
		change(device, 0, PCI_COMMAND_MASTER);
	mutex_unlock(&device->lock);
}

void upciedev_intx(struct upciedev_device *device, bool on)
{
	change(device, on ? PCI_COMMAND_INTX_DISABLE : 0, on ? 0 : PCI_COMMAND_INTX_DISABLE);
}

/* Tells whether the board asserted its INTx, which then is masked */
bool upciedev_check_and_mask_intx(struct upciedev_device *device)
{
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&device->command_lock, flags);
	ours = pci_check_and_mask_intx(device->pdev);
	spin_unlock_irqrestore(&device->command_lock, flags);
	return ours;
}
