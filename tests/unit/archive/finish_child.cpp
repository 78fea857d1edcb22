#include "pipelines/finish/finish.h"

int main(int argc, char** argv) {
    return argc == 3 ? static_cast<int>(finish::run(argv[2])) : 2;
}
