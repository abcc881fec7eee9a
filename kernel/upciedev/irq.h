/* SPDX-License-Identifier: GPL-2.0-only */
/* What irq_vector.c, which has the vectors, and irq_serve.c, which serves their causes, share */
#ifndef UPCIEDEV_IRQ_H
#define UPCIEDEV_IRQ_H

#include <linux/irqreturn.h>

#include "internal.h"

/* irq_serve.c */
void upciedev_serve_all(struct upciedev_vector *vector);
void upciedev_serve_silently(struct upciedev_vector *vector);
irqreturn_t upciedev_intx_handler(int irq, void *data);
irqreturn_t upciedev_msi_handler(int irq, void *data);
irqreturn_t upciedev_msi_thread(int irq, void *data);

/* irq_vector.c */
bool upciedev_storm(struct upciedev_vector *vector, u64 now, bool unbroken);
void upciedev_vector_stop(struct upciedev_vector *vector, const char *why);
void upciedev_update_intx(struct upciedev_vector *vector);
bool upciedev_mask_for_user(struct upciedev_vector *vector);
void upciedev_vector_look(struct upciedev_vector *vector);

#endif /* UPCIEDEV_IRQ_H */
