#include "khach_text.h"
void khach_text_free(char *t){(void)t;}
