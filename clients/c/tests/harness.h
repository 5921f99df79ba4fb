#ifndef KHACH_TESTS_HARNESS_H
#define KHACH_TESTS_HARNESS_H

/* Plain checks: a test is a program, and a failed check says where and ends it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

#define CHECK_INT(left, right) \
    do { \
        long long left_value_ = (long long)(left); \
        long long right_value_ = (long long)(right); \
        if (left_value_ != right_value_) { \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #left, \
                left_value_, right_value_); \
            exit(1); \
        } \
    } while (0)

#define CHECK_TEXT(left, right) \
    do { \
        const char *left_text_ = (left); \
        const char *right_text_ = (right); \
        if (strcmp(left_text_, right_text_) != 0) { \
            fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #left, \
                left_text_, right_text_); \
            exit(1); \
        } \
    } while (0)

#endif
