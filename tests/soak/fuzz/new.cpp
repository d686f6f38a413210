/* tests/soak/fuzz/new.cpp -- C++'s new, which throws where memory is out, as it does without sanitizers:
 * their own ends the program, where GDCM would catch the exception. */
#include <cstdlib>
#include <new>

void *operator new(std::size_t bytes) {
    void *memory = std::malloc(bytes ? bytes : 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void *operator new[](std::size_t bytes) {
    return operator new(bytes);
}

void *operator new(std::size_t bytes, const std::nothrow_t &) noexcept {
    return std::malloc(bytes ? bytes : 1);
}

void *operator new[](std::size_t bytes, const std::nothrow_t &) noexcept {
    return std::malloc(bytes ? bytes : 1);
}

void operator delete(void *memory) noexcept {
    std::free(memory);
}

void operator delete[](void *memory) noexcept {
    std::free(memory);
}

void operator delete(void *memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete[](void *memory, std::size_t) noexcept {
    std::free(memory);
}
