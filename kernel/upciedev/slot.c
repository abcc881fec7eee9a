// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where in the crate a board sits
 *
 * The Physical Slot Number of the port above. It is 13 bits wide, unique only
 * below one root, and never an index.
 */
#include "compat.h"
#include "internal.h"

/* Number 0 marks a port whose device is soldered on: look further up then */
static u32 port_slot(struct pci_dev *port)
{
	int type = pci_pcie_type(port);
	u32 caps;
	u16 flags;

	if (!pci_is_pcie(port) ||
	    (type != PCI_EXP_TYPE_ROOT_PORT && type != PCI_EXP_TYPE_DOWNSTREAM))
		return 0;
	if (pcie_capability_read_word(port, PCI_EXP_FLAGS, &flags) ||
	    !(flags & PCI_EXP_FLAGS_SLOT))
		return 0;
	if (pcie_capability_read_dword(port, PCI_EXP_SLTCAP, &caps))
		return 0;
	return (caps & PCI_EXP_SLTCAP_PSN) >> 19;
}

u32 upciedev_find_slot(struct pci_dev *pdev)
{
	struct pci_dev *port;
	u32 slot;

	for (port = pci_upstream_bridge(pdev); port; port = pci_upstream_bridge(port)) {
		slot = port_slot(port);
		if (slot)
			return slot;
	}
	return UPCIEDEV_NO_SLOT;
}

u32 upciedev_find_root(struct pci_dev *pdev)
{
	struct pci_bus *bus = pdev->bus;

	while (!pci_is_root_bus(bus))
		bus = bus->parent;
	return bus->number;
}

u32 upciedev_slot(const struct upciedev_board *board)
{
	return board->device->slot;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_slot);
