#ifndef KHACH_EXPORT_H
#define KHACH_EXPORT_H

/** What the library shows; everything else is hidden. */
#if defined(__GNUC__) || defined(__clang__)
#define KHACH_API __attribute__((visibility("default")))
#define KHACH_MUST_USE __attribute__((warn_unused_result))
#else
#define KHACH_API
#define KHACH_MUST_USE
#endif

#endif
