// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests/abi/host_bridge_removal_test.cpp: puts one board through what the kernel does to all
 * of them, which would take the guest's own devices along. Write
 *
 *	thaw 10000:03:00.0	freeze and thaw, as around the writing of a hibernation image
 *	recover 10000:03:00.0	recovery from an error that is not fatal
 *	recover_reset ...	the same where a neighbour asks for a reset, which kernels before 7
 *				do not do then
 *
 * to "act".
 */
#include <linux/moduleparam.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>

static void thaw(struct pci_dev *pdev)
{
	const struct dev_pm_ops *pm = pdev->dev.bus->pm;

	pm->freeze(&pdev->dev);
	pm->freeze_noirq(&pdev->dev);
	pm->thaw_noirq(&pdev->dev);
	pm->thaw(&pdev->dev);
}

/* As pcie_do_recovery() calls one driver */
static void recover(struct pci_dev *pdev, bool neighbour_needs_reset)
{
	const struct pci_error_handlers *handlers =
		to_pci_driver(pdev->dev.driver)->err_handler;
	pci_ers_result_t vote;

	vote = handlers->error_detected(pdev, pci_channel_io_normal);
	if (vote == PCI_ERS_RESULT_NEED_RESET || neighbour_needs_reset)
		vote = handlers->slot_reset(pdev);
	if (vote == PCI_ERS_RESULT_RECOVERED || vote == PCI_ERS_RESULT_CAN_RECOVER)
		handlers->resume(pdev);
}

static int act_set(const char *text, const struct kernel_param *param)
{
	char what[16], name[24];
	struct pci_dev *pdev;
	struct device *dev;

	if (sscanf(text, "%15s %23s", what, name) != 2)
		return -EINVAL;
	dev = bus_find_device_by_name(&pci_bus_type, NULL, name);
	if (!dev)
		return -ENODEV;
	pdev = to_pci_dev(dev);
	device_lock(dev);
	if (!strcmp(what, "thaw"))
		thaw(pdev);
	else
		recover(pdev, !strcmp(what, "recover_reset"));
	device_unlock(dev);
	put_device(dev);
	return 0;
}

static const struct kernel_param_ops act_ops = { .set = act_set };
module_param_cb(act, &act_ops, NULL, 0200);
MODULE_PARM_DESC(act, "Does it, see the source");

MODULE_DESCRIPTION("Test of what the kernel does to boards");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
