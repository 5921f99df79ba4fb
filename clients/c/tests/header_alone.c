/* A public header, alone: KHACH_HEADER is its name. */
#include KHACH_HEADER

int main(void)
{
    return 0;
}
