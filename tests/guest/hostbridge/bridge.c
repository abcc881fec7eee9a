// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host bridge: how the emulated crate comes to the kernel, and leaves it
 */
#define pr_fmt(fmt) "test_bridge: " fmt

#include <linux/module.h>
#include <linux/platform_device.h>

#include "bridge.h"

static ulong window;
module_param(window, ulong, 0444);
MODULE_PARM_DESC(window, "CPU address of the memory behind the BARs, which the kernel was told to leave alone");

static ulong size = SZ_32M;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "Bytes of it");

static ulong bus = 0xd0000000;
module_param(bus, ulong, 0444);
MODULE_PARM_DESC(bus, "Bus address of its first byte");

static struct pci_sysdata sysdata;
static struct platform_device *parent;
static struct pci_host_bridge *host;
static struct resource numbers = {
	.name = "test_bridge buses", .start = 0, .end = 0x3f, .flags = IORESOURCE_BUS,
};

u64 hb_bus_address(u64 cpu)
{
	return cpu - window + bus;
}

/* Else ACPI is asked, when ports come, by which line they interrupt; and also when they go */
static int manage_irq(struct pci_dev *pdev, void *managed)
{
	pdev->irq_managed = !!managed;
	return 0;
}

static int host_create(void)
{
	host = pci_alloc_host_bridge(0);
	if (!host)
		return -ENOMEM;
	sysdata.domain = HB_DOMAIN;
	sysdata.node = NUMA_NO_NODE;
	host->dev.parent = &parent->dev;
	host->sysdata = &sysdata;
	host->ops = &hb_pci_ops;
	host->map_irq = hb_line_map;
	pci_add_resource(&host->windows, &numbers);
	pci_add_resource_offset(&host->windows, &hb_window, hb_window.start - bus);
	return 0;
}

static int host_scan(void)
{
	struct pci_bus *child;
	int err;

	pci_lock_rescan_remove();
	err = pci_scan_root_bus_bridge(host);
	if (!err) {
		pci_assign_unassigned_bus_resources(host->bus);
		list_for_each_entry(child, &host->bus->children, node)
			pcie_bus_configure_settings(child);
		pci_walk_bus(host->bus, manage_irq, host);
		pci_bus_add_devices(host->bus);
	}
	pci_unlock_rescan_remove();
	return err;
}

static void host_remove(void)
{
	pci_lock_rescan_remove();
	pci_walk_bus(host->bus, manage_irq, NULL);
	pci_stop_root_bus(host->bus);
	pci_remove_root_bus(host->bus);
	pci_unlock_rescan_remove();
}

static int host_begin(void)
{
	int err;

	parent = platform_device_register_simple("test_bridge", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	err = host_create();
	if (err)
		goto unregister_parent;
	err = host_scan();
	if (err)
		goto free_host;
	return 0;

free_host:
	pci_free_host_bridge(host);
unregister_parent:
	platform_device_unregister(parent);
	return err;
}

static int __init bridge_init(void)
{
	int err = hb_window_take(window, size);

	if (err)
		return err;
	err = hb_functions_create();
	if (err)
		goto give_window_back;
	err = hb_line_create();
	if (err)
		goto free_functions;
	err = hb_engines_start();
	if (err)
		goto free_line;
	err = host_begin();
	if (err)
		goto stop_engines;
	hb_control_create();
	return 0;

stop_engines:
	hb_engines_stop();
free_line:
	hb_line_free();
free_functions:
	hb_functions_free();
give_window_back:
	hb_window_give_back();
	return err;
}
module_init(bridge_init);

/* The engines run until drivers have left their boards */
static void __exit bridge_exit(void)
{
	hb_control_free();
	host_remove();
	pci_free_host_bridge(host);
	platform_device_unregister(parent);
	hb_engines_stop();
	hb_line_free();
	hb_functions_free();
	hb_window_give_back();
}
module_exit(bridge_exit);

MODULE_DESCRIPTION("Test: an emulated PCIe host bridge with an address offset, ACS and a crate");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
