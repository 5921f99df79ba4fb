#ifndef K
#define K
#endif
