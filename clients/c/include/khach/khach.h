#ifndef KHACH_KHACH_H
#define KHACH_KHACH_H

/** libkhach: the customers of a business, in a local cache that follows the server. */

#include <khach/client.h>
#include <khach/customer.h>
#include <khach/error.h>
#include <khach/export.h>
#include <khach/export_file.h>
#include <khach/look.h>
#include <khach/outbox.h>
#include <khach/position.h>
#include <khach/query.h>
#include <khach/statistics.h>
#include <khach/sync.h>
#include <khach/version.h>
#include <khach/watch.h>

#endif
